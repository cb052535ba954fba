"""The section `registry`."""

from pydantic import Field

from headrace.config.base_section import NonEmptyStr, Section
from headrace.config.path_validators import StoredFolder


class Registry(Section):
    """The MLflow registry of runs and model versions."""

    folder: StoredFolder = Field(
        description=(
            "folder of the registry; holds FOLDER/champion, the bundle in production, and MLflow's local files"
        )
    )
    model: NonEmptyStr = Field(description="name of the registered model and of the experiment in MLflow")
    uri: NonEmptyStr | None = Field(
        None,
        description="address of an MLflow server; default: MLFLOW_TRACKING_URI, else a SQLite database in `folder`",
    )

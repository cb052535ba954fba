"""The registry of a configuration: where MLflow keeps runs and versions, and how it is asked."""

import logging
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from headrace.config import Configuration
from headrace.config.sections.retraining import Registry as Settings
from headrace.errors import ConfigurationError, HeadraceError
from headrace.registry.object_sqlite import ObjectSqlite
from headrace.registry.transaction import Transaction
from headrace.storage import S3Path, is_remote, locate

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.tracking import MlflowClient

CHAMPION = "champion"
CHALLENGER = "challenger"
DATABASE = "mlflow.db"
# As many as MLflow gives at once.
MAX_RUNS = 50_000
UNSPEAKABLE = frozenset("'\\")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Registry:
    """The runs and the versions of one model.

    Attributes:
        folder: absolute, or of a bucket; holds the champion's bundle, and SQLite and artifacts where no server keeps
            them.
        name: of the registered model and of the experiment.
        uri: where MLflow's database or server is.
    """

    folder: Path
    name: str
    uri: str

    @cached_property
    def database(self) -> ObjectSqlite | None:
        """The copy of what is in a bucket; None where MLflow itself reads and writes what counts."""
        file = self.folder / DATABASE
        return ObjectSqlite(file) if isinstance(file, S3Path) and self.uri == str(file) else None

    @cached_property
    def client(self) -> "MlflowClient":
        """MLflow's, connected.

        Raises:
            HeadraceError: the store cannot be opened.
        """
        client_class = _mlflow()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.transaction.refresh()
        return client_class(tracking_uri=self.tracking_uri, registry_uri=self.tracking_uri)

    @property
    def tracking_uri(self) -> str:
        """What MLflow is told."""
        return f"sqlite:///{self.database.here}" if self.database else self.uri

    @cached_property
    def experiment(self) -> str:
        """The number of the experiment, which is made where there is none; within `changes.hold`."""
        found = self.client.get_experiment_by_name(self.name)
        if found is not None:
            return str(found.experiment_id)
        artifacts = self.folder / "artifacts"
        place = None if self.is_server else str(artifacts) if is_remote(artifacts) else artifacts.as_uri()
        return str(self.client.create_experiment(self.name, artifact_location=place))

    @property
    def is_server(self) -> bool:
        """Whether others keep what is tracked."""
        return urlsplit(self.uri).scheme in ("http", "https", "databricks")

    @cached_property
    def transaction(self) -> Transaction:
        """How this process changes it, and sees what others have changed."""
        return Transaction(self.folder, self.database)


def open_registry(configuration: Configuration) -> Registry:
    """The registry that the configuration names; nothing is opened yet.

    Raises:
        ConfigurationError: it names none.
    """
    settings = configuration.registry
    if settings is None:
        raise ConfigurationError(
            "The configuration has no section `registry`; expected registry.folder and registry.model, "
            "as in conf/retraining.yaml."
        )
    folder = locate(settings.folder).absolute()
    return Registry(folder, settings.model, _uri(settings, folder))


def _uri(settings: Settings, folder: Path) -> str:
    return settings.uri or os.environ.get("MLFLOW_TRACKING_URI") or _database(folder / DATABASE)


def _database(file: Path) -> str:
    return str(file) if isinstance(file, S3Path) else f"sqlite:///{file}"


def _mlflow() -> "type[MlflowClient]":
    """MLflow takes seconds to import; it must not report its use to anybody, nor fill the log."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    # So that a server that is gone is told within a minute, not after seven retries, each longer than the last.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
    for name in ("alembic", "mlflow"):
        logging.getLogger(name).setLevel(logging.WARNING)
    from mlflow.tracking import MlflowClient

    # Importing it sets up its logging anew.
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    return MlflowClient


def registry_error(registry: Registry, error: Exception) -> HeadraceError:
    """What MLflow's `error` means to the user."""
    shown = without_password(registry.uri)
    sentence = " ".join(str(error).replace(registry.tracking_uri, shown).split())[:300]
    return HeadraceError(f"The registry at {shown} does not answer as it should: {sentence}")


def runs_with(registry: Registry, tags: dict[str, str]) -> list["Run"]:
    """The runs that have all of `tags`, newest first."""
    # MLflow's search knows no way to write a quotation mark in a value.
    plain = {key: value for key, value in tags.items() if not UNSPEAKABLE.intersection(value)}
    wanted = " and ".join(f"tags.\"{key}\" = '{value}'" for key, value in plain.items())
    found = registry.client.search_runs([registry.experiment], wanted, max_results=MAX_RUNS)
    return [run for run in found if tags.items() <= run.data.tags.items()]


def without_password(uri: str) -> str:
    """`uri` as it may be shown."""
    parts = urlsplit(uri)
    if parts.password is None:
        return uri
    return parts._replace(netloc=f"{parts.username}:***@{parts.hostname}:{parts.port or ''}".rstrip(":")).geturl()

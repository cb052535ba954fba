"""A bundle as an MLflow model of the flavor `python_function`.

Models in a registry name this module, so that its path is public.
"""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from headrace import bundle as bundles
from headrace.errors import ConfigurationError
from headrace.predict.udf.bundle_broadcast import share_bundle
from headrace.predict.udf.prediction_udf import UdfTask, predict_columns
from headrace.wording import join_names

if TYPE_CHECKING:
    import pandas as pd


class PyfuncModel:
    """Model that `mlflow.pyfunc.load_model` calls to predict."""

    def __init__(self, path: str) -> None:
        self._bundle = bundles.load(path)
        settings = self._bundle.origin.prepare
        self._task = UdfTask(
            bundle=share_bundle(self._bundle, None), settings=settings, threshold=None, folder=os.getcwd()
        )

    def predict(self, model_input: "pd.DataFrame", params: Mapping[str, Any] | None = None) -> "pd.DataFrame":
        """Return the predictions, a row for each row of `model_input`, with the columns of `Bundle.transform`.

        Raises:
            ConfigurationError: columns are missing.
        """
        columns = [model_input[name].astype(object) for name in self._names(model_input)]
        present = [column.where(column.notna(), None) for column in columns]
        predicted: pd.DataFrame = predict_columns(self._task, present).to_pandas()
        predicted.index = model_input.index
        return predicted

    def _names(self, frame: "pd.DataFrame") -> list[str]:
        """Return the columns of the inputs, in the order of the training."""
        origin = self._bundle.origin
        wanted = list(origin.prepare.cells) or [origin.raw_column or frame.columns[0]]
        missing = [name for name in wanted if name not in frame.columns]
        if missing:
            raise ConfigurationError(
                f"The rows have the columns {join_names([str(name) for name in frame.columns])}; expected "
                f"{join_names(missing)} as well, which the model was trained on."
            )
        return wanted


def _load_pyfunc(path: str) -> PyfuncModel:
    """Return the model of the bundle at `path`; MLflow calls this."""
    return PyfuncModel(path)

"""`HeadraceRegressor` and its model, as regressors of pyspark.ml."""

from typing import Any

from pyspark import keyword_only
from pyspark.ml import Estimator
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import Column, DataFrame

from headrace.ml.estimator_params import HeadraceParams
from headrace.ml.fitted_model import FittedModel
from headrace.ml.fitting import fit


class HeadraceRegressor(
    Estimator,
    HeadraceParams,
    DefaultParamsWritable,
    DefaultParamsReadable,
):
    """Estimator that trains a network of Headrace to predict a number for each row.

    All rows are for training, except those of `validationIndicatorCol`. A row that cannot be predicted has null.

    Example:
        >>> regressor = HeadraceRegressor(network="tabular", work="work", labelCol="price")
        >>> model = Pipeline(stages=[assembler, regressor]).fit(frame)
    """

    @keyword_only  # type: ignore[untyped-decorator]
    def __init__(
        self,
        *,
        network: str | None = None,
        work: str | None = None,
        inputs: dict[str, str] | None = None,
        featuresCol: str = "features",
        labelCol: str = "label",
        predictionCol: str = "prediction",
        rejectedCol: str = "",
        validationIndicatorCol: str | None = None,
        weightCol: str | None = None,
        ranks: int = 1,
        settings: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.setParams(**self._input_kwargs)

    def _fit(self, dataset: DataFrame) -> "HeadraceRegressionModel":
        model = HeadraceRegressionModel(fit(dataset, self, has_classes=False).bundle, {})
        model._resetUid(self.uid)
        self._copyValues(model)
        return model


class HeadraceRegressionModel(FittedModel, HeadraceParams):
    """Model of `HeadraceRegressor`."""

    def _columns(self, predicted: dict[str, Column]) -> dict[str, tuple[Column, dict[str, Any]]]:
        return {"predictionCol": (predicted["value"].cast("double"), {})}

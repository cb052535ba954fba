"""`HeadraceClassifier` and its model, as classifiers of pyspark.ml."""

from typing import Any

from pyspark import keyword_only
from pyspark.ml import Estimator
from pyspark.ml.functions import array_to_vector
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from headrace.ml.estimator_params import HeadraceClassifierParams
from headrace.ml.fitted_model import FittedModel
from headrace.ml.fitting import fit

# The smallest float32 above 0, so that the logarithm of a probability of 0 is finite.
SMALLEST_FLOAT32 = 1.4e-45


class HeadraceClassifier(
    Estimator,
    HeadraceClassifierParams,
    DefaultParamsWritable,
    DefaultParamsReadable,
):
    """Estimator that trains a network of Headrace to predict one class of each row.

    Labels are class indices 0 to k-1, whose names are those of StringIndexer if the column has its metadata; or names,
    whose indices are their places in sorted order, as `labels` of the model has them. All rows are for training,
    except those of `validationIndicatorCol`. `rawPredictionCol` gets the natural logarithms of the probabilities. A row
    that cannot be predicted has nulls.

    Example:
        >>> classifier = HeadraceClassifier(network="tabular", work="work", ranks=2, settings={"train.epochs": 5})
        >>> model = Pipeline(stages=[indexer, assembler, classifier]).fit(frame)
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
        probabilityCol: str = "probability",
        rawPredictionCol: str = "rawPrediction",
        rejectedCol: str = "",
        validationIndicatorCol: str | None = None,
        weightCol: str | None = None,
        ranks: int = 1,
        settings: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.setParams(**self._input_kwargs)

    def _fit(self, dataset: DataFrame) -> "HeadraceClassificationModel":
        fitted = fit(dataset, self, has_classes=True)
        classes = fitted.bundle.classes
        labels = fitted.classes.labels if fitted.classes else classes
        indices = fitted.classes.indices(classes) if fitted.classes else tuple(range(len(classes)))
        model = HeadraceClassificationModel(fitted.bundle, {"labels": list(labels), "indices": list(indices)})
        model._resetUid(self.uid)
        self._copyValues(model)
        return model


class HeadraceClassificationModel(FittedModel, HeadraceClassifierParams):
    """Model of `HeadraceClassifier`."""

    @property
    def labels(self) -> list[str]:
        """Names of the classes, by class index."""
        return list(self._state["labels"])

    @property
    def numClasses(self) -> int:
        """Number of classes, including those that had no rows."""
        return len(self.labels)

    def _columns(self, predicted: dict[str, Column]) -> dict[str, tuple[Column, dict[str, Any]]]:
        probabilities = self._by_index(predicted["probabilities"])
        logarithms = F.transform(probabilities, lambda one: F.log(F.greatest(one, F.lit(SMALLEST_FLOAT32))))
        is_predicted = predicted["label"].isNotNull()
        names = {"numeric": [{"idx": index, "name": name} for index, name in enumerate(self.labels)]}
        vector = {"ml_attr": {"num_attrs": self.numClasses, "attrs": names}}
        return {
            "predictionCol": (self._index(predicted["label"]), {"ml_attr": {"type": "nominal", "vals": self.labels}}),
            "probabilityCol": (F.when(is_predicted, array_to_vector(probabilities)), vector),
            "rawPredictionCol": (F.when(is_predicted, array_to_vector(logarithms)), vector),
        }

    def _index(self, label: Column) -> Column:
        """Return the class index of a class of the bundle, as a double."""
        position = F.array_position(F.array(*map(F.lit, self.bundle.classes)), label).cast("int") - 1
        return F.get(F.array(*(F.lit(float(index)) for index in self._state["indices"])), position)

    def _by_index(self, probabilities: Column) -> Column:
        """Return probabilities by class index, as doubles: 0 for a class that had no rows, and for a rejected row."""
        positions = {index: position for position, index in enumerate(self._state["indices"])}
        values = (
            F.get(probabilities, positions[index]) if index in positions else F.lit(None)
            for index in range(self.numClasses)
        )
        return F.array(*(F.coalesce(value.cast("double"), F.lit(0.0)) for value in values))

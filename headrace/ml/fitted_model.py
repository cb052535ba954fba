"""The base class of the models of all estimators: predict with a bundle, save and load."""

import uuid
from abc import abstractmethod
from typing import Any

from pyspark.ml import Model
from pyspark.ml.util import MLReadable, MLWritable
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from headrace.api.bundle import Bundle, udf
from headrace.api.callers_session import callers_session
from headrace.features.tabular.contract_spec import TabularSpec
from headrace.ml.estimator_params import HeadraceParams, optional_value, output_names, require_new
from headrace.ml.expand_vector_column import row_text, vector_cells
from headrace.ml.ml_writer_and_reader import ModelReader, ModelWriter
from headrace.spark.lent_session import refuse_connect


class FittedModel(Model, HeadraceParams, MLWritable, MLReadable):
    """A transformer with a trained network."""

    def __init__(self, bundle: Bundle, state: dict[str, Any]) -> None:
        super().__init__()
        self._bundle = bundle
        # What is saved beside the bundle.
        self._state = state

    @property
    def bundle(self) -> Bundle:
        """The trained network, as `headrace.load` returns it."""
        return self._bundle

    @property
    def numFeatures(self) -> int:
        """Number of numbers and categories that the network receives; -1 if it receives something else."""
        contract = self.bundle.contract
        spec = None if contract.is_record else contract.spec
        return len(spec.names) if isinstance(spec, TabularSpec) else -1

    @abstractmethod
    def _columns(self, predicted: dict[str, Column]) -> dict[str, tuple[Column, dict[str, Any]]]:
        """Return the output columns and their metadata by parameter, from the columns of `Bundle.transform`."""

    def _transform(self, dataset: DataFrame) -> DataFrame:
        refuse_connect(dataset)
        names = output_names(self)
        require_new(self, dataset.columns)
        prefix = f"headrace_{uuid.uuid4().hex[:12]}_"
        with callers_session(dataset.sparkSession):
            frame = self._predict(dataset, prefix)
        added = [name for name in frame.columns if name.startswith(prefix)]
        predicted = {name.removeprefix(prefix): F.col(name) for name in added}
        columns = self._columns(predicted) | {"rejectedCol": (predicted["rejected"], {})}
        outputs = [columns[param][0].alias(name, metadata=columns[param][1]) for param, name in names.items()]
        kept = [F.col(f"`{name.replace('`', '``')}`") for name in dataset.columns]
        return frame.select(*kept, *outputs)

    def _predict(self, frame: DataFrame, prefix: str) -> DataFrame:
        """Return a DataFrame with the columns of `Bundle.transform`, whose names begin with `prefix`."""
        if optional_value(self, "inputs"):
            return self.bundle.transform(frame, prefix=prefix)
        cells, numbers = vector_cells(frame, self.getFeaturesCol()), TabularSpec.of(self.bundle.contract).numbers
        frame = frame.withColumn(f"{prefix}all", udf(self.bundle)(row_text(cells, numbers)))
        whole, size = F.col(f"{prefix}all"), F.coalesce(F.size(cells), F.lit(-1))
        reason = F.when(size < 0, "empty: the cell is empty").when(
            size != len(numbers),
            F.concat(F.lit("bad_value: the vector has "), size.cast("string"), F.lit(f" numbers, not {len(numbers)}")),
        )
        fields = [name for name in frame.schema[f"{prefix}all"].dataType.names if name != "rejected"]
        columns = {f"{prefix}{name}": F.when(reason.isNull(), whole[name]) for name in fields}
        return frame.withColumns(columns | {f"{prefix}rejected": F.coalesce(reason, whole["rejected"])})

    def write(self) -> ModelWriter:
        """Return a writer; see `ModelWriter`."""
        return ModelWriter(self)

    @classmethod
    def read(cls) -> ModelReader:
        """Return a reader; see `ModelReader`."""
        return ModelReader(cls)

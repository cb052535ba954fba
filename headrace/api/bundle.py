"""`headrace.load`: load a trained model and apply it to DataFrames, in SQL and to streams."""

import json
import os
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headrace import bundle as bundles
from headrace.api.callers_session import callers_session
from headrace.api.dataframe_bundle_inputs import input_cells
from headrace.api.notebook_display import page, rows
from headrace.api.table import Table
from headrace.contract import Contract
from headrace.errors import ConfigurationError
from headrace.spark.lent_session import refuse_connect, running_session

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession


class Bundle:
    """A trained model, with everything that is needed to use it.

    Attributes:
        path: folder of the bundle.
    """

    def __init__(self, path: str | Path) -> None:
        self._bundle = bundles.load(path)
        self.path = self._bundle.path

    @property
    def contract(self) -> Contract:
        """Columns, classes and statistics of the table that the model was trained on."""
        return self._bundle.contract

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the probabilities; empty in regression."""
        return self.contract.classes

    def transform(self, frame: "DataFrame", *, threshold: float | None = None, prefix: str = "") -> "DataFrame":
        """Return a DataFrame, or a stream, with predictions beside all its columns.

        It gains `label` and `probabilities` (in the order of `classes`), of many labels `labels` and `probabilities`,
        in regression `value`, of vectors `values`, of masks `mask`, `shares` and `confidence`; and `rejected`: why a
        row could not be predicted, whose other new columns are then null. A bad row never ends the job. Spark passes
        spark.sql.execution.arrow.maxRecordsPerBatch rows to Python at once, 10,000 unless you set it: set 256 or so for
        photos.

        Args:
            frame: with the columns that the model was trained on.
            threshold: minimum probability, 0 to 1, of a label, or of the second of two classes.
            prefix: put before the names of the new columns.

        Raises:
            ConfigurationError: a column is missing or has the wrong type, a new column exists already, or a threshold
                is given and there are not two classes.
        """
        refuse_connect(frame)
        from pyspark.sql import DataFrame
        from pyspark.sql import functions as F

        if not isinstance(frame, DataFrame):
            raise ConfigurationError(
                f"Received {type(frame).__module__.partition('.')[0]}.{type(frame).__name__} to transform; expected a "
                "DataFrame of Spark (spark.createDataFrame(...) makes one of pandas)."
            )

        from headrace.predict.udf.prediction_udf import output_columns

        names = {prefix + column.name: column.name for column in output_columns(self.contract)}
        _require_new(frame, names)
        with callers_session(frame.sparkSession):
            cells = input_cells(frame, self._bundle)
            predict = self._function(frame.sparkSession, threshold)
            whole = f"headrace_{uuid.uuid4().hex[:12]}"
            predicted = frame.withColumn(whole, predict(*cells))
            return predicted.withColumns({new: F.col(whole)[name] for new, name in names.items()}).drop(whole)

    def predict(
        self,
        *sources: str | Path,
        threshold: float | None = None,
        limit: int | None = None,
        column: str | None = None,
        identity: str | None = None,
    ) -> "pa.Table":
        """Return the predictions of raw files, folders, files of records or a table, as `headrace predict` writes them.

        A few files, as many as fit into two tasks of 1,024, and small tables are predicted in this process, without
        Spark and Java. `.to_pandas()` gives a pandas DataFrame.

        Args:
            sources: files, folders, patterns such as `photos/*.jpg`, or one prepared table.
            threshold: minimum probability, 0 to 1, of a label, or of the second of two classes.
            limit: maximum number of records, the first ones; None for all.
            column: of the texts in a file of records; None: as in the training.
            identity: column that identifies records, whose values become the column `id`.

        Returns:
            A row for each record, rejected ones at the end. Columns path, label and probabilities (multi_label: labels
            and probabilities; regression: value; vector: values), for records of files line and id, and rejected: null,
            or why a record could not be predicted, whose other columns are then null.

        Raises:
            ConfigurationError: inputs are no paths or do not go together, a column is missing, or the threshold or the
                limit cannot be applied.
            DataError: an input is missing or damaged, or all records are rejected.
        """
        from headrace.api.predict_files import predict_files
        from headrace.predict.job import PredictOptions
        from headrace.predict.records.record_file_reader import TextColumns

        _require_probability(threshold)
        _require_sources(sources, limit)
        columns = TextColumns(text=column, identity=identity)
        return predict_files(self.path, sources, PredictOptions(columns=columns, threshold=threshold, limit=limit))

    def evaluate(self, table: Table | str | Path, split: str = "test") -> dict[str, Any]:
        """Evaluate the model on a split, as `headrace evaluate` does, and return what it prints, such as `metrics`.

        Args:
            table: of `prepare` or `read`, or its folder, of which the newest version is used.
            split: `train`, `val` or `test`.

        Raises:
            DataError: the table has no such split, or does not match the bundle.
        """
        from headrace.evaluate.job import evaluate

        path, version = (table.path, table.version) if isinstance(table, Table) else (Path(table), None)
        return evaluate(self.path, path, split, version)

    def _function(self, spark: "SparkSession | None", threshold: float | None = None) -> Any:
        from headrace.predict.job import require_decidable
        from headrace.predict.udf.bundle_broadcast import share_bundle
        from headrace.predict.udf.prediction_udf import UdfTask, make_prediction_udf

        require_decidable(self._bundle, threshold, "threshold")
        _require_probability(threshold)
        _require_raw_inputs(self._bundle)
        task = UdfTask(
            bundle=share_bundle(self._bundle, spark),
            settings=self._bundle.origin.prepare,
            threshold=threshold,
            folder=os.getcwd(),
        )
        return make_prediction_udf(task, self.contract)

    def __repr__(self) -> str:
        return f"Bundle({str(self.path)!r})"

    def _repr_html_(self) -> str:
        origin = self._bundle.origin
        about = {"run": origin.run, "table": f"{origin.table}, version {origin.data_version}", "steps": origin.steps}
        items = {"items": f"{len(self.classes):,}"} if self.contract.target.has_items else None
        about |= items or {"classes": ", ".join(self.classes)}
        return page(f"Bundle {self.path}", rows(about), self._evaluations())

    def _evaluations(self) -> str:
        """Return the metrics of the splits that were evaluated."""
        parts = []
        for split in ("test", "val", "train"):
            file = self._bundle.evaluation(split)
            if file.is_file():
                metrics: Mapping[str, Any] = json.loads(file.read_bytes()).get("metrics", {})
                parts.append(page(f"Evaluation of the {split} split", rows(metrics)))
        return "".join(parts)


def load(bundle: str | Path) -> Bundle:
    """Return the trained model in a folder.

    Raises:
        DataError: the folder is not a bundle, or a file in it is damaged.
    """
    return Bundle(bundle)


def log_model(bundle: Bundle | str | Path, name: str = "model") -> str:
    """Log a model to the active run of MLflow, as its flavor `python_function`, and return its address.

    `mlflow.pyfunc.load_model` and `mlflow.pyfunc.spark_udf(..., env_manager="local")` of the address predict as
    `Bundle.transform` does. Nothing is pickled; who loads the model needs Headrace installed.

    Raises:
        ConfigurationError: the model predicts from windows.
        DataError: the folder is not a bundle.
        HeadraceError: MLflow cannot store the model.

    Example:
        >>> with mlflow.start_run():
        ...     headrace.log_model(run.bundle, "photos")
    """
    from headrace.registry.pyfunc_model_files import log_model as log

    found = bundle if isinstance(bundle, Bundle) else load(bundle)
    return log(found._bundle, name)


def udf(bundle: Bundle | str | Path) -> Any:
    """Return a Spark UDF that predicts, for `spark.udf.register` and for columns of DataFrames.

    It takes the column of the files (bytes or paths) or texts; of a model of numbers and categories their columns in
    the order of `contract.require("tabular").names`, or a struct of them. It returns a struct with the columns of
    `Bundle.transform`.

    Raises:
        DataError: the folder is not a bundle, or the model predicts from windows.

    Example:
        >>> spark.udf.register("classify", headrace.udf("runs/photos/bundle"))
        >>> spark.sql("SELECT path, classify(content).label FROM photos")
    """
    found = bundle if isinstance(bundle, Bundle) else load(bundle)
    return found._function(running_session())


def _require_new(frame: "DataFrame", names: Mapping[str, str]) -> None:
    existing = {name.lower() for name in frame.columns}
    for name in names:
        if name.lower() in existing:
            raise ConfigurationError(
                f"The DataFrame has a column {name!r} already, which the predictions would replace; name a prefix, "
                'such as prefix="predicted_", or drop it.'
            )


def _require_raw_inputs(bundle: bundles.Bundle) -> None:
    feature = bundle.contract.feature
    if not feature.is_file and not feature.is_cell:
        raise ConfigurationError(
            f"The bundle {bundle.path} predicts from {feature.noun}, which are several rows each; prepare them as a "
            "table, and predict that with `headrace predict`."
        )


def _require_sources(sources: Sequence[object], limit: int | None) -> None:
    if not sources:
        raise ConfigurationError("predict has no input; expected paths of files or folders, such as predict('photos').")
    for source in sources:
        if not isinstance(source, str | Path):
            hint = ": write predict(*paths)" if isinstance(source, list | tuple) else "; .transform takes a DataFrame"
            raise ConfigurationError(
                f"An input of predict is a {type(source).__name__}; expected the path of a file or a folder{hint}."
            )
    if limit is not None and limit < 1:
        raise ConfigurationError(f"limit is {limit}; expected at least 1, or None for all records.")


def _require_probability(threshold: float | None) -> None:
    if threshold is not None and not 0 <= threshold <= 1:
        raise ConfigurationError(f"threshold is {threshold}; expected a probability, from 0 to 1.")

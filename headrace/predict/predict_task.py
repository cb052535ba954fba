"""The work of one Spark task: decodes its records as in training, predicts them and writes one Parquet file.

Each Python worker loads the model once and keeps it for its next tasks.
"""

import gc
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from headrace.bundle import MANIFEST, load
from headrace.config.configuration_model import Prepare
from headrace.contract import Contract
from headrace.engines.fast_keras_import import import_engines_lean
from headrace.errors import DataError
from headrace.predict.input_files import InputFile
from headrace.predict.outputs.prediction_columns_interface import summarize_outputs
from headrace.predict.outputs.prediction_part_output import BATCH, PredictionOutput
from headrace.predict.predict_batch_of_files_or_records import Batch, predict_raw_inputs
from headrace.predict.records.record_file_reader import Record, RecordFile
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.readers import RowRange
from headrace.table import Shard
from headrace.table.rejects_and_duplicates_reader import Reject

if TYPE_CHECKING:
    from headrace.bundle_inference import Inference


class PredictionPart(NamedTuple):
    """The records of one task: files, a shard of a table, a range of a file of records, or records themselves.

    Attributes:
        rows: number of rows of the shard to predict, from the first on; None for all.
        record_file: the file that `range` is of.
        records: of a file that tasks cannot read, such as standard input.
        name: of the file that `range` or `records` are of.
    """

    number: int
    files: tuple[InputFile, ...] = ()
    shard: Shard | None = None
    rows: int | None = None
    range: RowRange | None = None
    record_file: RecordFile | None = None
    records: tuple[Record, ...] | None = None
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class PredictTask:
    """Context that all tasks of one prediction share.

    Attributes:
        bundle: folder of the trained model.
        manifest: `manifest_hash` of the bundle that the driver loaded.
        output: where the Parquet files go.
        settings: how raw records are prepared for this model.
        contract: of the table, or of the bundle for raw files.
        table: folder of the table; None for raw files.
        has_ids: whether a column names the records of a file.
        threshold: see `PredictionOutput`.
    """

    bundle: Path
    manifest: str
    output: Path
    settings: Prepare
    contract: Contract
    table: Path | None = None
    has_ids: bool = False
    threshold: float | None = None


@dataclass
class PartResult:
    """Result of one task.

    Attributes:
        rejects: number of rejected records by reason.
        reject_examples: the first rejected record by reason.
    """

    rows: int = 0
    rejects: dict[str, int] = field(default_factory=dict)
    reject_examples: dict[str, Reject] = field(default_factory=dict)
    observations: Observations = field(default_factory=Observations)

    @property
    def rejected(self) -> int:
        """Return the number of rejected records."""
        return sum(self.rejects.values())


def manifest_hash(bundle: Path) -> str:
    """Return the hexadecimal SHA-256 of the manifest, which holds the hashes of all files of the bundle."""
    return hashlib.sha256((bundle / MANIFEST).read_bytes()).hexdigest()


def predict_parts(task: PredictTask, parts: Iterator[PredictionPart]) -> Iterator[PartResult]:
    """Predict every part of this Spark partition."""
    for part in parts:
        # A reused worker must not predict with the model of a bundle that has been replaced since.
        found = manifest_hash(task.bundle)
        if found != task.manifest:
            raise DataError(
                f"The bundle {task.bundle} was replaced while its predictions were computed (SHA-256 of {MANIFEST}: "
                f"expected {task.manifest[:12]}, received {found[:12]}); two models would share one output. Predict "
                "again."
            )
        inference = load_inference(task.bundle, found)
        output = _predict_part(task, part, inference)
        output.threshold = task.threshold
        output.write(task.output, part.number, inference.contract)
        yield PartResult(
            rows=len(output.paths),
            rejects=dict(Counter(row["reason"] for row in output.rejects)),
            reject_examples={row["reason"]: Reject(**row) for row in reversed(output.rejects)},
            observations=output.observations,
        )


def _predict_part(task: PredictTask, part: PredictionPart, inference: "Inference") -> PredictionOutput:
    if part.shard and task.table:
        return _predict_shard(task.table, part, task.contract, inference)
    batch = Batch(part.files, _records(part), part.name)
    return predict_raw_inputs(batch, task.settings, inference, has_ids=task.has_ids)


def _records(part: PredictionPart) -> Iterable[Record] | None:
    if part.range and part.record_file:
        return part.record_file.records(part.range)
    return part.records


@lru_cache(maxsize=1)
def load_inference(bundle: Path, _manifest: str) -> "Inference":
    """Return the model of the bundle in the folder `bundle`, which this process loads once.

    Args:
        _manifest: its `manifest_hash`: another bundle in the same folder is another model.
    """
    # TensorFlow takes seconds to import; tasks that only prepare never pay for it.
    import_engines_lean()
    from headrace.bundle_inference import Inference

    inference = Inference(load(bundle))
    # PySpark's worker collects garbage after every task, and would scan all objects of TensorFlow each time:
    # that took longer than predicting a thousand small images.
    gc.freeze()
    return inference


def _predict_shard(table: Path, part: PredictionPart, contract: Contract, inference: "Inference") -> PredictionOutput:
    from headrace.predict.outputs.split_true_target_and_error_columns import table_columns, with_errors
    from headrace.stream.read.ordered_shard_reader import read_shards

    output, names, target = PredictionOutput(), contract.input_names, contract.named("target")[0]
    split = part.shard.split if part.shard else ""
    for rows in read_shards(table, [part.shard] if part.shard else [], ["path", *names, target]):
        wanted = len(rows["path"]) if part.rows is None else part.rows - len(output.paths)
        paths = rows["path"][:wanted].tolist()
        output.paths.extend(paths)
        known, first = table_columns({target: rows[target][:wanted]}, split, contract), len(output.batches)
        size = contract.rows_at_once(BATCH)
        for begin in range(0, len(paths), size):
            batch = {column: rows[column][begin : min(begin + size, len(paths))] for column in ("path", *names)}
            outputs = inference.predict(inference.decode(batch, contract))
            output.batches.append(summarize_outputs(outputs, inference.contract))
        found = output.batches[first:]
        if found and (contract.task, contract.outputs) == (inference.contract.task, inference.contract.outputs):
            known = with_errors(known, np.concatenate(found), contract)
        output.known.append(known)
    return output

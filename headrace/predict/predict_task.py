"""The work of one Spark task: decodes its records as in training, predicts them and writes one Parquet file.

Each Python worker loads the model once and keeps it for its next tasks.
"""

import gc
import hashlib
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from headrace.bundle import MANIFEST, load
from headrace.config.configuration import Image, Prepare
from headrace.contract import Contract
from headrace.errors import DataError
from headrace.predict.output import PredictionOutput
from headrace.predict.record_files import RecordFile
from headrace.predict.text_prediction import predict_records, predict_texts
from headrace.prepare.encoders.image import decode
from headrace.prepare.readers import RowRange
from headrace.prepare.rejects.rejection import Reason, RejectedRecordError
from headrace.prepare.sources.raw_records import escape_path
from headrace.table import Shard

if TYPE_CHECKING:
    from headrace.inference import Inference

BATCH = 256


class Part(NamedTuple):
    """The records of one task: files below `root`, a shard of a table, or a range of a file of records."""

    number: int
    files: tuple[str, ...] = ()
    shard: Shard | None = None
    range: RowRange | None = None


@dataclass(frozen=True, kw_only=True)
class PredictTask:
    """Context that all tasks of one prediction share.

    Attributes:
        bundle: folder of the trained model.
        manifest: `manifest_hash` of the bundle that the driver loaded.
        root: the folder of files, or of the table.
        output: where the Parquet files go.
        settings: how raw records are prepared for this model.
        contract: of the table, or of the bundle for raw files.
        threshold: see `PredictionOutput`.
        records: the file of records, where there is one.
    """

    bundle: Path
    manifest: str
    root: Path
    output: Path
    settings: Prepare
    contract: Contract
    records: RecordFile | None = None
    threshold: float | None = None

    @property
    def image_spec(self) -> Image:
        """Settings by which raw images are prepared."""
        return self.settings.image


@dataclass
class PartResult:
    """Result of one task."""

    rows: int = 0
    rejected: int = 0


def manifest_hash(bundle: Path) -> str:
    """Return the hexadecimal SHA-256 of the manifest, which holds the hashes of all files of the bundle."""
    return hashlib.sha256((bundle / MANIFEST).read_bytes()).hexdigest()


def predict_parts(task: PredictTask, parts: Iterator[Part]) -> Iterator[PartResult]:
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
        inference = _inference(task.bundle, found)
        output = _predict_part(task, part, inference)
        output.threshold = task.threshold
        output.write(task.output, part.number, inference.contract)
        yield PartResult(rows=len(output.paths), rejected=len(output.rejects))


def _predict_part(task: PredictTask, part: Part, inference: "Inference") -> PredictionOutput:
    if part.shard:
        return _predict_shard(task, part.shard, inference)
    if part.range and task.records:
        return predict_records(task.records, part.range, inference)
    if task.contract.tokenizer:
        texts = ((escape_path(file), partial(_read, task.root / file, task.settings)) for file in part.files)
        return predict_texts(texts, task.settings.text, inference)
    return _predict_files(task, part.files, inference)


@lru_cache(maxsize=1)
def _inference(bundle: Path, _manifest: str) -> "Inference":
    # TensorFlow takes seconds to import; tasks that only prepare never pay for it.
    from headrace.inference import Inference

    inference = Inference(load(bundle))
    # PySpark's worker collects garbage after every task, and would scan all objects of TensorFlow each time:
    # that took longer than predicting a thousand small images.
    gc.freeze()
    return inference


def _predict_files(task: PredictTask, files: Sequence[str], inference: "Inference") -> PredictionOutput:
    output = PredictionOutput()
    for begin in range(0, len(files), BATCH):
        images = []
        for file in files[begin : begin + BATCH]:
            try:
                images.append(decode(_read(task.root / file, task.settings), task.image_spec))
                output.paths.append(escape_path(file))
            except RejectedRecordError as rejection:
                output.reject(escape_path(file), rejection)
        if images:
            output.batches.append(inference.predict(inference.apply_codec(images, task.image_spec)))
    return output


def _predict_shard(task: PredictTask, shard: Shard, inference: "Inference") -> PredictionOutput:
    from headrace.stream.read.shard_reader import read_shards

    output = PredictionOutput()
    name = task.contract.named("input")[0]
    for rows in read_shards(task.root, [shard], ["path", name]):
        output.paths.extend(rows["path"].tolist())
        for begin in range(0, len(rows["path"]), BATCH):
            batch = {column: values[begin : begin + BATCH] for column, values in rows.items()}
            output.batches.append(inference.predict(inference.decode(batch, task.contract)))
    return output


def _read(path: Path, settings: Prepare) -> bytes:
    """Return the bytes of a file; files that are too large are rejected unread."""
    image = settings.input == "image"
    spec, other = (settings.image, Reason.NOT_AN_IMAGE) if image else (settings.text, Reason.NOT_TEXT)
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise RejectedRecordError(other, "it is a device, a pipe or a socket")
        if found.st_size > spec.max_bytes:
            raise RejectedRecordError(Reason.TOO_MANY_BYTES, f"{found.st_size} bytes, the limit is {spec.max_bytes}")
        return path.read_bytes()
    except OSError as error:
        raise DataError(
            f"The file {escape_path(str(path))} was listed but cannot be read ({error.strerror})."
        ) from error

"""What one Spark task does to predict: decode its records as in training, answer, write one Parquet file.

The model is loaded once a Python worker and kept for the worker's next tasks.
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
from headrace.config.sections import Image, Prepare
from headrace.errors import DataError
from headrace.predict.answers import Answers
from headrace.predict.record_files import RecordFile, Stretch
from headrace.predict.texts import of_records, of_texts
from headrace.prepare.image import decode
from headrace.prepare.reject import Reason, RejectedRecordError
from headrace.prepare.sources.listing import printable
from headrace.schema import Contract
from headrace.table import Shard

if TYPE_CHECKING:
    from headrace.inference import Inference

BATCH = 256


class Part(NamedTuple):
    """The records of one task: files below `root`, a shard of a table, or a stretch of a file of records."""

    number: int
    files: tuple[str, ...] = ()
    shard: Shard | None = None
    stretch: Stretch | None = None


@dataclass(frozen=True, kw_only=True)
class PredictTask:
    """What every task of one prediction knows.

    Attributes:
        bundle: folder of the trained model.
        root: the folder of files, or of the table.
        output: where the Parquet files go.
        settings: how raw records are prepared for this model.
        contract: of the table, or of the bundle for raw files.
        threshold: see `Answers`.
        records: the file of records, where there is one.
    """

    bundle: Path
    root: Path
    output: Path
    settings: Prepare
    contract: Contract
    records: RecordFile | None = None
    threshold: float | None = None

    @property
    def form(self) -> Image:
        """How raw images are prepared."""
        return self.settings.image


@dataclass
class Written:
    """What one task wrote."""

    rows: int = 0
    rejected: int = 0


def predict_parts(task: PredictTask, parts: Iterator[Part]) -> Iterator[Written]:
    """Predict every part that Spark hands to this partition."""
    for part in parts:
        # A worker that is used again must not answer with the model of a bundle that was replaced meanwhile.
        inference = _inference(task.bundle, hashlib.sha256((task.bundle / MANIFEST).read_bytes()).digest())
        answers = _answers(task, part, inference)
        answers.threshold = task.threshold
        answers.write(task.output, part.number, inference.contract)
        yield Written(rows=len(answers.paths), rejected=len(answers.rejects))


def _answers(task: PredictTask, part: Part, inference: "Inference") -> Answers:
    if part.shard:
        return _of_shard(task, part.shard, inference)
    if part.stretch and task.records:
        return of_records(task.records, part.stretch, inference)
    if task.contract.tokenizer:
        texts = ((printable(file), partial(_read, task.root / file, task.settings)) for file in part.files)
        return of_texts(texts, task.settings.text, inference)
    return _of_files(task, part.files, inference)


@lru_cache(maxsize=1)
def _inference(bundle: Path, _manifest: bytes) -> "Inference":
    # TensorFlow takes seconds to import; tasks that only prepare never pay for it.
    from headrace.inference import Inference

    inference = Inference(load(bundle))
    # PySpark's worker collects garbage after every task, and would look through all that TensorFlow has made each time:
    # it took longer than to answer a thousand small images.
    gc.freeze()
    return inference


def _of_files(task: PredictTask, files: Sequence[str], inference: "Inference") -> Answers:
    answers = Answers()
    for begin in range(0, len(files), BATCH):
        images = []
        for file in files[begin : begin + BATCH]:
            try:
                images.append(decode(_read(task.root / file, task.settings), task.form))
                answers.paths.append(printable(file))
            except RejectedRecordError as rejection:
                answers.reject(printable(file), rejection)
        if images:
            answers.batches.append(inference.answers(inference.as_trained(images, task.form)))
    return answers


def _of_shard(task: PredictTask, shard: Shard, inference: "Inference") -> Answers:
    from headrace.stream.reader import read_shards

    answers = Answers()
    name = task.contract.named("input")[0]
    for rows in read_shards(task.root, [shard], ["path", name]):
        answers.paths.extend(rows["path"].tolist())
        for begin in range(0, len(rows["path"]), BATCH):
            batch = {column: values[begin : begin + BATCH] for column, values in rows.items()}
            answers.batches.append(inference.answers(inference.decoded(batch, task.contract)))
    return answers


def _read(path: Path, settings: Prepare) -> bytes:
    """The bytes of a file; one that is too large, or no file, is rejected unread."""
    image = settings.input == "image"
    form, other = (settings.image, Reason.NOT_AN_IMAGE) if image else (settings.text, Reason.NOT_TEXT)
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise RejectedRecordError(other, "it is a device, a pipe or a socket")
        if found.st_size > form.max_bytes:
            raise RejectedRecordError(Reason.TOO_MANY_BYTES, f"{found.st_size} bytes, the limit is {form.max_bytes}")
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"The file {printable(str(path))} was listed but cannot be read ({error.strerror}).") from error

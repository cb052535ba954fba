"""What one Spark task does to predict: decode its records as in training, answer, write one Parquet file.

The model is loaded once a Python worker and kept for the worker's next tasks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from headrace.bundle import load
from headrace.config.sections import Image
from headrace.errors import DataError
from headrace.prepare.image import decode
from headrace.prepare.reject import RejectedRecordError
from headrace.prepare.sources.listing import printable
from headrace.schema import Contract
from headrace.table import Shard
from headrace.table.rejects import SCHEMA as REJECTS

if TYPE_CHECKING:
    from headrace.inference import Inference

BATCH = 256
PREDICTIONS = pa.schema(
    [
        pa.field("path", pa.string(), nullable=False),
        pa.field("label", pa.string(), nullable=False),
        pa.field("probabilities", pa.list_(pa.float32()), nullable=False),
    ]
)


class Part(NamedTuple):
    """The records of one task: files below `root`, or a shard of a table."""

    number: int
    files: tuple[str, ...] = ()
    shard: Shard | None = None


@dataclass(frozen=True, kw_only=True)
class PredictTask:
    """What every task of one prediction knows.

    Attributes:
        bundle: folder of the trained model.
        root: the folder of files, or of the table.
        output: where the Parquet files go.
        form: how raw images are prepared for this model.
        contract: of the table; None for raw files.
    """

    bundle: Path
    root: Path
    output: Path
    form: Image
    contract: Contract | None = None


@dataclass
class Written:
    """What one task wrote."""

    rows: int = 0
    rejected: int = 0


@dataclass
class _Answers:
    paths: list[str] = field(default_factory=list)
    probabilities: list[NDArray[np.float32]] = field(default_factory=list)
    rejects: list[dict[str, str]] = field(default_factory=list)


def predict_parts(task: PredictTask, parts: Iterator[Part]) -> Iterator[Written]:
    """Predict every part that Spark hands to this partition."""
    for part in parts:
        inference = _inference(task.bundle)
        answers = _of_shard(task, part, inference) if part.shard else _of_files(task, part.files, inference)
        _write(task, part.number, answers, inference.contract.classes)
        yield Written(rows=len(answers.paths), rejected=len(answers.rejects))


@lru_cache(maxsize=1)
def _inference(bundle: Path) -> "Inference":
    # TensorFlow takes seconds to import; tasks that only prepare never pay for it.
    from headrace.inference import Inference

    return Inference(load(bundle))


def _of_files(task: PredictTask, files: Sequence[str], inference: "Inference") -> _Answers:
    answers = _Answers()
    for begin in range(0, len(files), BATCH):
        pixels = []
        for file in files[begin : begin + BATCH]:
            try:
                pixels.append(decode(_read(task.root / file), task.form))
                answers.paths.append(printable(file))
            except RejectedRecordError as rejection:
                row = {"path": printable(file), "reason": rejection.reason.value, "detail": rejection.detail}
                answers.rejects.append(row)
        if pixels:
            answers.probabilities.append(inference.probabilities(np.stack(pixels)))
    return answers


def _of_shard(task: PredictTask, part: Part, inference: "Inference") -> _Answers:
    from headrace.stream.reader import read_shards

    answers = _Answers()
    if task.contract is None or part.shard is None:
        return answers
    name = task.contract.named("input")[0]
    for rows in read_shards(task.root, [part.shard], ["path", name]):
        answers.paths.extend(rows["path"].tolist())
        for begin in range(0, len(rows["path"]), BATCH):
            batch = {column: values[begin : begin + BATCH] for column, values in rows.items()}
            answers.probabilities.append(inference.probabilities(inference.decoded(batch, task.contract)))
    return answers


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"The file {printable(str(path))} was listed but cannot be read ({error.strerror}).") from error


def _write(task: PredictTask, number: int, answers: _Answers, classes: tuple[str, ...]) -> None:
    name = f"part-{number:06d}.parquet"
    if answers.paths:
        probabilities = np.concatenate(answers.probabilities)
        columns: list[Any] = [
            answers.paths,
            [classes[label] for label in probabilities.argmax(1)],
            pa.FixedSizeListArray.from_arrays(pa.array(probabilities.ravel()), probabilities.shape[1]).cast(
                PREDICTIONS.field("probabilities").type
            ),
        ]
        pq.write_table(
            pa.Table.from_arrays([pa.array(c) if isinstance(c, list) else c for c in columns], schema=PREDICTIONS),
            task.output / name,
        )
    if answers.rejects:
        folder = task.output / "_rejects"
        folder.mkdir(exist_ok=True)
        pq.write_table(pa.Table.from_pylist(answers.rejects, REJECTS), folder / name)

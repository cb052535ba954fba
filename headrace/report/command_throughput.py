"""Duration and throughput of each stage."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from headrace.report.data_section import TableData
from headrace.report.run_folder_files import ResultFile, RunArtifacts
from headrace.wording import quantity

if TYPE_CHECKING:
    from headrace.table.version_and_preparation_summary import Summary

PIPELINE = ("fetch", "prepare", "train", "evaluate", "predict")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A stage of the pipeline; a value that was not recorded is None.

    Attributes:
        work: amount of work, for example `70,000 rows`.
        rate: work per second, in `unit`.
        seconds: duration of the work, as the command measured it.
        wall: seconds from the start of the stage's command to its end.
    """

    name: str
    work: str | None = None
    rate: float | None = None
    unit: str = "rows/s"
    seconds: float | None = None
    wall: float | None = None


def stages(folder: RunArtifacts, data: TableData | None) -> list[Stage]:
    """Return all stages with a recorded time, in the order of the pipeline."""
    wall = dict(folder.stages)
    recorded = [*_measured_stages(folder, data, wall)]
    recorded += [Stage(name=name, wall=seconds) for name, seconds in wall.items()]
    return sorted(recorded, key=lambda stage: _position(stage.name))


def _position(name: str) -> int:
    command = name.partition(",")[0]
    return PIPELINE.index(command) if command in PIPELINE else len(PIPELINE)


def _measured_stages(folder: RunArtifacts, data: TableData | None, wall: dict[str, float]) -> Iterator[Stage]:
    if data:
        yield _preparation_stage(data.summary, wall.pop("prepare", None))
    if folder.result:
        yield _training_stage(folder, folder.result, wall.pop("train", None))
    for evaluation in folder.evaluations:
        name = f"evaluate, {evaluation.split} split"
        yield _row_stage(name, evaluation.rows, evaluation.seconds, wall.pop("evaluate", None))
    prediction = folder.prediction
    if prediction and prediction.rows and prediction.seconds:
        yield _row_stage("predict", prediction.rows, prediction.seconds, wall.pop("predict", None))


def _preparation_stage(summary: "Summary", wall: float | None) -> Stage:
    """Return the stage of the version's own preparation, which reads new and changed files only."""
    prepared = summary.rows_in if summary.prepared_rows is None else summary.prepared_rows
    stage = _row_stage("prepare", prepared, summary.seconds, wall)
    carries_over = prepared != summary.rows_in
    return replace(stage, work=f"{prepared:,} of {quantity(summary.rows_in, 'row')}") if carries_over else stage


def _row_stage(name: str, rows: int, seconds: float, wall: float | None) -> Stage:
    rate = rows / seconds if seconds else None
    return Stage(name=name, work=quantity(rows, "row"), rate=rate, seconds=seconds, wall=wall)


def _training_stage(folder: RunArtifacts, result: ResultFile, wall: float | None) -> Stage:
    """Return the stage of all attempts: the result's own seconds are those of the last command alone."""
    seconds = folder.history.training_seconds or None
    return Stage(
        name="train",
        work=quantity(result.steps, "step"),
        rate=result.samples_per_second,
        unit="rows/s",
        seconds=seconds,
        wall=wall,
    )

"""A run folder, read whole: what is there, and None or nothing for what is not there yet."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from headrace.errors import DataError
from headrace.report.history import History, read_history
from headrace.report.records import (
    Bundle,
    Evaluation,
    Judgement,
    LabelEvaluation,
    NumberEvaluation,
    Prediction,
    Result,
    Run,
)
from headrace.schema import Task
from headrace.storage import locate

AnyEvaluation = Evaluation | LabelEvaluation | NumberEvaluation
SPLITS = ("test", "val", "train")
Content = TypeVar("Content")


@dataclass(frozen=True, kw_only=True)
class RunFolder:
    """Everything the page is made of, except the table.

    Attributes:
        bundle: folder of the trained model, whether or not it is there.
        evaluations: by split, the test split first.
        stages: wall seconds by stage, where a whole pipeline was timed.
    """

    path: Path
    run: Run
    result: Result | None
    history: History
    bundle: Path
    bundle_hashes: dict[str, str]
    evaluations: tuple[AnyEvaluation, ...]
    stages: dict[str, float]
    prediction: Prediction | None


def read_run_folder(path: Path) -> RunFolder:
    """Read the folder at `path`.

    Raises:
        DataError: it is not the folder of a training run, or a file in it is damaged.
    """
    run = _read(path / "run.json", Run)
    if run is None:
        raise DataError(f"{path} is not a training run: it holds no run.json; `headrace train` makes one.")
    result = _read(path / "result.json", Result)
    bundle = _bundle(path, run, result)
    hashes = _read(bundle / "bundle.json", Bundle)
    evaluations = (_evaluation(bundle / "evaluation" / f"{split}.json") for split in SPLITS)
    return RunFolder(
        path=path,
        run=run,
        result=result,
        history=read_history(path / "metrics.jsonl"),
        bundle=bundle,
        bundle_hashes=hashes.hashes if hashes else {},
        evaluations=tuple(evaluation for evaluation in evaluations if evaluation),
        stages=_read(path / "stages.json", dict[str, float]) or {},
        prediction=_read(path / "predictions.json", Prediction),
    )


def _bundle(path: Path, run: Run, result: Result | None) -> Path:
    """Where the bundle is; a run folder that was moved still has its own beside its metrics."""
    named = result.bundle if result else run.configuration.train.bundle
    return locate(named) if named and locate(named).is_dir() else path / "bundle"


def _evaluation(path: Path) -> AnyEvaluation | None:
    judgement = _read(path, Judgement)
    task = judgement.task if judgement else "classification"
    kinds: dict[Task, type[AnyEvaluation]] = {"multi_label": LabelEvaluation, "regression": NumberEvaluation}
    return _read(path, kinds.get(task, Evaluation))


def _read(path: Path, kind: type[Content]) -> Content | None:
    try:
        return TypeAdapter(kind).validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise DataError(
            f"{path} is damaged{f' at `{place}`' if place else ''}: {first['msg'].lower()}; "
            "the command that wrote it writes it anew."
        ) from None

"""Read the files that training, evaluation and prediction write to a run's folder."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from headrace.config import Configuration
from headrace.errors import DataError
from headrace.report.evaluation.evaluation_schema import TaskEvaluation
from headrace.report.evaluation.report_section_interface import report_section_module
from headrace.report.frozen_json_model import JsonRecord
from headrace.runs.metrics_log_reader import MetricsLog, read_metrics
from headrace.runs.run_folder import bundle_path
from headrace.runs.run_record import Continuation

SPLITS = ("test", "val", "train")
Content = TypeVar("Content")


class RunFile(JsonRecord):
    """run.json: the configuration and plan of the run."""

    configuration: Configuration
    table: str
    data_version: int
    model_sha256: str
    ranks: int
    global_batch: int
    steps_per_epoch: int
    epochs: int
    parameters: int | None = None
    versions: dict[str, str] = {}
    command: str
    created: str
    continuations: tuple[Continuation, ...] = ()


class ResultFile(JsonRecord):
    """result.json: the result of the training.

    The time to the first step, in seconds, is that of the last command; the speed is that of all steps. Epochs count
    from 1; `monitored` is the metric that selects the best one.
    """

    bundle: str
    steps: int
    ranks: int
    weights_sha256: str
    parameters: int | None = None
    monitored: str | None = None
    best_epoch: int | None = None
    bundle_epoch: int | None = None
    seconds_to_first_step: float | None = None
    samples_per_second: float | None = None
    restarts: int = 0

    def describe_bundle_epoch(self, last_epoch: int) -> str:
        """Return which epoch's weights the bundle has; empty if the result does not say.

        Args:
            last_epoch: the last epoch that was trained, counted from 1.
        """
        if self.bundle_epoch is None or self.best_epoch is None:
            return ""
        metric = self.monitored or "the monitored metric"
        sentence = f"The bundle has the weights of epoch {self.bundle_epoch}"
        if self.bundle_epoch == self.best_epoch:
            return f"{sentence}, the best by {metric}."
        last = ", the last" if self.bundle_epoch == last_epoch else ""
        return f"{sentence}{last}; the best by {metric} is epoch {self.best_epoch}."


class ManifestFile(JsonRecord):
    """BUNDLE/bundle.json: SHA-256 by file name."""

    hashes: dict[str, str]


class Prediction(JsonRecord):
    """predictions.json: number of predicted rows and seconds."""

    rows: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class RunArtifacts:
    """All inputs of the page except the table.

    Attributes:
        bundle: folder of the trained model, which may not exist.
        evaluations: by split, the test split first.
        stages: wall seconds by stage; empty unless the whole pipeline was timed.
    """

    path: Path
    run: RunFile
    result: ResultFile | None
    history: MetricsLog
    bundle: Path
    bundle_hashes: dict[str, str]
    evaluations: tuple[TaskEvaluation, ...]
    stages: dict[str, float]
    prediction: Prediction | None

    @property
    def bundle_epoch_sentence(self) -> str:
        """Return which epoch's weights the bundle has; empty while that is not known."""
        return self.result.describe_bundle_epoch(self.result.steps // self.run.steps_per_epoch) if self.result else ""


def _run_folder_hint(path: Path) -> str:
    """Return which folder may be meant: the run of a bundle, or a run below; else how to create one."""
    above, below = path.absolute().parent, sorted(path.glob("*/run.json"))
    if (above / "run.json").is_file():
        return f"expected {above}"
    if below:
        return f"expected a run in it, such as {below[0].parent}"
    return "`headrace train` creates one"


def read_artifacts(path: Path) -> RunArtifacts:
    """Read the run folder at `path`.

    Raises:
        DataError: `path` is not the folder of a training run, or a file in it is damaged.
    """
    run = _read_json(path / "run.json", RunFile)
    if run is None:
        hint = _run_folder_hint(path)
        raise DataError(f"{path} is not the folder of a training run: it contains no run.json; {hint}.")
    result = _read_json(path / "result.json", ResultFile)
    setting = run.configuration.train.bundle
    bundle = bundle_path(path, setting, result.bundle if result else setting)
    hashes = _read_json(bundle / "bundle.json", ManifestFile)
    evaluations = (_read_evaluation(bundle / "evaluation" / f"{split}.json") for split in SPLITS)
    return RunArtifacts(
        path=path,
        run=run,
        result=result,
        history=read_metrics(path / "metrics.jsonl"),
        bundle=bundle,
        bundle_hashes=hashes.hashes if hashes else {},
        evaluations=tuple(evaluation for evaluation in evaluations if evaluation),
        stages=_read_json(path / "stages.json", dict[str, float]) or {},
        prediction=_read_json(path / "predictions.json", Prediction),
    )


def _read_evaluation(path: Path) -> TaskEvaluation | None:
    header = _read_json(path, TaskEvaluation)
    return _read_json(path, report_section_module(header.task).RECORD) if header else None


def _read_json(path: Path, content_type: type[Content]) -> Content | None:
    try:
        return TypeAdapter(content_type).validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise DataError(
            f"{path} is damaged{f' at `{field}`' if field else ''}: {first['msg'].lower()}; "
            "rerun the command that wrote it."
        ) from None

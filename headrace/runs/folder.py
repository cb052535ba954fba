"""A training run is a folder, also of a bucket: what was asked for, what it reads, how far it is, and what came of it.

run.json       the resolved configuration, the data version, the model's hash, the plan's constants
model.py       the model's source, as it was when the run began
metrics.jsonl  a line every few steps and a line an epoch
checkpoints/   weights, optimizer state and position
events/        for TensorBoard
logs/          one file a rank
stop           where the run is to stop before its end
result.json    when the run is complete
bundle/        the trained model
"""

import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from headrace.locks.folder import lock_for_training
from headrace.runs.checkpoint_files import newest_first
from headrace.runs.record import RunRecord, read_record
from headrace.storage import locate
from headrace.storage.atomic import atomic_write
from headrace.storage.remove_tree import remove_tree


class RunFolder:
    """Paths in a run's folder and the files that the driver writes there."""

    def __init__(self, path: str | Path) -> None:
        self.path = locate(path).absolute()
        self.record_file = self.path / "run.json"
        self.model_file = self.path / "model.py"
        self.metrics_file = self.path / "metrics.jsonl"
        self.checkpoints = self.path / "checkpoints"
        self.best = self.path / "best"
        self.not_finite = self.path / "not-finite"
        self.events = self.path / "events"
        self.logs = self.path / "logs"
        self.stop_file = self.path / "stop"
        self.result_file = self.path / "result.json"

    def locked(self) -> AbstractContextManager[None]:
        """Hold the run for this process.

        Raises:
            TrainingError: another process holds it.
        """
        return lock_for_training(self.path, "train", f"run {self.path} is being trained", "train.run")

    def record(self) -> RunRecord | None:
        """What the run began with; None where it has not begun.

        Raises:
            ConfigurationError: the folder holds a run.json that Headrace did not write.
        """
        return read_record(self.record_file, RunRecord, "run", "train.run")

    def has_progress(self) -> bool:
        """Whether there is anything that beginning anew would lose."""
        return self.result_file.exists() or bool(newest_first(self.checkpoints))

    def begin(self, record: RunRecord, source: str) -> None:
        """Write the record and the model's source; the record last, it makes the folder a run."""
        self.metrics_file.unlink(missing_ok=True)
        self.stop_file.unlink(missing_ok=True)
        remove_tree(self.events)
        remove_tree(self.best)
        atomic_write(self.model_file, source.encode())
        self.keep(record)

    def keep(self, record: RunRecord) -> None:
        """Write the record, for the ranks to read."""
        atomic_write(self.record_file, record.model_dump_json(indent=2).encode())

    def result(self) -> dict[str, Any] | None:
        """What came of the run; None while it is not complete."""
        if not self.result_file.exists():
            return None
        result: dict[str, Any] = json.loads(self.result_file.read_bytes())
        return result

    def finish(self, result: dict[str, Any]) -> None:
        """Write the result; its presence makes the run complete."""
        atomic_write(self.result_file, json.dumps(result, indent=2).encode())

"""Log the metrics of rank 0 to metrics.jsonl, to TensorBoard and to the driver."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from headrace.errors import TrainingError
from headrace.runs.run_folder import RunFolder
from headrace.storage.atomic_files_and_folders import atomic_write
from headrace.stream.rank_batch_stream import RankStream
from headrace.train.distributed.gradient_averaging_and_monitoring import GradientMonitor
from headrace.train.model.losses_and_metrics.interval_metrics_from_running_means import RunningMetrics, metrics_between
from headrace.train.rank.rank_context_and_position import Position

HIDDEN = ("kind", "step", "epoch", "seconds")


class MetricsLogger(keras.callbacks.Callback):
    """A callback that logs every `every` steps and every epoch.

    The `seconds` of a line are those of the run's steps up to there, over all attempts.
    """

    def __init__(
        self,
        position: Position,
        folder: RunFolder,
        gradients: GradientMonitor,
        every: int,
        stream: RankStream,
        send: Callable[..., None],
    ) -> None:
        super().__init__()
        self.position, self.gradients, self.every, self.stream, self.send = position, gradients, every, stream, send
        truncate_metrics(folder.metrics_file, position.step)
        self.metrics = folder.metrics_file.open("a", encoding="utf-8")
        # One graph call takes a fifth of the time of one call per value; the graph keeps the writer it was traced with.
        self.write_scalars = tf.function(write_scalars)
        self.writer = tf.summary.create_file_writer(str(folder.events))
        self.last_time = time.monotonic()
        self.last_step = position.step
        self.last = RunningMetrics()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.last = RunningMetrics()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.position.step == 1 or self.position.step % self.every == 0:
            results = {name: float(value) for name, value in (logs or {}).items()}
            self._report(RunningMetrics(batch + 1, self._rows(batch + 1), results))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        line = {"kind": "epoch", "step": self.position.step, "epoch": epoch, **(logs or {})}
        self._write(line | {"seconds": self._seconds()}, "epoch")

    def finish(self) -> None:
        """Close the files."""
        self.metrics.close()
        self.writer.close()

    def _rows(self, steps: int) -> int:
        """Return the rows of this rank in the last `steps` steps of the epoch so far, without padding."""
        if not self.position.between_epochs:
            return steps * self.stream.batch_size
        plan = self.stream.plan
        return sum(plan.lane_rows(lane, range(plan.steps - steps, plan.steps)) for lane in self.stream.lanes)

    def _report(self, running: RunningMetrics) -> None:
        """Log the figures of the steps since the last report, from Keras's results since the start of the epoch."""
        figures = metrics_between(self.last, running, self.stream.batch_size)
        self.last = running
        now, plan = time.monotonic(), self.stream.plan
        rows = plan.rows_until(self.position.step) - plan.rows_until(self.last_step)
        rate = rows / max(now - self.last_time, 1e-9)
        self.last_step, self.last_time = self.position.step, now
        figures |= {"gradient_norm": self.gradients.norm, "learning_rate": float(self.model.optimizer.learning_rate)}
        line = {"kind": "step", "step": self.position.step, "epoch": self.position.epoch, **figures}
        self._write(line | {"samples_per_second": round(rate, 1), "seconds": self._seconds()}, "step")

    def _write(self, line: dict[str, Any], prefix: str) -> None:
        try:
            self.metrics.write(json.dumps(line) + "\n")
            self.metrics.flush()
        except OSError as error:
            raise TrainingError(
                f"The metrics of step {line['step']} cannot be written to {self.metrics.name}: {error.strerror}. "
                "Free disk space and rerun the same command: it resumes from the last checkpoint."
            ) from error
        values = {f"{prefix}/{name}": value for name, value in line.items() if name not in HIDDEN}
        with self.writer.as_default():
            self.write_scalars(tuple(values), tf.constant(list(values.values()), tf.float64), tf.constant(line["step"]))
        self.send(**(line | {"kind": "progress", "scope": prefix}))

    def _seconds(self) -> float:
        return round(self.position.seconds, 3)


def write_scalars(names: tuple[str, ...], values: tf.Tensor, step: tf.Tensor) -> None:
    """Write each of `values` under its name to TensorBoard."""
    for index, name in enumerate(names):
        tf.summary.scalar(name, values[index], tf.cast(step, tf.int64))


def truncate_metrics(metrics: Path, step: int) -> None:
    """Remove the lines of steps after `step` from the file, because the checkpoint does not contain those steps."""
    if not metrics.exists():
        return
    lines = metrics.read_text(encoding="utf-8").splitlines(keepends=True)
    # A killed rank may have left a partial line.
    kept = [line for line in lines if line.endswith("}\n") and json.loads(line)["step"] <= step]
    if kept != lines:
        atomic_write(metrics, "".join(kept).encode())

"""What happens besides the steps. Every rank has the same callbacks; only files and messages are rank 0's."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from headrace.stream.plan import Plan
from headrace.train import checkpoint, collectives

Logs = dict[str, float]


class Position:
    """Where a run is: steps done since its beginning, on every rank the same."""

    def __init__(self, step: int, steps_per_epoch: int) -> None:
        self.step = step
        self.steps_per_epoch = steps_per_epoch

    @property
    def epoch(self) -> int:
        """The epoch of the last step done, 0-based."""
        return max(0, self.step - 1) // self.steps_per_epoch


class CountSteps(keras.callbacks.Callback):
    """Moves the position; the first callback, so that the others see the step that was just done."""

    def __init__(self, position: Position) -> None:
        super().__init__()
        self.position = position

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.position.step += 1


class ExactMetrics(keras.callbacks.Callback):
    """At the end of an epoch: metrics over the rows of all ranks, in training and in validation.

    The state of every metric is summed over ranks before its result is taken; averaging results would be wrong
    where ranks saw different numbers of rows.

    Args:
        plan: of the training split.
        validation: steps of the validation split and their plan, None where there is no such split.
    """

    def __init__(self, position: Position, plan: Plan, validation: tuple[tf.data.Dataset, Plan] | None) -> None:
        super().__init__()
        self.position, self.plan, self.validation = position, plan, validation
        self.first_step = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.first_step = self.position.step % self.plan.steps

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs.update(self._over_ranks(_share_of_rows(self.plan, self.first_step)))
        collectives.average(self.model.non_trainable_variables)
        if self.validation is not None:
            dataset, plan = self.validation
            self.model.evaluate(dataset, steps=plan.steps, verbose=0, _use_cached_eval_dataset=False)
            results = self._over_ranks(_share_of_rows(plan, 0))
            logs.update({f"val_{name}": value for name, value in results.items()})

    def _over_ranks(self, share_of_rows: float) -> Logs:
        collectives.add_up([variable for metric in self.model.metrics for variable in metric.variables])
        results = {name: float(value) for name, value in self.model.get_metrics_result().items()}
        # Keras counts padding as rows whose loss is 0; penalties on weights are no rows' and stay as they are.
        penalty = float(sum(self.model.losses, start=0.0))
        results["loss"] = (results["loss"] - penalty) / share_of_rows + penalty
        return results


def _share_of_rows(plan: Plan, first_step: int) -> float:
    """Of the places in the steps of an epoch from `first_step` on, the share that is rows and not padding."""
    before = first_step * plan.global_batch
    return (plan.rows - before) / (plan.steps * plan.global_batch - before)


class Checkpoints(keras.callbacks.Callback):
    """A checkpoint every so many steps, and one at the end."""

    def __init__(self, position: Position, folder: Path, every: int, keep: int, rank: int) -> None:
        super().__init__()
        self.position, self.folder, self.every, self.keep, self.rank = position, folder, every, keep, rank
        self.seconds = 0.0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.position.step % self.every == 0:
            self._save()

    def finish(self) -> None:
        """The checkpoint of the last step, where it is not one of those anyway."""
        if self.position.step % self.every:
            self._save()

    def _save(self) -> None:
        began = time.monotonic()
        collectives.average(self.model.non_trainable_variables)
        if self.rank == 0:
            checkpoint.save(self.folder, self.position.step, checkpoint.state_of(self.model), self.keep)
        self.seconds += time.monotonic() - began


class Progress(keras.callbacks.Callback):
    """Rank 0's lines for people and programs: metrics.jsonl, TensorBoard, and messages to the driver."""

    def __init__(
        self, position: Position, metrics: Path, events: Path, every: int, rows: int, send: Callable[..., None]
    ) -> None:
        super().__init__()
        self.position, self.every, self.rows, self.send = position, every, rows, send
        self.metrics = metrics.open("a", encoding="utf-8")
        self.writer = tf.summary.create_file_writer(str(events))
        self.began = self.last_time = time.monotonic()
        self.last_step = position.step
        self.first_logs: tuple[int, Logs] = (0, {})

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.first_logs = (0, {})

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.position.step == 1 or self.position.step % self.every == 0:
            self._report(batch + 1, {name: float(value) for name, value in (logs or {}).items()})

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        line = {"kind": "epoch", "step": self.position.step, "epoch": epoch, **(logs or {})}
        self._write(line | {"seconds": self._seconds()}, "epoch")

    def finish(self) -> None:
        """Close the files."""
        self.metrics.close()
        self.writer.close()

    def _report(self, batches: int, running: Logs) -> None:
        """Means of the steps since the last report, out of Keras's means since the epoch's begin."""
        before, old = self.first_logs
        recent = {
            name: (value * batches - old.get(name, 0.0) * before) / (batches - before)
            for name, value in running.items()
        }
        self.first_logs = (batches, running)
        now = time.monotonic()
        speed = (self.position.step - self.last_step) * self.rows / max(now - self.last_time, 1e-9)
        self.last_step, self.last_time = self.position.step, now
        line = {"kind": "step", "step": self.position.step, "epoch": self.position.epoch, **recent}
        self._write(line | {"samples_per_second": round(speed, 1), "seconds": self._seconds()}, "step")

    def _write(self, line: dict[str, Any], prefix: str) -> None:
        self.metrics.write(json.dumps(line) + "\n")
        self.metrics.flush()
        with self.writer.as_default(step=line["step"]):
            for name, value in line.items():
                if name not in ("kind", "step", "epoch", "seconds"):
                    tf.summary.scalar(f"{prefix}/{name}", value)
        self.send(**(line | {"kind": "progress", "of": prefix}))

    def _seconds(self) -> float:
        return round(time.monotonic() - self.began, 3)

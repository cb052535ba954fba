"""Callbacks of a network's file see one training, and end it for all ranks at the end of an epoch."""

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

from headrace.errors import ConfigurationError
from headrace.train.callbacks.network_file_callbacks_on_all_ranks import CustomCallbacks
from headrace.train.distributed import collectives
from headrace.train.model.losses_and_metrics.custom_loss_metrics_optimizer_callbacks import CustomObjective

pytestmark = pytest.mark.tensorflow


class Recorder(keras.callbacks.Callback):
    """Notes events, and stops at one of them."""

    def __init__(self, stop_at: str = "") -> None:
        super().__init__()
        self.events: list[str] = []
        self.stop_at = stop_at

    def _note(self, event: str, logs: dict[str, float]) -> None:
        self.events.append(event)
        logs["loss"] = 0.0
        if event == self.stop_at:
            self.model.stop_training = True

    def on_train_begin(self, logs: Any = None) -> None:
        self._note("begin", logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._note(f"batch {batch}", logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._note(f"epoch {epoch}", logs)

    def on_train_end(self, logs: Any = None) -> None:
        self._note("end", logs)


def custom(*callbacks: keras.callbacks.Callback, rank: int = 0) -> CustomCallbacks:
    """Return what forwards events to `callbacks`, with a model that is being trained."""
    objective = CustomObjective(Path("net.py"), None, {"callbacks": lambda contract: list(callbacks)})  # type: ignore[arg-type]
    made = CustomCallbacks(objective, rank)
    made.set_model(SimpleNamespace(stop_training=False))  # type: ignore[arg-type]
    return made


@pytest.fixture(autouse=True)
def one_rank(monkeypatch: pytest.MonkeyPatch) -> None:
    """Horovod of one rank, which needs no other process."""
    monkeypatch.setattr(collectives, "allreduce_sum", lambda variables: [np.array(one.value) for one in variables])
    monkeypatch.setattr(collectives, "is_rank_zero", lambda: True)


def test_callbacks_see_one_training_although_fit_is_called_twice() -> None:
    recorder = Recorder()
    events = custom(recorder)
    events.on_train_begin()
    events.on_epoch_end(0, {"loss": 1.0})
    events.on_train_end()
    events.on_train_begin()
    events.on_epoch_end(1, {"loss": 1.0})
    events.on_train_end()
    events.finish()
    assert recorder.events == ["begin", "epoch 0", "epoch 1", "end"]


def test_stop_within_an_epoch_waits_for_its_end() -> None:
    recorder = Recorder(stop_at="batch 1")
    events = custom(recorder)
    events.on_train_batch_end(1, {"loss": 1.0})
    assert (events.model.stop_training, events.stopped) == (False, False)
    events.on_epoch_end(0, {"loss": 1.0})
    assert (events.model.stop_training, events.stopped) == (True, True)


def test_stop_of_headrace_itself_is_kept() -> None:
    events = custom(Recorder())
    events.model.stop_training = True
    events.on_epoch_end(0, {"loss": 1.0})
    assert (events.model.stop_training, events.stopped) == (True, False)


def test_callbacks_cannot_change_the_logs_of_others() -> None:
    logs = {"loss": 1.0}
    custom(Recorder()).on_epoch_end(0, logs)
    assert logs == {"loss": 1.0}


def test_callbacks_that_write_files_are_those_of_rank_0(tmp_path: Path) -> None:
    writer = keras.callbacks.CSVLogger(str(tmp_path / "log.csv"))
    assert list(custom(writer, Recorder(), rank=0).callbacks)[:1] == [writer]
    assert not any(isinstance(one, keras.callbacks.CSVLogger) for one in custom(writer, rank=1).callbacks)


def test_rank_without_callbacks_of_its_own_agrees_on_a_stop_with_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise rank 0 would wait for it at the end of the epoch."""
    monkeypatch.setattr(collectives, "allreduce_sum", lambda variables: [np.array(1.0)])
    events = custom(keras.callbacks.CSVLogger("log.csv"), rank=1)
    events.on_epoch_end(0, {"loss": 1.0})
    assert (events.model.stop_training, events.stopped) == (True, True)


def test_network_without_callbacks_asks_no_other_rank(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collectives, "allreduce_sum", lambda variables: pytest.fail("no rank has a callback"))
    custom().on_epoch_end(0, {"loss": 1.0})


def test_training_that_was_complete_before_has_no_end() -> None:
    recorder = Recorder()
    custom(recorder).finish()
    assert recorder.events == []


def test_failure_names_the_callback_and_the_reason() -> None:
    def fail(epoch: int, logs: Any) -> None:
        raise KeyError("val_loss")

    events = custom(keras.callbacks.LambdaCallback(on_epoch_end=fail))
    with pytest.raises(ConfigurationError, match="LambdaCallback of `callbacks` in net.py failed at .*KeyError"):
        events.on_epoch_end(0, {})


def test_resumed_run_says_that_callbacks_begin_anew(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        custom(Recorder()).warn_if_resumed(0)
        custom().warn_if_resumed(3)
        assert not caplog.records
        custom(Recorder()).warn_if_resumed(3)
    assert "Resuming at step 3; callbacks of the network's file start again: Recorder" in caplog.text

"""A run checks for a stop request about twice a second, and stops after a checkpoint."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from headrace.train.callbacks.checkpoint_writer import CheckpointCallback
from headrace.train.callbacks.stop_request import STOP, StopOnRequest
from headrace.train.distributed import collectives
from headrace.train.rank.rank_context_and_position import Position
from headrace.train.tuner_controls import StoppedError

pytestmark = pytest.mark.tensorflow


class Run:
    """Steps of a run of 100 steps an epoch, and the steps at which checkpoints were requested."""

    def __init__(self, file: Path, rank: int = 0, world_size: int = 1) -> None:
        self.saved: list[int] = []
        self.position = Position(0, steps_per_epoch=100)
        checkpoint = SimpleNamespace(
            position=self.position, rank=SimpleNamespace(rank=rank, world_size=world_size), save=self._save
        )
        self.callback = StopOnRequest(cast(CheckpointCallback, checkpoint), (file,))

    def _save(self) -> None:
        self.saved.append(self.position.step)

    def step(self) -> None:
        self.position.step += 1
        self.callback.on_train_batch_end(0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The time of the callback, which a test sets."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("headrace.train.callbacks.stop_request.time.monotonic", lambda: clock.now)
    return clock


def test_stop_request_stops_slow_steps_at_once_after_a_checkpoint(tmp_path: Path, clock: Any) -> None:
    run = Run(tmp_path / "interrupt")
    for _ in range(7):
        clock.now += 2.0
        run.step()
    (tmp_path / "interrupt").touch()
    with pytest.raises(StoppedError, match="stopped at step 8"):
        run.step()
    assert run.saved == [8]


def test_stop_request_is_looked_for_twice_a_second(tmp_path: Path, clock: Any) -> None:
    run, checked = Run(tmp_path / "interrupt"), []
    decide = run.callback._steps_until_next_check
    run.callback._steps_until_next_check = lambda: checked.append(clock.now) or decide()  # type: ignore[func-returns-value, method-assign]
    for _ in range(95):
        clock.now += 0.05
        run.step()
    assert len(checked) < 20
    assert max(later - earlier for earlier, later in zip(checked, checked[1:], strict=False)) <= 0.51


def test_stop_request_at_the_last_step_waits_for_the_end_of_the_epoch(tmp_path: Path) -> None:
    run = Run(tmp_path / "interrupt")
    run.position.step = 99
    (tmp_path / "interrupt").touch()
    run.step()
    assert run.saved == []
    with pytest.raises(StoppedError, match="stopped at step 100"):
        run.callback.on_epoch_end(0)
    assert run.saved == [100]


def test_stop_request_is_decided_by_rank_zero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, received = Run(tmp_path / "interrupt", rank=1, world_size=2), iter([3, STOP])
    monkeypatch.setattr(collectives, "broadcast_int", lambda _: next(received))
    (tmp_path / "interrupt").touch()
    for _ in range(3):
        run.step()
    with pytest.raises(StoppedError, match="stopped at step 4"):
        run.step()
    assert run.saved == [4]

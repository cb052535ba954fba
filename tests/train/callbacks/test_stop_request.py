"""A run checks for a stop request every few steps and stops only at such a step."""

from pathlib import Path

import pytest

from headrace.train.callbacks.stop_request import StopOnRequest
from headrace.train.observer import StoppedError
from headrace.train.rank.context import Position

pytestmark = pytest.mark.tensorflow


def test_stop_request_stops_at_next_checked_step(tmp_path: Path) -> None:
    position = Position(0, steps_per_epoch=100)
    callback = StopOnRequest(position, tmp_path / "stop", every=5, rank=0, world_size=1)
    stopped_at = []
    for step in range(1, 13):
        position.step = step
        if step == 7:
            (tmp_path / "stop").touch()
        try:
            callback.on_train_batch_end(step)
        except StoppedError:
            stopped_at.append(step)
    assert stopped_at == [10]

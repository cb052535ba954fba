"""The lines of a training that runs."""

import json
import sys

import pytest

from headrace.train import rank_message_receiver
from headrace.train.rank_message_receiver import RankMessageReceiver


def report(progress: RankMessageReceiver, **message: object) -> None:
    """Hand over one message of rank 0 about the progress."""
    progress.receive({"kind": "message", "rank": 0, "text": json.dumps({"kind": "progress"} | message)})


def test_lines_of_a_step_and_of_its_epoch_cannot_be_confused(capsys: pytest.CaptureFixture[str]) -> None:
    """Both have metrics at the same step: those of the steps since the last line, and the means over the epoch."""
    progress = RankMessageReceiver(10)
    report(progress, scope="step", step=5, epoch=0, seconds=1.0, loss=0.25, samples_per_second=64.0)
    report(progress, scope="epoch", step=5, epoch=0, seconds=1.0, loss=0.5, val_loss=4.045e-05)
    assert capsys.readouterr().err.splitlines() == [
        "epoch 1, step 5 of 10: loss 0.2500, 64 rows/s",
        "epoch 1 done, step 5 of 10: loss 0.5000, val_loss 4.045e-05",
    ]


def test_time_left_is_shown_while_steps_are_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rank_message_receiver, "SECONDS_BETWEEN_LINES", 0)
    progress = RankMessageReceiver(10)
    for step in (2, 6, 10):
        report(progress, scope="step", step=step, epoch=0, seconds=step / 2, loss=0.25, samples_per_second=64.0)
    lines = capsys.readouterr().err.splitlines()
    assert [line.rpartition("64 rows/s")[2] for line in lines] == ["", ", about 2 s left", ""]


def test_line_fits_the_terminal_and_keeps_the_losses_and_the_monitored_metric(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics = {name: 0.5 for prefix in ("", "val_") for name in (f"{prefix}loss", f"{prefix}mae", f"{prefix}rmse")}
    progress = RankMessageReceiver(10, monitored="val_rmse")
    for width in (80, 40, None):
        monkeypatch.setattr(rank_message_receiver, "terminal_width", lambda _, width=width: width)
        report(progress, scope="epoch", step=5, epoch=0, seconds=1.0, **metrics)
    start, every = "epoch 1 done, step 5 of 10: ", ", ".join(f"{name} 0.5000" for name in metrics)
    assert capsys.readouterr().err.splitlines() == [
        f"{start}loss 0.5000, val_loss 0.5000, val_rmse 0.5000, …",
        f"{start}loss 0.5000, val_loss 0.5000, val_rmse 0.5000, …",
        start + every,
    ]


def test_lines_of_steps_name_their_trial_on_a_terminal_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Trials that train at the same time share the terminal."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    progress = RankMessageReceiver(10, name="trial 3")
    report(progress, scope="step", step=5, epoch=0, seconds=1.0, loss=0.25)
    assert capsys.readouterr().err == "\r\x1b[Ktrial 3: epoch 1, step 5 of 10: loss 0.2500"

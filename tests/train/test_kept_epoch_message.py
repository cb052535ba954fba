"""A bundle of weights that are clearly worse than those of an earlier epoch is warned of."""

import json
from pathlib import Path

import pytest

from headrace.runs.run_folder import RunFolder
from headrace.train.job import warn_of_worse_epoch
from headrace.train.kept_epoch_message import describe_worse_epoch

OUTCOME = {"monitored": "val_loss", "bundle_epoch": 24, "best_epoch": 6}


def test_worse_epoch_is_named_with_the_best_and_both_values() -> None:
    warning = describe_worse_epoch(OUTCOME, {"val_loss": 4.3}, {"val_loss": 1.0})
    assert "last epoch, 25, with val_loss 4.3000; epoch 7 was better, with 1.0000" in warning
    assert "train.monitor.bundle=best" in warning


@pytest.mark.parametrize("saved", [{"val_loss": 1.05}, {"val_loss": 1.0}, {}])
def test_epoch_that_is_about_as_good_as_the_best_is_not_warned_of(saved: dict[str, float]) -> None:
    assert not describe_worse_epoch(OUTCOME, saved, {"val_loss": 1.0})


def test_training_warns_by_the_metrics_of_its_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    lines = [{"kind": "epoch", "epoch": epoch, "step": epoch, "val_loss": 1.0 + abs(epoch - 6)} for epoch in range(25)]
    folder = RunFolder(tmp_path)
    folder.metrics_file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    warn_of_worse_epoch(folder, OUTCOME)
    assert "with val_loss 19.0000; epoch 7 was better, with 1.0000" in caplog.text

"""The record of a run: what follows from its constants."""

import pytest

from headrace.config import Configuration
from headrace.runs.run_record import RunRecord


@pytest.mark.parametrize(
    ("configured", "steps_per_epoch", "expected"),
    [(None, 1000, 10), (None, 40, 10), (None, 39, 9), (None, 5, 1), (None, 1, 1), (50, 5, 50)],
)
def test_metrics_log_has_entries_in_short_epochs_by_default(
    configured: int | None, steps_per_epoch: int, expected: int
) -> None:
    train = {"run": "run", "log_every_steps": configured}
    tree = {"data": {"source": {"path": "raw"}, "table": "table"}, "model": {"file": "cnn.py"}, "train": train}
    configuration = Configuration.model_validate(tree | {"prepare": {"image": {"size": [8, 8]}}})
    record = RunRecord.model_construct(configuration=configuration, steps_per_epoch=steps_per_epoch)
    assert record.log_every_steps == expected

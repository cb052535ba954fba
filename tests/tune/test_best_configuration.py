"""The configuration of the best trial trains on the version of the table that the study compared its trials on."""

from pathlib import Path

import pytest
import yaml

from headrace.config import Configuration
from headrace.tune.job import write_best
from headrace.tune.study.study_folder import StudyFolder, StudyRecord
from headrace.tune.study.trial_summaries import TrialRecord

RATE = "train.optimizer.learning_rate"


@pytest.mark.parametrize("configured", [None, 2])
def test_best_configuration_names_the_version_of_the_study(configured: int | None, tmp_path: Path) -> None:
    """Without it, a table that was prepared again since would train another model."""
    tree = {
        "data": {"source": {"path": "raw"}, "table": "table"},
        "model": {"file": "network.py"},
        "train": {"run": "run", "data_version": configured},
        "tune": {"study": "study", "space": {RATE: {"kind": "categorical", "choices": [0.1, 0.2]}}},
    }
    record = StudyRecord(
        configuration=Configuration.model_validate(tree), model_sha256="0" * 64, table_id="t", data_version=2,
        metric="loss", direction="minimize", created="2026-03-01T03:00:00+00:00", command="headrace",
    )  # fmt: skip
    best = TrialRecord(
        number=1, state="complete", value=0.5, parameters={RATE: 0.2}, intermediate_values=(), seconds=1.0
    )
    write_best(StudyFolder(tmp_path), record, best)
    text = (tmp_path / "best.yaml").read_text()
    train = yaml.safe_load(text)["train"]
    assert (train["data_version"], train["run"], train["optimizer"]["learning_rate"]) == (2, "run-tuned", 0.2)
    assert text.startswith(f"# Trial 1 of {tmp_path}: loss 0.5, on version 2 of the table.\n")

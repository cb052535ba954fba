"""`headrace compare` of two real runs: as a table, as JSON and as a page in a real browser."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from headrace.table import read
from tests.support.commands import headrace_within
from tests.support.run_copies import copy_run, interrupt
from tests.support.small_bundle import small_model, write_bundle

pytestmark = pytest.mark.tensorflow

RATE = "train.optimizer.learning_rate"


@pytest.fixture
def runs(trained: dict[str, Any], workspace: Path, tmp_path: Path) -> Path:
    """A folder with the trained run, and one of the same table with another rate and an untrained network."""
    version = read(workspace / "table")
    other = write_bundle(tmp_path / "other", version, small_model(version), weights_sha256="1" * 64)
    copy_run(Path(trained["run"]), tmp_path / "runs" / "trained")
    copy_run(Path(trained["run"]), tmp_path / "runs" / "slow", {RATE: 0.0001}, bundle=other)
    return tmp_path / "runs"


def test_compare_prints_a_table_and_writes_a_page(runs: Path) -> None:
    text = headrace_within("compare", "slow", "trained", "--page", "page.html", cwd=runs).stdout
    assert text.startswith("200 rows of the test split of version 0 of ")
    assert "trained has a better accuracy than slow: " in text
    assert f"{RATE}  0.0001    0.001" in text
    assert text.rstrip().endswith("The page is page.html.")
    page = (runs / "page.html").read_text()
    assert "trained has a better accuracy than slow: " in page
    assert page.count("data:image/png;base64,") == 12
    assert "Training loss" in page


def test_compare_json_has_curves_classes_and_settings(runs: Path) -> None:
    found = headrace_within("compare", "slow", "trained", "--json", cwd=runs).json
    assert found["settings"] == {RATE: {"slow": 0.0001, "trained": 0.001}}
    assert set(found["curves"]["loss"]) == {"slow", "trained"}
    assert len(found["classes"]) == 10
    assert sum(one["rows"] for one in found["classes"].values()) == found["rows"] == 200
    assert found["trained_on"]["trained"]["rows"] == 0
    assert found["without_run"] == []


def test_run_whose_bundle_another_run_replaced_is_refused(runs: Path) -> None:
    shutil.rmtree(runs / "slow" / "bundle")
    shutil.copytree(runs / "trained" / "bundle", runs / "slow" / "bundle")
    refused = headrace_within("compare", "slow", "trained", cwd=runs, code=3).last_error_line
    assert "slow/bundle no longer has the weights of the run " in refused


def test_run_without_a_bundle_is_refused(runs: Path) -> None:
    interrupt(runs / "slow")
    refused = headrace_within("compare", "slow", "trained", cwd=runs, code=3).last_error_line
    assert refused.endswith("is not complete, and so has no bundle to compare; resume it with headrace train.")

"""A search whose study is in a bucket: killed, and gone on with from the trials that have ended."""

from pathlib import Path

import pytest
import yaml

from headrace.registry.store import Registry, runs_with
from headrace.registry.tracking.study_runs import PARENT
from headrace.storage import files_below, locate
from tests.support.commands import headrace_within
from tests.support.running_training import checkpoints_of, in_the_background, ranks_of, wait_for
from tests.support.small_table import Content, some_rows, write_table
from tests.tune.test_job import CONFIGURATION, RATE, only

RATES = (0.01, 0.02)


@pytest.mark.long
@pytest.mark.usefixtures("spark")
def test_a_killed_study_goes_on_with_the_trial_that_was_under_way_and_repeats_none(bucket: str, tmp_path: Path) -> None:
    write_table(tmp_path / "table", Content(splits={"train": some_rows(60), "val": some_rows(12)}))
    (tmp_path / "conf.yaml").write_text(yaml.safe_dump(CONFIGURATION))
    study = locate(f"s3://{bucket}/study")
    words = (f"tune.study={study}", only(*RATES), "train.epochs=40", "train.checkpoint_every_steps=20")
    second = study / "trials" / "0001"
    driver = in_the_background(*words, cwd=tmp_path, verb="tune")
    try:
        wait_for(lambda: checkpoints_of(second) or driver.poll() is not None, 300)
    finally:
        driver.kill()
    _, said = driver.communicate()
    assert checkpoints_of(second), said[-3000:]
    wait_for(lambda: not ranks_of(second), 30)
    first = {file.path: file.change_tag for file in files_below(study / "trials" / "0000" / "events")}
    registry = f"registry={{folder: s3://{bucket}/registry, model: clothes}}"
    found = headrace_within("tune", "conf.yaml", *words, registry, cwd=tmp_path).json
    assert [(one["state"], one["parameters"][RATE], one["epochs"]) for one in found["trials"]] == [
        ("complete", rate, 40) for rate in RATES
    ]
    assert {file.path: file.change_tag for file in files_below(study / "trials" / "0000" / "events")} == first
    assert "Continuing from the checkpoint" in (second / "logs" / "rank-0.log").read_text()
    assert found["configuration"] == f"{study}/best.yaml"
    assert locate(found["bundle"]).is_dir()
    assert len([one for one in files_below(study) if one.path.endswith("bundle/bundle.json")]) == 1
    assert f"of {study}: loss " in (study / "best.yaml").read_text()
    assert (study / "report.html").is_file()
    assert {entry.name for entry in tmp_path.iterdir()} == {"conf.yaml", "table"}
    kept = locate(f"s3://{bucket}/registry")
    assert len(runs_with(Registry(kept, "clothes", str(kept / "mlflow.db")), {PARENT: found["tracked"]})) == 2
    assert {"best.yaml", "result.json"} <= {Path(file.path).name for file in files_below(kept / "artifacts")}

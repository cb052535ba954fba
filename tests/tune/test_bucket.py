"""A study in a bucket: after the driver was killed, it resumes the interrupted trial and repeats no finished one."""

from pathlib import Path

import pytest
import yaml

from headrace.registry.registry_connection import RegistryConnection, search_runs
from headrace.registry.tracking.study_run_data import PARENT
from headrace.storage import files_below, locate
from tests.support.commands import headrace_within
from tests.support.running_training import find_ranks, in_the_background, list_checkpoints, wait_for
from tests.support.small_table import Content, some_rows, write_table
from tests.tune.test_job import CONFIGURATION, RATE, rate_space

pytestmark = [pytest.mark.spark, pytest.mark.horovod, pytest.mark.tensorflow]

RATES = (0.01, 0.02)


@pytest.mark.long
@pytest.mark.usefixtures("spark")
def test_killed_study_resumes_interrupted_trial_and_repeats_none(bucket: str, tmp_path: Path) -> None:
    write_table(tmp_path / "table", Content(splits={"train": some_rows(60), "val": some_rows(12)}))
    (tmp_path / "conf.yaml").write_text(yaml.safe_dump(CONFIGURATION))
    study = locate(f"s3://{bucket}/study")
    words = (f"tune.study={study}", rate_space(*RATES), "train.epochs=40", "train.checkpoint_every_steps=20")
    second = study / "trials" / "0001"
    driver = in_the_background(*words, cwd=tmp_path, verb="tune")
    try:
        wait_for(lambda: list_checkpoints(second) or driver.poll() is not None, 300)
    finally:
        driver.kill()
    _, stderr = driver.communicate()
    assert list_checkpoints(second), stderr[-3000:]
    wait_for(lambda: not find_ranks(second), 30)
    first = {file.path: file.change_tag for file in files_below(study / "trials" / "0000" / "events")}
    override = f"registry={{folder: s3://{bucket}/registry, model: clothes}}"
    result = headrace_within("tune", "conf.yaml", *words, override, cwd=tmp_path).json
    assert [(trial["state"], trial["parameters"][RATE], trial["epochs"]) for trial in result["trials"]] == [
        ("complete", rate, 40) for rate in RATES
    ]
    assert {file.path: file.change_tag for file in files_below(study / "trials" / "0000" / "events")} == first
    assert "Resuming from the checkpoint" in (second / "logs" / "rank-0.log").read_text()
    assert result["configuration"] == f"{study}/best.yaml"
    assert locate(result["bundle"]).is_dir()
    assert len([file for file in files_below(study) if file.path.endswith("bundle/bundle.json")]) == 1
    assert f"of {study}: loss " in (study / "best.yaml").read_text()
    assert (study / "report.html").is_file()
    assert {entry.name for entry in tmp_path.iterdir()} == {"conf.yaml", "table"}
    registry_folder = locate(f"s3://{bucket}/registry")
    assert (
        len(
            search_runs(
                RegistryConnection(registry_folder, "clothes", str(registry_folder / "mlflow.db")),
                {PARENT: result["tracked"]},
            )
        )
        == 2
    )
    assert {"best.yaml", "result.json"} <= {Path(file.path).name for file in files_below(registry_folder / "artifacts")}

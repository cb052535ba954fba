"""Runs are found at any depth, and not the copies of them that MLflow keeps."""

from pathlib import Path

from headrace.runs.run_listing import find_runs
from headrace.storage import locate
from tests.support.s3_server import put

RUN, TRIAL = "cycles/1/run/run.json", "study/trials/0/run.json"
COPIES = {"registry/daily/mlflow.db", "registry/daily/artifacts/1ca6/artifacts/run.json"}
LOCAL_STORE = {"mlruns/1/2ab4/meta.yaml", "mlruns/1/2ab4/artifacts/run.json"}
OWN = "artifacts/mine/run.json"


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"{}")


def test_copies_of_runs_in_a_registry_are_no_runs(tmp_path: Path) -> None:
    write(tmp_path, RUN, TRIAL, OWN, *COPIES, *LOCAL_STORE)
    found = {str(run.relative_to(tmp_path)) for run in find_runs(tmp_path)}
    assert found == {"cycles/1/run", "study/trials/0", "artifacts/mine"}


def test_copies_of_runs_in_a_registry_in_a_bucket_are_no_runs(s3: str, bucket: str) -> None:
    for name in (RUN, OWN, *COPIES):
        put(s3, bucket, name, b"{}")
    assert [run.name for run in find_runs(locate(f"s3://{bucket}"))] == ["mine", "run"]

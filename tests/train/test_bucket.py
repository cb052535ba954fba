"""Table, run and bundle in a bucket: stream, train with two ranks, evaluate and predict on a real S3 server."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from headrace.errors import ConfigurationError
from headrace.predict.job import predict
from headrace.storage import files_below, locate
from headrace.storage.open_parquet import open_parquet
from headrace.table import read
from tests.support.commands import CommandResult, headrace, headrace_within
from tests.support.raw_images import write_source
from tests.support.running_training import find_ranks, in_the_background, list_checkpoints, wait_for
from tests.support.s3_server import Fault, environment, make_bucket, proxy
from tests.support.small_table import Content, some_rows, write_table
from tests.support.workspace import write_configuration

RAW, TABLE = "s3a://models/raw", "s3a://models/table"
RUN = "s3a://models/runs/first"
BUNDLE = "s3://models/runs/first/bundle"
EVALUATION = "bundle/evaluation/test.json"
PLACES = (f"data.source.path={RAW}", f"data.table={TABLE}")
# 4 steps an epoch, so that checkpoints fall within epochs and at their ends.
LONG = (*PLACES, "train.batch_size=16", "train.epochs=25", "train.checkpoint_every_steps=10")

pytestmark = [
    pytest.mark.long,
    pytest.mark.slow,
    pytest.mark.usefixtures("spark"),
    pytest.mark.spark,
    pytest.mark.horovod,
    pytest.mark.tensorflow,
]


class InterruptedRun(NamedTuple):
    """Results of a run in a bucket that was interrupted three times.

    Attributes:
        refused: the result of the command whose checkpoint of step 20 the store refused.
        left: the checkpoints at that time.
        killed: the log of the killed driver.
        last: the latest checkpoint at that time.
        complete: the result of the same command, run again to the end.
    """

    folder: Path
    refused: CommandResult
    left: list[int]
    killed: str
    last: int
    complete: CommandResult


@pytest.fixture(scope="module")
def bucket_environment(s3: str) -> dict[str, str]:
    """Create the bucket `models` and return the environment that finds it; this process has it too."""
    make_bucket(s3, "models")
    return environment(s3)


@pytest.fixture(scope="module")
def trained(bucket_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CommandResult]:
    """Prepare a table in the bucket, train from it into a local run and return the folder and the result."""
    folder = tmp_path_factory.mktemp("trained")
    write_configuration(folder, Path("unused"))
    for file in write_source(folder / "raw", count=80).rglob("*.png"):
        (locate(RAW) / file.relative_to(folder / "raw")).write_bytes(file.read_bytes())
    prepared = headrace_within("prepare", "conf.yaml", *PLACES, "prepare.shard_rows=20", cwd=folder)
    assert prepared.json["written"] == 160
    return folder, headrace_within("train", "conf.yaml", *LONG, cwd=folder)


@pytest.fixture(scope="module")
def interrupted_run(trained: tuple[Path, CommandResult], bucket_environment: dict[str, str]) -> InterruptedRun:
    """Train the same run in the bucket: refuse a checkpoint, then kill rank 0, then the driver, then finish it."""
    folder, run = trained[0], locate(RUN)
    words = (*LONG, f"train.run={RUN}")
    no_more = Fault(403, "AccessDenied", "PUT", path_suffix="step-000000020/position.json")
    with proxy(bucket_environment["AWS_ENDPOINT_URL"], no_more) as url:
        refused = headrace("train", "conf.yaml", *words, cwd=folder, code=4, AWS_ENDPOINT_URL=url)
    left = list_checkpoints(run)
    driver = in_the_background(*words, cwd=folder)
    wait_for(lambda: max(list_checkpoints(run)) > 20, 300)
    find_ranks(run)[0].kill()
    reached = max(list_checkpoints(run))
    wait_for(lambda: max(list_checkpoints(run)) > reached, 300)
    driver.kill()
    _, killed = driver.communicate()
    wait_for(lambda: not find_ranks(run), 30)
    last = max(list_checkpoints(run))
    complete = headrace_within("train", "conf.yaml", *words, cwd=folder)
    return InterruptedRun(folder, refused, left, killed, last, complete)


@pytest.fixture(scope="module")
def evaluated(trained: tuple[Path, CommandResult]) -> CommandResult:
    """Evaluate the local bundle on the table in the bucket."""
    return headrace_within("evaluate", "run/bundle", "--table", TABLE, cwd=trained[0])


def test_training_from_bucket_writes_local_run(trained: tuple[Path, CommandResult]) -> None:
    folder, answer = trained
    assert answer.json["bundle"] == str(folder / "run" / "bundle")
    assert answer.json["steps"] == 25 * -(-sum(shard.rows for shard in read(TABLE).split("train")) // 32)
    assert not (folder / "s3a:").exists()
    assert not (folder / "s3:").exists()


def test_runs_and_table_contain_no_credentials(
    interrupted_run: InterruptedRun, bucket_environment: dict[str, str]
) -> None:
    secret = bucket_environment["AWS_SECRET_ACCESS_KEY"].encode()
    kept = [file for file in (interrupted_run.folder / "run").rglob("*") if file.is_file()]
    assert kept
    assert not [file for file in kept if secret in file.read_bytes()]
    for place in (locate(TABLE), locate(RUN)):
        assert not [file for file in files_below(place) if secret in (place / file.path).read_bytes()]


def test_stream_reads_share_of_each_rank_from_bucket(trained: tuple[Path, CommandResult]) -> None:
    rows = [
        headrace_within("read-epoch", "conf.yaml", *PLACES, "train.batch_size=16", "--rank", rank, cwd=trained[0]).json[
            "rows"
        ]
        for rank in ("0", "1")
    ]
    assert sum(rows) == sum(shard.rows for shard in read(TABLE).split("train"))
    assert min(rows) > 0


def test_evaluate_reads_table_in_bucket(evaluated: CommandResult) -> None:
    assert evaluated.json["rows"] == sum(shard.rows for shard in read(TABLE).split("test"))


@pytest.mark.parametrize(("bundle", "place"), [("run/bundle", "raw"), (BUNDLE, "table")])
def test_predict_reads_from_and_writes_to_bucket(interrupted_run: InterruptedRun, bundle: str, place: str) -> None:
    output = f"s3://models/answers-{place}"
    answer = headrace_within("predict", bundle, f"s3://models/{place}", output, cwd=interrupted_run.folder)
    assert (answer.json["rows"], answer.json["output"]) == (160, output)
    found: list[Any] = []
    for part in locate(output).rglob("part-*.parquet"):
        with open_parquet(part) as file:
            found += file.read(["path"])["path"].to_pylist()
    assert len(set(found)) == 160
    assert (locate(output) / "_summary.json").is_file()
    with pytest.raises(ConfigurationError, match=f"The output {output} exists"):
        predict(interrupted_run.folder / "run" / "bundle", locate(f"s3://models/{place}"), locate(output))


def test_stream_refuses_changed_and_missing_shard_in_bucket(bucket_environment: dict[str, str], tmp_path: Path) -> None:
    table = locate("s3://models/changed")
    version = write_table(table, Content(splits={"train": some_rows(20, shape=(28, 28, 1))}))
    shard = table / version.shards[0].path
    shard.write_bytes(shard.read_bytes()[:-1] + b"!")
    write_configuration(tmp_path, Path("unused"))
    words = ("read-epoch", "conf.yaml", f"data.table={table}", "train.ranks=1")
    answer = headrace_within(*words, cwd=tmp_path, code=3)
    assert "was changed after it was written" in answer.last_error_line
    shard.unlink()
    assert "cannot be read (no such object)" in headrace_within(*words, cwd=tmp_path, code=3).last_error_line


def test_refused_checkpoint_upload_ends_run_and_keeps_previous_checkpoint(
    interrupted_run: InterruptedRun,
) -> None:
    assert "The checkpoint of step 20 cannot be written" in interrupted_run.refused.last_error_line
    assert (
        "refuses access to s3://models/runs/first/checkpoints/step-000000020/position.json"
        in interrupted_run.refused.last_error_line
    )
    assert "it resumes from the previous checkpoint" in interrupted_run.refused.last_error_line
    assert interrupted_run.left == [10]


def test_bucket_run_resumes_after_killed_rank_and_driver_with_equal_weights(
    interrupted_run: InterruptedRun, trained: tuple[Path, CommandResult]
) -> None:
    found, undisturbed = interrupted_run.complete.json, trained[1].json
    assert "Rank 0 on" in interrupted_run.killed
    assert "Restart 1 of at most 3." in interrupted_run.killed
    assert "which exited without releasing it" in interrupted_run.complete.stderr
    assert f"Resuming from the checkpoint of step {interrupted_run.last}" in interrupted_run.complete.stderr
    assert (found["run"], found["bundle"]) == ("s3://models/runs/first", BUNDLE)
    assert found["weights_sha256"] == undisturbed["weights_sha256"]
    assert found["metrics"] == pytest.approx(undisturbed["metrics"], rel=1e-6)


def test_bucket_run_has_same_content_as_local_run(
    interrupted_run: InterruptedRun, trained: tuple[Path, CommandResult]
) -> None:
    run, local = locate(RUN), trained[0] / "run"
    # Names contain steps and times; an evaluation is written later.
    held = [{re.sub("(step-|events).*", "", file.path) for file in files_below(place)} for place in (run, local)]
    assert held[0] - {EVALUATION} == held[1] - {EVALUATION, ".lock"}
    assert list_checkpoints(run) == list_checkpoints(local)
    lines = [
        [json.loads(line) for line in (place / "metrics.jsonl").read_text().splitlines()] for place in (run, local)
    ]
    assert [(line["kind"], line["step"]) for line in lines[0]] == [(line["kind"], line["step"]) for line in lines[1]]
    assert "Resuming from the checkpoint" in (run / "logs" / "rank-0.log").read_text()
    assert not list(Path(interrupted_run.folder).glob("s3*"))


def test_complete_bucket_run_is_not_changed(interrupted_run: InterruptedRun) -> None:
    before = {file.path: file.change_tag for file in files_below(locate(RUN)) if file.path != "run.json"}
    again = headrace_within("train", "conf.yaml", *LONG, f"train.run={RUN}", cwd=interrupted_run.folder)
    assert again.json == interrupted_run.complete.json
    assert {file.path: file.change_tag for file in files_below(locate(RUN)) if file.path != "run.json"} == before


def test_runs_in_a_bucket_are_listed(interrupted_run: InterruptedRun) -> None:
    (run,) = headrace_within("runs", RUN.rpartition("/")[0], "--json", cwd=interrupted_run.folder).json["runs"]
    assert (run["run"], run["state"], run["epochs"]) == ("first", "complete", 25)
    assert run["steps"] == interrupted_run.complete.json["steps"]


def test_bucket_bundle_has_metrics_of_local_bundle_and_run_page(
    interrupted_run: InterruptedRun, evaluated: CommandResult
) -> None:
    answer = headrace_within("evaluate", BUNDLE, "--table", TABLE, cwd=interrupted_run.folder).json
    assert answer["evaluation"] == f"{BUNDLE}/evaluation/test.json"
    assert answer["metrics"] == evaluated.json["metrics"]
    assert json.loads(locate(answer["evaluation"]).read_bytes())["metrics"] == answer["metrics"]
    page = locate(headrace_within("report", RUN, cwd=interrupted_run.folder).json["report"])
    assert page == locate(RUN) / "report.html"
    assert interrupted_run.complete.json["weights_sha256"][:12] in page.read_text()
    assert f"{answer['metrics']['macro_f1']:.3f}" in page.read_text()

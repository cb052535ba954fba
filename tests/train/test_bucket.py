"""A model from a table in a bucket: streamed, trained by two ranks, judged and used, on a real S3 server."""

from pathlib import Path
from typing import Any

import pytest

from headrace.errors import ConfigurationError
from headrace.predict.job import predict
from headrace.storage import files_below, locate
from headrace.storage.parquet import open_parquet
from headrace.table import read
from tests.conftest import Answer, headrace, headrace_within, write_configuration
from tests.prepare.conftest import write_source
from tests.s3_server import environment, make_bucket
from tests.small_table import Content, some_rows, write_table

RAW, TABLE = "s3a://models/raw", "s3a://models/table"

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("spark")]


@pytest.fixture(scope="module")
def there(s3: str) -> dict[str, str]:
    """The environment in which a bucket named models is found; this process has it."""
    make_bucket(s3, "models")
    return environment(s3)


@pytest.fixture(scope="module")
def trained(there: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Answer]:
    folder = tmp_path_factory.mktemp("trained")
    write_configuration(folder, Path("unused"))
    for file in write_source(folder / "raw", count=80).rglob("*.png"):
        (locate(RAW) / file.relative_to(folder / "raw")).write_bytes(file.read_bytes())
    prepared = headrace("prepare", "conf.yaml", *PLACES, "prepare.shard_rows=20", cwd=folder)
    assert prepared.json["written"] == 160
    return folder, headrace("train", "conf.yaml", *PLACES, *BATCH, cwd=folder)


BATCH = ("train.batch_size=16",)
PLACES = (f"data.source.path={RAW}", f"data.table={TABLE}")


def test_two_ranks_train_from_it_into_a_local_run(trained: tuple[Path, Answer]) -> None:
    folder, answer = trained
    assert answer.json["bundle"] == str(folder / "run" / "bundle")
    assert answer.json["steps"] == -(-sum(shard.rows for shard in read(TABLE).split("train")) // 32)
    assert not (folder / "s3a:").exists()
    assert not (folder / "s3:").exists()


def test_credentials_are_in_no_file_of_the_run(trained: tuple[Path, Answer], there: dict[str, str]) -> None:
    folder, _ = trained
    secret = there["AWS_SECRET_ACCESS_KEY"].encode()
    kept = [file for file in (folder / "run").rglob("*") if file.is_file()]
    assert kept
    assert not [file for file in kept if secret in file.read_bytes()]
    table = locate(TABLE)
    assert not [file for file in files_below(table) if secret in (table / file.path).read_bytes()]


def test_a_rank_streams_its_share(trained: tuple[Path, Answer]) -> None:
    rows = [
        headrace_within("stream", "conf.yaml", *PLACES, *BATCH, "--rank", rank, cwd=trained[0]).json["rows"]
        for rank in ("0", "1")
    ]
    assert sum(rows) == sum(shard.rows for shard in read(TABLE).split("train"))
    assert min(rows) > 0


def test_it_is_evaluated_on_it(trained: tuple[Path, Answer]) -> None:
    answer = headrace_within("evaluate", "run/bundle", "--table", TABLE, cwd=trained[0])
    assert answer.json["rows"] == sum(shard.rows for shard in read(TABLE).split("test"))


@pytest.mark.parametrize(("place", "rows"), [("raw", 160), ("table", 160)])
def test_it_predicts_from_a_bucket_into_one(trained: tuple[Path, Answer], place: str, rows: int) -> None:
    output = f"s3://models/answers-{place}"
    answer = headrace_within("predict", "run/bundle", f"s3://models/{place}", output, cwd=trained[0])
    assert (answer.json["rows"], answer.json["output"]) == (rows, output)
    found: list[Any] = []
    for part in locate(output).rglob("part-*.parquet"):
        with open_parquet(part) as file:
            found += file.read(["path"])["path"].to_pylist()
    assert len(set(found)) == rows
    assert (locate(output) / "_summary.json").is_file()
    with pytest.raises(ConfigurationError, match=f"The output {output} exists"):
        predict(trained[0] / "run" / "bundle", locate(f"s3://models/{place}"), locate(output))


def test_a_shard_that_was_changed_is_refused(there: dict[str, str], tmp_path: Path) -> None:
    table = locate("s3://models/changed")
    version = write_table(table, Content(splits={"train": some_rows(20, shape=(28, 28, 1))}))
    shard = table / version.shards[0].path
    shard.write_bytes(shard.read_bytes()[:-1] + b"!")
    write_configuration(tmp_path, Path("unused"))
    words = ("stream", "conf.yaml", f"data.table={table}", "train.ranks=1")
    answer = headrace_within(*words, cwd=tmp_path, code=3)
    assert "was changed after it was written" in answer.sentence
    shard.unlink()
    assert "cannot be read (no such object)" in headrace_within(*words, cwd=tmp_path, code=3).sentence

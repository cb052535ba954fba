"""Azure's and Google's stores behave as S3 does: objects, conditions, locks, Delta commits and whole commands."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest

from headrace.errors import DataError, StoreError
from headrace.locks.object_lock import LockHeldError, lock_object
from headrace.storage import ObjectPath, files_below, locate, read_entry
from headrace.storage.atomic_files_and_folders import atomic_directory, atomic_write
from headrace.storage.object_stores import objects
from headrace.table.shard_writer import write_shard
from headrace.table.transaction_log import FileChanges, commit, list_shards, open_base
from tests.support.cloud_servers import azure_server, google_server
from tests.support.commands import headrace

pytestmark = pytest.mark.cloud

SCHEMA = pa.schema([("path", pa.string())])
NAMES = ["a b.png", "\u00fc#1.png", "50%20off.png", "what?.png", "[x]*.png", "x=y&z+.png"]


@pytest.fixture(scope="module", params=["az", "gs"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a bucket of a running server."""
    name = "some-bucket"
    servers = {"az": lambda: azure_server(name), "gs": lambda: google_server(name, tmp_path_factory.mktemp("google"))}
    with servers[request.param]() as environment, pytest.MonkeyPatch.context() as patch:
        for key, value in environment.items():
            patch.setenv(key, value)
        objects._cached_client.cache_clear()
        yield f"{request.param}://{name}"


@pytest.fixture
def root(store: str, request: pytest.FixtureRequest) -> ObjectPath:
    """A folder of this test alone."""
    path = locate(f"{store}/{abs(hash(request.node.name))}")
    assert isinstance(path, ObjectPath)
    return path


def test_objects_are_written_read_listed_and_removed(root: ObjectPath) -> None:
    for name in NAMES:
        atomic_write(root / "raw" / name, name.encode())
    assert sorted(file.path for file in files_below(root / "raw")) == sorted(NAMES)
    assert {name: (root / "raw" / name).read_bytes().decode() for name in NAMES} == {name: name for name in NAMES}
    assert [one.name for one in root.iterdir()] == ["raw"]
    assert ((root / "raw").is_dir(), (root / "raw").is_file(), (root / "ra").exists()) == (True, False, False)
    for name in NAMES:
        (root / "raw" / name).unlink()
        (root / "raw" / name).unlink(missing_ok=True)
    assert not (root / "raw").exists()


def test_missing_objects_and_buckets_are_named(root: ObjectPath) -> None:
    with pytest.raises(FileNotFoundError, match="no such object"):
        (root / "none").read_bytes()
    missing = locate(f"{root.SCHEME}//no-such-bucket/x")
    with pytest.raises(StoreError, match="There is no bucket 'no-such-bucket' on http"):
        missing.write_bytes(b"")


def test_changed_object_has_another_change_tag_which_the_listing_has_too(root: ObjectPath) -> None:
    tags = set()
    for content in (b"one", b"two"):
        (root / "x").write_bytes(content)
        tags.add(read_entry(root / "x").change_tag)
        assert [one.change_tag for one in files_below(root)] == [read_entry(root / "x").change_tag]
    assert len(tags) == 2


def test_large_object_is_read_in_parts(root: ObjectPath, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "x").write_bytes(data := bytes(range(256)) * 5)
    monkeypatch.setattr("headrace.storage.object_stores.objects.PART", 100)
    assert (root / "x").read_bytes() == data
    with (root / "x").open("rb") as file:
        file.seek(300)
        assert file.read(7) == data[300:307]


def test_one_of_many_writers_replaces_an_object(root: ObjectPath) -> None:
    path = root / "head"
    first = objects.replace(path.bucket, path.key, b"first", None)
    assert first is not None
    assert objects.replace(path.bucket, path.key, b"again", None) is None
    content, tag = objects.get_with_tag(path.bucket, path.key)
    assert (content, tag) == (b"first", first)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: objects.replace(path.bucket, path.key, b"%d" % number, tag), range(8)))
    (winner,) = [number for number, one in enumerate(found) if one is not None]
    assert path.read_bytes() == b"%d" % winner


def test_lock_is_held_by_one(root: ObjectPath) -> None:
    with lock_object(root / "lock", "the first"), pytest.raises(LockHeldError), lock_object(root / "lock", "another"):
        pass
    with lock_object(root / "lock", "another"):
        pass


def test_folder_appears_when_it_is_complete(root: ObjectPath) -> None:
    with atomic_directory(root / "output") as folder:
        (folder / "deep").mkdir()
        (folder / "deep" / "part").write_bytes(b"1")
    assert [one.path for one in files_below(root / "output")] == ["deep/part"]


def test_one_of_many_commits_on_a_version_wins(root: ObjectPath) -> None:
    table = root / "table"
    commit(open_base(table), [write_shard(pa.table({"path": ["first"]}, SCHEMA), table, "first")], SCHEMA, "{}")
    bases = [open_base(table) for _ in range(4)]

    def commit_one(number: int) -> str:
        shard = write_shard(pa.table({"path": [f"{number}"]}, SCHEMA), table, f"part{number}")
        try:
            commit(bases[number], FileChanges([shard], []), SCHEMA, "{}")
        except DataError as error:
            return str(error)
        return "won"

    with ThreadPoolExecutor(len(bases)) as pool:
        said = list(pool.map(commit_one, range(len(bases))))
    assert said.count("won") == 1
    assert sum("Another preparation committed" in one for one in said) == len(bases) - 1
    assert len(list_shards(table)) == 2


@pytest.mark.timeout(900)
def test_commands_prepare_train_evaluate_and_predict_on_the_store(
    root: ObjectPath, fashion_mnist: Path, tmp_path: Path
) -> None:
    """Raw data, table, run, bundle and predictions are all on the store; two ranks read from it."""
    for file in sorted(fashion_mnist.rglob("*.png"))[::8]:
        (root / "raw" / file.relative_to(fashion_mnist)).write_bytes(file.read_bytes())
    words = [
        str(Path("conf/fashion_mnist.yaml").absolute()), f"data.source.path={root}/raw", f"data.table={root}/table",
        f"train.run={root}/run", "train.epochs=1", f"model.file={Path('models/cnn.py').absolute()}",
    ]  # fmt: skip
    environment = {"PATH": os.environ["PATH"]}
    prepared = headrace("prepare", *words, cwd=tmp_path, **environment).json
    assert prepared["rejected"] == 0
    assert headrace("prepare", *words, cwd=tmp_path, **environment).json["changed"] is False
    trained = headrace("train", *words, cwd=tmp_path, **environment).json
    evaluated = headrace("evaluate", trained["bundle"], cwd=tmp_path, **environment).json
    assert 0 <= evaluated["metrics"]["accuracy"] <= 1
    answer = headrace("predict", trained["bundle"], f"{root}/raw/test", f"{root}/predictions", cwd=tmp_path).json
    assert answer["rows"] == len(list(files_below(root / "raw" / "test")))
    assert any(one.path.endswith(".parquet") for one in files_below(root / "predictions"))
    assert not list(tmp_path.iterdir())

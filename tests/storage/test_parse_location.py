import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.storage import ObjectPath, is_remote, locate
from headrace.storage.object_stores.bucket_address import Bucket
from headrace.storage.object_stores.error_messages import describe
from headrace.storage.parse_location import path_hint

NAMES = st.text("abcxyz é#%?=_-", min_size=1).filter(lambda name: name.strip(".") != "")


def test_locate_returns_pathlib_path_for_local_path() -> None:
    assert type(locate("data/table")) is type(Path("data/table"))
    assert not is_remote(locate("/data/s3:/x"))


def test_missing_path_was_looked_for_at_a_path_without_dots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert path_hint("../photos") == f" (looked for at {tmp_path.parent / 'photos'})"
    assert path_hint(tmp_path / "photos") == ""


@pytest.mark.parametrize("address", ["s3://bucket/a/b", "s3a://bucket/a/b", "s3://bucket//a/b/"])
def test_locate_parses_s3_address(address: str) -> None:
    path = locate(address)
    assert isinstance(path, ObjectPath)
    assert (str(path), path.bucket, path.key, path.name) == ("s3://bucket/a/b", ("s3", "bucket"), "a/b", "b")


@pytest.mark.parametrize(
    ("address", "expected", "bucket"),
    [
        ("gs://bucket/a/b", "gs://bucket/a/b", Bucket("gs", "bucket")),
        ("az://container/a/b", "az://container/a/b", Bucket("az", "container")),
        ("abfs://c@acc.dfs.core.windows.net/a/b", "abfss://c@acc.dfs.core.windows.net/a/b", None),
        ("abfss:/c@acc.dfs.core.windows.net/a/b", "abfss://c@acc.dfs.core.windows.net/a/b", None),
    ],
)
def test_locate_parses_addresses_of_google_and_azure(address: str, expected: str, bucket: Bucket | None) -> None:
    path = locate(address)
    assert isinstance(path, ObjectPath)
    assert (str(path), path.key, path.parent.name) == (expected, "a/b", "a")
    assert path.bucket == (bucket or Bucket("abfss", "c@acc.dfs.core.windows.net"))
    assert locate(path) == locate(Path(address)) == path


def test_account_of_an_address_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    bucket = Bucket("abfss", "box@acc.dfs.core.windows.net")
    options = bucket.connection.delta_options(bucket.name)
    assert (options["azure_container_name"], options["azure_storage_account_name"]) == ("box", "acc")
    assert "azure_storage_account_name" not in Bucket("az", "box").connection.delta_options("box")


@pytest.mark.parametrize(
    ("scheme", "product", "variable"),
    [
        ("s3", "Amazon S3", "AWS_SECRET_ACCESS_KEY"),
        ("gs", "Google Cloud Storage", "GOOGLE_APPLICATION_CREDENTIALS"),
        ("az", "Azure Storage", "AZURE_STORAGE_ACCOUNT_KEY"),
    ],
)
def test_refusal_names_the_store_and_its_credentials(
    scheme: str, product: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [one for one in os.environ if one.startswith(("AWS_", "GOOGLE_", "AZURE_"))]:
        monkeypatch.delenv(name)
    said = describe(Bucket(scheme, "box"), "key", "Server returned status code: 403 Forbidden")
    assert said.startswith(f"{product} refuses access to {scheme}://box/key (403); put credentials")
    assert variable in said


def test_locate_recognises_address_after_pathlib() -> None:
    assert locate(Path("s3://bucket/a")) == locate("s3://bucket/a")


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_s3_path_joins_and_splits_names_like_pathlib(names: list[str]) -> None:
    root = locate("s3://bucket/root")
    path = root.joinpath(*names)
    assert str(path) == "/".join(["s3://bucket/root", *names])
    assert str(path.relative_to(root)) == "/".join(names)
    assert path.parent.with_name("x").name == "x"
    assert pickle.loads(pickle.dumps(path)) == path


def test_s3_path_is_never_used_as_local_file() -> None:
    path = locate("s3://bucket/a")
    assert path != Path("s3://bucket/a")
    with pytest.raises(TypeError, match="is not on this machine"):
        open(path)  # noqa: PTH123, SIM115
    with pytest.raises(TypeError, match="for reading only"):
        path.open("wb")


def test_local_modules_import_no_store_library() -> None:
    modules = (
        "headrace.prepare.job, headrace.table.vacuum, headrace.predict.job, "
        "headrace.stream.read.ordered_shard_reader, headrace.train.job"
    )
    words = f"import sys, {modules}; print({{'obstore', 'hdfs_native'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"

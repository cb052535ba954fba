"""A bundle in a bucket is downloaded, verified by its hashes, and used like a local one."""

import gc
import tempfile
from pathlib import Path

import numpy as np
import pytest

from headrace import bundle
from headrace.errors import ConfigurationError, DataError, StoreError
from headrace.storage import locate
from headrace.table import Version
from tests.support.s3_server import Fault, proxy
from tests.support.small_bundle import small_model, write_bundle
from tests.support.small_table import Content, some_images, some_rows, write_table

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return write_table(tmp_path_factory.mktemp("data") / "table", Content(splits={"train": some_rows(20)}))


@pytest.fixture
def stored(version: Version, bucket: str) -> Path:
    return write_bundle(locate(f"s3://{bucket}/run/bundle"), version)


def test_bucket_bundle_predicts_like_written_model_and_removes_local_copy(
    version: Version, stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    loaded = bundle.load(str(stored).replace("s3:", "s3a:"))
    assert loaded.path == stored
    images = some_images(5)
    assert np.array_equal(loaded.model()(images), small_model(version)(images))
    del loaded
    gc.collect()
    assert not list(tmp_path.iterdir())


def test_load_refuses_changed_and_missing_object(stored: Path) -> None:
    weights = stored / bundle.WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-1] + b"!")
    with pytest.raises(DataError, match="model.weights.h5 was changed after it was written"):
        bundle.load(stored)
    weights.unlink()
    with pytest.raises(DataError, match="model.weights.h5 is missing"):
        bundle.load(stored)


def test_interrupted_upload_is_not_a_bundle_and_can_be_replaced(
    s3: str, version: Version, stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy(s3, Fault(403, "AccessDenied", "PUT", path_suffix=bundle.MANIFEST)) as url, monkeypatch.context() as at:
        at.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(StoreError, match="refuses access"):
            write_bundle(stored, version)
    with pytest.raises(DataError, match="is not a bundle"):
        bundle.load(stored)
    write_bundle(stored, version)
    bundle.load(stored)


def test_write_refuses_prefix_with_other_objects(version: Version, bucket: str) -> None:
    folder = locate(f"s3://{bucket}/photos")
    (folder / "cat.png").write_bytes(b"1")
    with pytest.raises(ConfigurationError, match="holds other files, which would be lost"):
        write_bundle(folder, version)
    assert (folder / "cat.png").is_file()

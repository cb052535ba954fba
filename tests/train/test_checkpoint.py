"""A checkpoint is complete or absent, and restores the saved state bit for bit."""

import errno
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from headrace.errors import TrainingError
from headrace.runs import checkpoint_io
from headrace.storage import locate
from headrace.train import checkpoint
from tests.support.s3_server import Fault, proxy

pytestmark = pytest.mark.tensorflow


@pytest.fixture(params=["folder", "bucket"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a folder for checkpoints, once on disk and once in a bucket."""
    return tmp_path if request.param == "folder" else locate(f"s3://{request.getfixturevalue('bucket')}/checkpoints")


@pytest.fixture
def bucket_folder(bucket: str) -> Path:
    """Return a folder for checkpoints in a bucket."""
    return locate(f"s3://{bucket}/checkpoints")


def trained_model() -> keras.Model:
    """Return a small model after two epochs with Adam, dropout and batch normalisation."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dropout(0.5), keras.layers.BatchNormalization()]
    )
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(np.ones((8, 4)), np.ones((8, 3)), epochs=2, verbose=0)
    return model


@cache
def trained_state() -> list[np.ndarray[Any, Any]]:
    """Return the state of a trained model, which no test changes; training takes a second."""
    return checkpoint.state_arrays(checkpoint.model_state(trained_model()))


def make_checkpoint(step: int) -> checkpoint.Checkpoint:
    """Return a checkpoint of a trained model at this step."""
    return checkpoint.Checkpoint(step, trained_state())


def test_checkpoint_restores_state_bit_for_bit(folder: Path) -> None:
    """Weights, optimizer state, random seeds, metric sums and notes are equal after loading."""
    state = checkpoint.model_state(trained_model())
    before = checkpoint.state_arrays(state)
    sums, notes = [np.array([3.0]), np.array(2.5)], {"epoch": 4, "value": 0.5}
    checkpoint.save(folder, checkpoint.Checkpoint(7, before, sums, notes), keep=2)
    for variable in state:
        variable.assign(keras.ops.zeros_like(variable.value))
    found = checkpoint.load_latest(folder)
    assert found is not None
    checkpoint.restore(state, found.state)
    assert (found.step, found.notes) == (7, notes)
    assert all(np.array_equal(a, b) for a, b in zip(before, checkpoint.state_arrays(state), strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(sums, found.sums, strict=True))


def test_model_state_contains_momenta_and_dropout_seeds_but_no_metrics() -> None:
    paths = [variable.path for variable in checkpoint.model_state(trained_model())]
    assert any("momentum" in path for path in paths)
    assert any("seed" in path for path in paths)
    assert any("moving_variance" in path for path in paths)
    assert not any("mae" in path or "loss" in path for path in paths)


def test_save_keeps_only_latest_checkpoints(folder: Path) -> None:
    for step in (5, 10, 15):
        checkpoint.save(folder, make_checkpoint(step), keep=2)
    assert sorted(path.name for path in folder.iterdir()) == ["step-000000010", "step-000000015"]


@pytest.mark.parametrize("damage", ["flip", "cut", "remove", "empty position"])
def test_load_latest_skips_damaged_checkpoint(folder: Path, damage: str) -> None:
    checkpoint.save(folder, make_checkpoint(5), keep=2)
    newest = checkpoint.save(folder, make_checkpoint(10), keep=2)
    file = next(newest.rglob("state*"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    if damage == "flip":
        file.write_bytes(data)
    elif damage == "cut":
        file.write_bytes(data[: len(data) // 2])
    elif damage == "remove":
        file.unlink()
    else:
        (newest / checkpoint_io.POSITION).write_bytes(b"")
    found = checkpoint.load_latest(folder)
    assert found is not None
    assert found.step == 5


def test_save_on_full_disk_keeps_previous_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint.save(tmp_path, make_checkpoint(5), keep=2)

    def no_space(path: Path, data: bytes) -> None:
        path.write_bytes(data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint_io, "_write", no_space)
    with pytest.raises(TrainingError, match="checkpoint of step 10 cannot be written .* No space left on device"):
        checkpoint.save(tmp_path, make_checkpoint(10), keep=2)
    assert [path.name for path in tmp_path.iterdir()] == ["step-000000005"]
    found = checkpoint.load_latest(tmp_path)
    assert found is not None
    assert found.step == 5


def test_save_removes_leftovers_of_killed_writer(tmp_path: Path) -> None:
    (tmp_path / ".step-000000005.abc").mkdir(parents=True)
    checkpoint.save(tmp_path, make_checkpoint(10), keep=2)
    assert [path.name for path in tmp_path.iterdir()] == ["step-000000010"]


def test_refused_last_object_keeps_previous_checkpoint(
    s3: str, bucket_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint.save(bucket_folder, make_checkpoint(5), keep=2)
    with (
        proxy(s3, Fault(403, "AccessDenied", "PUT", path_suffix=checkpoint_io.POSITION)) as url,
        monkeypatch.context() as at,
    ):
        at.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(TrainingError, match="checkpoint of step 10 cannot be written.*refuses access to s3://"):
            checkpoint.save(bucket_folder, make_checkpoint(10), keep=2)
    assert (found := checkpoint.load_latest(bucket_folder))
    assert found.step == 5
    assert [path.name for path in (bucket_folder / "step-000000010").iterdir()] != []
    checkpoint.save(bucket_folder, make_checkpoint(15), keep=1)
    assert [path.name for path in bucket_folder.iterdir()] == ["step-000000015"]


def test_rewriting_checkpoint_in_bucket_never_loses_it(
    s3: str, bucket_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the second write of the same step fails, the first one can still be loaded."""
    checkpoint.save(bucket_folder, checkpoint.Checkpoint(5, [np.array(1.0)]), keep=1)
    with (
        proxy(s3, Fault(403, "AccessDenied", "PUT", path_suffix=checkpoint_io.POSITION)) as url,
        monkeypatch.context() as at,
    ):
        at.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(TrainingError):
            checkpoint.save(bucket_folder, checkpoint.Checkpoint(5, [np.array(2.0)]), keep=1)
    assert (before := checkpoint.load_latest(bucket_folder))
    assert before.state == [1.0]
    checkpoint.save(bucket_folder, checkpoint.Checkpoint(5, [np.array(2.0)]), keep=1)
    assert (after := checkpoint.load_latest(bucket_folder))
    assert after.state == [2.0]


def test_load_latest_returns_none_without_checkpoint(folder: Path) -> None:
    assert checkpoint.load_latest(folder / "never") is None


def test_restore_refuses_state_of_another_model(tmp_path: Path) -> None:
    state = checkpoint.model_state(trained_model())
    with pytest.raises(ValueError, match="another model"):
        checkpoint.restore(state, trained_state()[:-1])

"""A checkpoint is whole or is not there; the state that comes back is the state that went in, bit for bit."""

import errno
from pathlib import Path

import keras
import numpy as np
import pytest

from headrace.errors import TrainingError
from headrace.runs import checkpoint_io
from headrace.storage import locate
from headrace.train import checkpoint
from tests.support.s3_server import Fault, front

pytestmark = pytest.mark.tensorflow


@pytest.fixture(params=["folder", "bucket"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path if request.param == "folder" else locate(f"s3://{request.getfixturevalue('bucket')}/checkpoints")


@pytest.fixture
def stored(bucket: str) -> Path:
    return locate(f"s3://{bucket}/checkpoints")


def trained_model() -> keras.Model:
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dropout(0.5), keras.layers.BatchNormalization()]
    )
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(np.ones((8, 4)), np.ones((8, 3)), epochs=2, verbose=0)
    return model


def saved(step: int) -> checkpoint.Checkpoint:
    return checkpoint.Checkpoint(step, checkpoint.state_arrays(checkpoint.model_state(trained_model())))


def test_weights_optimizer_state_and_random_seeds_come_back_bit_for_bit(folder: Path) -> None:
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


def test_the_state_holds_momenta_and_dropout_seeds_but_no_metrics() -> None:
    paths = [variable.path for variable in checkpoint.model_state(trained_model())]
    assert any("momentum" in path for path in paths)
    assert any("seed" in path for path in paths)
    assert any("moving_variance" in path for path in paths)
    assert not any("mae" in path or "loss" in path for path in paths)


def test_only_the_newest_checkpoints_are_kept(folder: Path) -> None:
    for step in (5, 10, 15):
        checkpoint.save(folder, saved(step), keep=2)
    assert sorted(path.name for path in folder.iterdir()) == ["step-000000010", "step-000000015"]


@pytest.mark.parametrize("damage", ["flip", "cut", "remove", "empty position"])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(folder: Path, damage: str) -> None:
    checkpoint.save(folder, saved(5), keep=2)
    newest = checkpoint.save(folder, saved(10), keep=2)
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


def test_a_full_disk_leaves_the_old_checkpoint_as_the_newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint.save(tmp_path, saved(5), keep=2)

    def no_space(path: Path, data: bytes) -> None:
        path.write_bytes(data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint_io, "_write", no_space)
    with pytest.raises(TrainingError, match="checkpoint of step 10 cannot be written .* No space left on device"):
        checkpoint.save(tmp_path, saved(10), keep=2)
    assert [path.name for path in tmp_path.iterdir()] == ["step-000000005"]
    found = checkpoint.load_latest(tmp_path)
    assert found is not None
    assert found.step == 5


def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path: Path) -> None:
    (tmp_path / ".step-000000005.abc").mkdir(parents=True)
    checkpoint.save(tmp_path, saved(10), keep=2)
    assert [path.name for path in tmp_path.iterdir()] == ["step-000000010"]


def test_a_store_that_refuses_the_last_object_leaves_the_old_checkpoint_as_the_newest(
    s3: str, stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint.save(stored, saved(5), keep=2)
    with (
        front(s3, Fault(403, "AccessDenied", "PUT", ends=checkpoint_io.POSITION)) as url,
        monkeypatch.context() as at,
    ):
        at.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(TrainingError, match="checkpoint of step 10 cannot be written.*refuses access to s3://"):
            checkpoint.save(stored, saved(10), keep=2)
    assert (found := checkpoint.load_latest(stored))
    assert found.step == 5
    assert [path.name for path in (stored / "step-000000010").iterdir()] != []
    checkpoint.save(stored, saved(15), keep=1)
    assert [path.name for path in stored.iterdir()] == ["step-000000015"]


def test_on_a_store_one_that_is_written_anew_is_never_missing(
    s3: str, stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint.save(stored, checkpoint.Checkpoint(5, [np.array(1.0)]), keep=1)
    with (
        front(s3, Fault(403, "AccessDenied", "PUT", ends=checkpoint_io.POSITION)) as url,
        monkeypatch.context() as at,
    ):
        at.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(TrainingError):
            checkpoint.save(stored, checkpoint.Checkpoint(5, [np.array(2.0)]), keep=1)
    assert (before := checkpoint.load_latest(stored))
    assert before.state == [1.0]
    checkpoint.save(stored, checkpoint.Checkpoint(5, [np.array(2.0)]), keep=1)
    assert (after := checkpoint.load_latest(stored))
    assert after.state == [2.0]


def test_no_checkpoint_is_no_error(folder: Path) -> None:
    assert checkpoint.load_latest(folder / "never") is None


def test_the_state_of_another_model_is_refused(tmp_path: Path) -> None:
    state = checkpoint.model_state(trained_model())
    with pytest.raises(ValueError, match="another model"):
        checkpoint.restore(state, checkpoint.state_arrays(state)[:-1])

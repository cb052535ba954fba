"""Batches as a TensorFlow data set: pixels, weights, order, errors, and no stalls between epochs."""

import gc
import io
import statistics
import time
from pathlib import Path
from unittest.mock import patch

import numpy as np
import PIL.Image
import pyarrow as pa
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from headrace.errors import DataError
from headrace.prepare.encoders.images.image_transcoding import encode
from headrace.stream.build_plan_and_rank_stream import evaluation_plan, rank_stream, training_columns, training_plan
from headrace.stream.tf_data_pipeline import Batches
from headrace.table import Version
from tests.support import small_table
from tests.support.small_table import Content, Rows, some_rows, write_table

pytestmark = pytest.mark.tensorflow


def make_batches(version: Version, global_batch: int = 32, rank: int = 0, world_size: int = 1) -> Batches:
    """Return the shuffled batches of a rank."""
    plan = training_plan(version, "train", global_batch, lanes=16, seed=1)
    columns = training_columns(version.contract)
    return Batches(rank_stream(version, "train", plan, columns, rank, world_size), version.contract)


def decode_with_pillow(rows: Rows, content: Content) -> NDArray[np.uint8]:
    """Return the pixels of the stored images, decoded by Pillow."""
    if content.codec == "raw":
        return rows.pixels
    images = [np.asarray(PIL.Image.open(io.BytesIO(encode(pixels, content.image)))) for pixels in rows.pixels]
    return np.stack(images).reshape(rows.pixels.shape)


@pytest.mark.parametrize("shape", [(8, 8, 1), (24, 32, 3)])
@pytest.mark.parametrize("codec", ["raw", "png", "jpeg"])
def test_dataset_yields_stored_pixels(tmp_path: Path, codec: str, shape: tuple[int, int, int]) -> None:
    content = Content(splits={"train": some_rows(23, shape=shape)}, codec=codec)
    rows = content.splits["train"]
    version = write_table(tmp_path / "table", content)
    plan = evaluation_plan(version, "train", 10)
    stream = rank_stream(version, "train", plan, training_columns(version.contract))
    steps = list(Batches(stream, version.contract).dataset(0, 0, 1).as_numpy_iterator())
    pixels, labels, weights = (np.concatenate(parts) for parts in zip(*steps, strict=True))
    assert (pixels.dtype, labels.dtype, weights.dtype) == (np.uint8, np.int32, np.float32)
    assert np.array_equal(pixels[:23], decode_with_pillow(rows, content))
    assert labels[:23].tolist() == list(rows.labels)
    assert weights.tolist() == [1.0] * 23 + [0.0] * 7
    assert pixels.shape == (30, *shape)


def test_two_ranks_together_yield_exactly_the_split(table: Version) -> None:
    found = []
    for rank in range(2):
        for pixels, labels, weights in (
            make_batches(table, rank=rank, world_size=2).dataset(0, 0, 1).as_numpy_iterator()
        ):
            present = weights > 0
            found += [
                (image.tobytes(), int(label)) for image, label in zip(pixels[present], labels[present], strict=True)
            ]
    rows = some_rows(96)
    expected = [(image.tobytes(), label) for image, label in zip(rows.pixels, rows.labels, strict=True)]
    assert sorted(found) == sorted(expected)


def test_dataset_spans_epochs_and_starts_at_given_step(table: Version) -> None:
    whole = [labels.tolist() for _, labels, _ in make_batches(table, 16).dataset(0, 0, 3).as_numpy_iterator()]
    assert len(whole) == 3 * 6
    rest = [labels.tolist() for _, labels, _ in make_batches(table, 16).dataset(1, 4, 3).as_numpy_iterator()]
    assert rest == whole[6 + 4 :]


def test_failure_keeps_error_that_ended_batches(table: Version) -> None:
    damaged = table.table / table.shards[4].path
    damaged.write_bytes(damaged.read_bytes()[:-1])
    stream = make_batches(table)
    with pytest.raises(tf.errors.OpError):
        list(stream.dataset(0, 0, 1))
    assert isinstance(stream.failure, DataError)
    assert damaged.name in str(stream.failure)


def test_steps_raise_original_error_without_keeping_iterator(table: Version) -> None:
    damaged = table.table / table.shards[4].path
    damaged.write_bytes(damaged.read_bytes()[:-1])
    gc.collect()
    gc.disable()
    try:
        with pytest.raises(DataError, match=damaged.name):
            list(make_batches(table).steps(0, 0, 1))
        alive = [item for item in gc.get_objects() if type(item).__name__ == "OwnedIterator"]
    finally:
        gc.enable()
    assert not alive


def test_failure_is_none_without_error(table: Version) -> None:
    stream = make_batches(table)
    list(stream.dataset(0, 0, 2))
    assert stream.failure is None


@pytest.mark.parametrize("codec", ["raw", "png"])
def test_dataset_disables_autotuner_and_is_deterministic(tmp_path: Path, codec: str) -> None:
    version = write_table(tmp_path / "table", Content(splits={"train": some_rows(20)}, codec=codec))
    options = make_batches(version).dataset(0, 0, 1).options()
    assert options.autotune.enabled is False
    assert options.deterministic is True


def test_autotuner_stays_off_after_map_and_take(table: Version) -> None:
    dataset = make_batches(table).dataset(0, 0, 1).map(lambda x, y, weight: (x, y, 2 * weight)).take(3)
    assert dataset.options().autotune.enabled is False


def test_short_epochs_follow_without_pause(table: Version) -> None:
    """With the autotuner on, freeing the iterator of a short epoch took seconds on idle cores."""
    stream, seconds = make_batches(table), []
    for epoch in range(11):
        began = time.perf_counter()
        for _ in stream.dataset(epoch, 0, epoch + 1):
            pass
        seconds.append(time.perf_counter() - began)
    seconds.pop(0)
    assert max(seconds) < max(20 * statistics.median(seconds), 1.0)


@pytest.mark.usefixtures("no_threads_left")
def test_dropped_iterator_releases_reader(table: Version) -> None:
    steps = iter(make_batches(table, 16).dataset(0, 0, 50))
    next(steps)
    del steps


def test_undecodable_jpeg_is_a_data_error(tmp_path: Path) -> None:
    content = Content(splits={"train": some_rows(20, shape=(24, 32, 3))}, codec="jpeg")
    with patch.object(small_table, "encode", lambda pixels, form: b"\xff\xd8\xff\xe0 no picture"):
        version = write_table(tmp_path / "table", content)
    stream = make_batches(version)
    with pytest.raises(tf.errors.OpError):
        list(stream.dataset(0, 0, 1))
    assert isinstance(stream.failure, DataError)
    assert "A stored JPEG image cannot be decoded" in str(stream.failure)


def test_image_of_other_size_than_contract_is_refused(tmp_path: Path) -> None:
    content = Content(splits={"train": some_rows(20, shape=(24, 32, 3))}, codec="jpeg")
    other = encode(some_rows(1, shape=(32, 24, 3)).pixels[0], content.image)
    with patch.object(small_table, "encode", lambda pixels, form: other):
        version = write_table(tmp_path / "table", content)
    stream = make_batches(version)
    with pytest.raises(tf.errors.OpError):
        list(stream.dataset(0, 0, 1))
    assert "(32, 24, 3)" in str(stream.failure)


def test_unconsumed_images_are_freed(tmp_path: Path) -> None:
    version = write_table(tmp_path / "table", Content(splits={"train": some_rows(96, shape=(24, 32, 3))}, codec="jpeg"))
    gc.collect()
    before = pa.total_allocated_bytes()
    for _ in range(5):
        steps = iter(make_batches(version, 16).dataset(0, 0, 50))
        next(steps)
        del steps
    gc.collect()
    assert pa.total_allocated_bytes() - before < 2_000_000

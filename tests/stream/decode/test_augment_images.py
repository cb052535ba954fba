"""Augmentation is reproducible after a resume and on any number of ranks, and stays within its settings."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from headrace.config.sections.streaming_and_augmentation import Augment, Stream
from headrace.errors import ConfigurationError
from headrace.stream.build_plan_and_rank_stream import evaluation_plan, training_plan
from headrace.stream.decode.augment_images import RankRows, augmenter
from headrace.stream.tf_data_pipeline import evaluation_batches, training_batches
from headrace.table import Version
from tests.stream.small_text import some_texts, write_texts
from tests.support.small_table import Content, some_images, some_rows, write_table

pytestmark = pytest.mark.tensorflow

EVERYTHING = Augment(flip="both", shift=0.1, rotate=15, zoom=0.1, brightness=0.1, contrast=0.2)
Pixels = NDArray[np.uint8]


def augment_images(settings: Augment, images: Pixels, step: int = 0, seed: int = 1) -> Pixels:
    """Return the images after augmentation on one rank."""
    rows = RankRows(begin=0, size=len(images), global_batch=len(images))
    found: Pixels = augmenter(settings, seed, rows)(tf.constant(images), tf.constant(step, tf.int64)).numpy()
    return found


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """Write a table of 150 PNG images."""
    content = Content(splits={"train": some_rows(150, shape=(12, 10, 3))}, codec="png")
    return write_table(tmp_path_factory.mktemp("images") / "table", content)


def steps(version: Version, settings: Stream, ranks: int = 1, epoch: int = 0, from_step: int = 0) -> list[Any]:
    """Return the pixels, labels and weights of each step over all ranks; 5 steps per epoch, the last padded."""
    plan = training_plan(version, "train", 32, 16, seed=7)
    rank_steps = [
        training_batches(version, plan, settings, rank, ranks).dataset(epoch, from_step, 2).as_numpy_iterator()
        for rank in range(ranks)
    ]
    return [tuple(np.concatenate(parts) for parts in zip(*step, strict=True)) for step in zip(*rank_steps, strict=True)]


def are_equal(found: list[Any], expected: list[Any]) -> bool:
    """Return whether all rows except padding are equal."""
    return len(found) == len(expected) and all(
        np.array_equal(left[2], right[2]) and np.array_equal(left[0][left[2] > 0], right[0][right[2] > 0])
        for left, right in zip(found, expected, strict=True)
    )


def test_augmentation_is_same_after_resume_and_on_any_number_of_ranks(version: Version) -> None:
    settings = Stream(augment=EVERYTHING)
    whole = steps(version, settings)
    assert len(whole) == 10
    assert are_equal(steps(version, settings), whole)
    for ranks, epoch, from_step in ((1, 0, 3), (2, 0, 0), (4, 1, 2), (8, 0, 4), (16, 1, 0)):
        assert are_equal(steps(version, settings, ranks, epoch, from_step), whole[5 * epoch + from_step :])


def test_augmentation_differs_by_step_and_seed() -> None:
    images = some_images(4, (16, 16, 1))
    found = [augment_images(EVERYTHING, images, step, seed).tobytes() for step in range(5) for seed in range(5)]
    assert len(set(found)) == 25


def test_evaluation_and_default_settings_do_not_augment(version: Version) -> None:
    batches = evaluation_batches(version, "train", evaluation_plan(version, "train", 32), Stream(augment=EVERYTHING))
    found = np.concatenate([pixels[weights > 0] for pixels, _, weights in batches.dataset(0, 0, 1).as_numpy_iterator()])
    assert np.array_equal(found, some_rows(150, shape=(12, 10, 3)).pixels)
    assert not are_equal(steps(version, Stream()), steps(version, Stream(augment=EVERYTHING)))


@pytest.mark.parametrize("flip", ["horizontal", "vertical"])
def test_flip_mirrors_half_of_images_exactly(flip: str) -> None:
    images = some_images(400, (9, 8, 3))
    other = images[:, :, ::-1] if flip == "horizontal" else images[:, ::-1]
    found = augment_images(Augment(flip=flip), images)  # type: ignore[arg-type]
    unchanged = (found == images).all((1, 2, 3))
    mirrored = (found == other).all((1, 2, 3))
    assert (unchanged | mirrored).all()
    assert 150 < mirrored.sum() < 250


def test_shift_stays_within_limit() -> None:
    images = np.zeros((200, 21, 21, 1), np.uint8)
    images[:, 10, 10] = 255
    found = augment_images(Augment(shift=0.2, fill="black"), images).astype(float)[..., 0]
    mass = found.sum((1, 2))
    rows = (found.sum(2) * np.arange(21)).sum(1) / mass - 10
    columns = (found.sum(1) * np.arange(21)).sum(1) / mass - 10
    assert np.abs([rows, columns]).max() <= 4.2 + 0.1
    assert np.abs(rows).max() > 3
    assert np.abs(columns).max() > 3
    assert abs(np.corrcoef(rows, columns)[0, 1]) < 0.3


def test_rotation_keeps_centre_and_stays_within_limit() -> None:
    images = np.zeros((200, 41, 41, 1), np.uint8)
    images[:, 19:22, 35:38] = 255
    found = augment_images(Augment(rotate=30), images).astype(float)[..., 0]
    mass = found.sum((1, 2))
    down = (found.sum(2) * np.arange(41)).sum(1) / mass - 20
    across = (found.sum(1) * np.arange(41)).sum(1) / mass - 20
    angles = np.degrees(np.arctan2(down, across))
    assert np.allclose(np.hypot(down, across), 16, atol=0.3)
    assert np.abs(angles).max() <= 30.5
    assert angles.min() < -20
    assert angles.max() > 20


def test_zoom_stays_within_limit() -> None:
    images = np.zeros((200, 41, 41, 1), np.uint8)
    images[:, 10:31, 10:31] = 255
    sides = np.sqrt((augment_images(Augment(zoom=0.2, fill="black"), images) / 255.0).sum((1, 2, 3)))
    assert 0.78 * 21 < sides.min() < 0.85 * 21
    assert 1.15 * 21 < sides.max() < 1.22 * 21


def test_brightness_and_contrast_stay_within_limits_and_byte_range() -> None:
    grey = np.full((200, 4, 4, 1), 100, np.uint8)
    lighter = augment_images(Augment(brightness=0.2), grey).astype(int) - 100
    assert lighter.min() >= -51
    assert lighter.max() <= 51
    assert lighter.std() > 20
    halves = np.full((200, 4, 4, 1), 100, np.uint8)
    halves[:, :2] = 200
    spread = np.ptp(augment_images(Augment(contrast=0.2), halves).astype(int), axis=(1, 2, 3))
    assert spread.min() >= 79
    assert spread.max() <= 121
    assert augment_images(Augment(brightness=1.0), np.full((50, 2, 2, 1), 250, np.uint8)).max() == 255


@pytest.mark.parametrize(("fill", "corner"), [("black", 0), ("nearest", 77), ("reflect", 77)])
def test_fill_sets_pixels_beyond_edge(fill: str, corner: int) -> None:
    images = np.full((50, 8, 8, 1), 77, np.uint8)
    assert augment_images(Augment(shift=0.5, fill=fill), images).min() == corner  # type: ignore[arg-type]


def test_augmenting_texts_is_refused(tmp_path: Path) -> None:
    version = write_texts(tmp_path / "table", some_texts(10))
    plan = training_plan(version, "train", 32, 16, seed=0)
    with pytest.raises(ConfigurationError, match="stream.augment changes images"):
        training_batches(version, plan, Stream(augment=EVERYTHING))

"""A class's weight is multiplied into the weights of its training rows, and into nothing else."""

from pathlib import Path

import numpy as np
import pytest

from headrace.config.sections import Stream
from headrace.errors import ConfigurationError
from headrace.stream.class_weights import class_weights
from headrace.stream.dataset import evaluation_batches, training_batches
from headrace.stream.open import in_order, plan_for
from headrace.table import Version
from tests.small_table import Content, Rows, some_images, write_table


@pytest.fixture
def uneven(tmp_path: Path) -> Version:
    """60 coats, 30 bags, 10 boots, and no hat."""
    rows = Rows(pixels=some_images(100), labels=[0] * 60 + [1] * 30 + [2] * 10, shards=[50, 50])
    return write_table(tmp_path / "table", Content(splits={"train": rows}, classes=("coat", "bag", "boot", "hat")))


def test_rows_weigh_as_their_class_and_padding_nothing(uneven: Version) -> None:
    plan = plan_for(uneven, "train", 32, 16, seed=0)
    settings = Stream(class_weights={"bag": 2.0, "boot": 0.5})
    sums = dict.fromkeys(range(3), 0.0)
    for _, labels, weights in training_batches(uneven, plan, settings).dataset(0, 0, 1).as_numpy_iterator():
        for label in sums:
            sums[label] += float(weights[labels == label].sum())
        expected = np.array([1.0, 2.0, 0.5])[labels]
        assert ((weights == expected) | (weights == 0.0)).all()
    assert sums == {0: 60.0, 1: 60.0, 2: 5.0}


def test_balanced_classes_weigh_the_same_in_all_and_a_row_1_on_average(uneven: Version) -> None:
    weights = class_weights(uneven, "balanced")
    assert weights is not None
    assert weights[:3] * [60, 30, 10] == pytest.approx([100 / 3] * 3)
    assert np.isfinite(weights).all()


def test_evaluation_weighs_every_row_the_same(uneven: Version) -> None:
    settings = Stream(class_weights="balanced")
    batches = evaluation_batches(uneven, "train", in_order(uneven, "train", 32), settings)
    found = np.concatenate([weights for _, _, weights in batches.dataset(0, 0, 1).as_numpy_iterator()])
    assert sorted(set(found.tolist())) == [0.0, 1.0]
    assert found.sum() == 100


def test_without_a_wish_nothing_is_weighed(uneven: Version) -> None:
    assert class_weights(uneven, None) is None


def test_a_class_that_the_table_has_not_is_refused_with_those_it_has(uneven: Version) -> None:
    with pytest.raises(ConfigurationError, match=r"names shoe; the classes of .* are coat, bag, boot, hat"):
        class_weights(uneven, {"shoe": 2.0})


def test_weights_that_are_all_zero_are_refused(uneven: Version) -> None:
    with pytest.raises(ConfigurationError, match="at least one must have more"):
        class_weights(uneven, {"coat": 0, "bag": 0, "boot": 0, "hat": 0})

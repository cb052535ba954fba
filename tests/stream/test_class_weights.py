"""A class weight is multiplied into the weights of the class's training rows only."""

from pathlib import Path

import numpy as np
import pytest

from headrace.config.sections.streaming_and_augmentation import Stream
from headrace.stream.build_plan_and_rank_stream import evaluation_plan, training_plan
from headrace.stream.tf_data_pipeline import evaluation_batches, training_batches
from tests.support.small_table import Content, Rows, some_images, write_table

pytestmark = pytest.mark.tensorflow


def test_class_weights_apply_to_rows_but_not_to_padding(tmp_path: Path) -> None:
    rows = Rows(pixels=some_images(100), labels=[0] * 60 + [1] * 30 + [2] * 10, shards=[50, 50])
    uneven = write_table(tmp_path / "table", Content(splits={"train": rows}))
    plan = training_plan(uneven, "train", 32, 16, seed=0)
    sums = dict.fromkeys(range(3), 0.0)
    batches = training_batches(uneven, plan, Stream(), class_weights=(1.0, 2.0, 0.5))
    for _, labels, weights in batches.dataset(0, 0, 1).as_numpy_iterator():
        for label in sums:
            sums[label] += float(weights[labels == label].sum())
        expected = np.array([1.0, 2.0, 0.5])[labels]
        assert ((weights == expected) | (weights == 0.0)).all()
    assert sums == {0: 60.0, 1: 60.0, 2: 5.0}
    evaluation = evaluation_batches(uneven, "train", evaluation_plan(uneven, "train", 32), Stream())
    assert sum(float(weights.sum()) for _, _, weights in evaluation.dataset(0, 0, 1).as_numpy_iterator()) == 100

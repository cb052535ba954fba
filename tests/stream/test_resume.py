"""A resumed run reads the remaining rows on any number of ranks, and does not open skipped shards."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headrace.config.sections.streaming_and_augmentation import Augment, Stream
from headrace.stream.build_plan_and_rank_stream import training_plan
from headrace.stream.read import ordered_shard_reader
from headrace.stream.tf_data_pipeline import training_batches
from headrace.table import Shard, Version
from tests.support.small_table import Content, some_rows, write_table

pytestmark = pytest.mark.tensorflow

SETTINGS = Stream(augment=Augment(flip="horizontal", shift=0.2))
CLASS_WEIGHTS = (1.0, 3.0, 1.0)


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """Return a table of 500 rows in 50 shards; 16 steps per epoch."""
    return write_table(tmp_path_factory.mktemp("resume") / "table", Content(splits={"train": some_rows(500)}))


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that collects the paths of opened shards."""
    paths: list[str] = []
    open_verified = ordered_shard_reader.open_verified

    def record(table: Path, shard: Shard) -> Any:
        paths.append(shard.path)
        return open_verified(table, shard)

    monkeypatch.setattr(ordered_shard_reader, "open_verified", record)
    return paths


def global_steps(version: Version, ranks: int, epoch: int, from_step: int, epochs: int) -> Iterator[list[Any]]:
    """Yield the sorted (pixels, label, weight) of all ranks' rows in each step, without padding."""
    plan = training_plan(version, "train", 32, 16, seed=2)
    batches = [training_batches(version, plan, SETTINGS, rank, ranks, CLASS_WEIGHTS) for rank in range(ranks)]
    steps = [each.dataset(epoch, from_step, epochs).as_numpy_iterator() for each in batches]
    for parts in zip(*steps, strict=True):
        pixels, labels, weights = (np.concatenate(each) for each in zip(*parts, strict=True))
        rows = zip(pixels, labels.tolist(), weights.tolist(), strict=True)
        yield sorted((image.tobytes(), label, weight) for image, label, weight in rows if weight)


def test_resume_at_any_step_on_any_number_of_ranks_yields_same_pixels(version: Version) -> None:
    whole = list(global_steps(version, 1, 0, 0, 2))
    assert len(whole) == 32
    assert sum(len(step) for step in whole) == 1000
    for ranks, epoch, step in ((1, 0, 7), (2, 0, 0), (4, 0, 9), (8, 1, 3), (16, 1, 15), (2, 1, 0)):
        assert list(global_steps(version, ranks, epoch, step, 2)) == whole[16 * epoch + step :]


def test_resume_does_not_open_skipped_shards(version: Version, opened: list[str]) -> None:
    for _ in global_steps(version, 1, 3, 0, 4):
        pass
    assert len(set(opened)) == len(opened) == 50
    for from_step in (4, 8, 12, 15):
        opened.clear()
        for _ in global_steps(version, 1, 3, from_step, 4):
            pass
        # Each of 16 lanes may start in the middle of a shard.
        assert len(opened) <= 50 * (16 - from_step) / 16 + 16


def test_rank_opens_only_shards_of_its_lanes(version: Version, opened: list[str]) -> None:
    plan = training_plan(version, "train", 64, 64, seed=0)
    for rank in (0, 31, 63):
        opened.clear()
        next(iter(training_batches(version, plan, Stream(), rank, 64).dataset(0, 0, 1)))
        assert 1 <= len(opened) <= 3

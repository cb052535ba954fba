"""Batches of a table for programs that train by themselves."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

import headrace
from headrace.contract import IGNORED_PIXEL
from headrace.errors import ConfigurationError, DataError
from tests.support.small_table import Content, some_rows, write_table
from tests.support.tables_of_every_kind import inputs_of_every_kind, table_of_every_input, targets, write_rows
from tests.support.trained_bundles import text_table

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def content() -> Content:
    return Content(splits={"train": some_rows(53), "test": some_rows(7)})


@pytest.fixture(scope="module")
def table(content: Content, tmp_path_factory: pytest.TempPathFactory) -> headrace.Table:
    folder = tmp_path_factory.mktemp("batches")
    write_table(folder / "table", content)
    return headrace.read(folder / "table")


def joined(batches: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    inputs, targets = zip(*batches, strict=True)
    return np.concatenate(inputs), np.concatenate(targets)


def sorted_rows(pixels: NDArray[Any]) -> list[bytes]:
    return sorted(row.tobytes() for row in pixels)


def test_batches_without_a_seed_are_the_rows_in_stored_order(table: headrace.Table, content: Content) -> None:
    batches = list(table.batches("train", headrace.BatchOrder(batch_size=20)))
    assert [len(targets) for _, targets in batches] == [20, 20, 13]
    pixels, targets = joined(batches)
    np.testing.assert_array_equal(pixels, content.splits["train"].pixels)
    np.testing.assert_array_equal(targets, content.splits["train"].labels)


def test_ranks_share_the_rows_of_a_shuffled_epoch(table: headrace.Table, content: Content) -> None:
    shares = [
        joined(table.batches("train", headrace.BatchOrder(batch_size=8, seed=3, rank=rank, ranks=2)))[0]
        for rank in (0, 1)
    ]
    assert sorted_rows(np.concatenate(shares)) == sorted_rows(content.splits["train"].pixels)
    whole = joined(table.batches("train", headrace.BatchOrder(batch_size=16, seed=3)))[0]
    assert sorted_rows(whole[:16]) == sorted_rows(np.concatenate([share[:8] for share in shares]))


def test_order_differs_by_epoch_and_continues_at_a_step(table: headrace.Table) -> None:
    order = headrace.BatchOrder(batch_size=16, seed=3)
    first, second = (list(table.batches("train", order, epoch=epoch)) for epoch in (0, 1))
    assert (first[0][0] != second[0][0]).any()
    continued = list(table.batches("train", order, epoch=1, first_step=2))
    assert [(a[0] == b[0]).all() for a, b in zip(continued, second[2:], strict=True)] == [True, True]


def test_dataset_trains_a_network_of_keras(table: headrace.Table) -> None:
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Rescaling(1 / 255), keras.layers.Flatten(), keras.layers.Dense(3)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"], weighted_metrics=["accuracy"])
    model.fit(table.tf("train", 16, seed=1, epochs=2), shuffle=False, verbose=0)
    found = model.evaluate(table.tf("test", 4), return_dict=True, verbose=0)
    inputs, labels = joined(table.batches("test", headrace.BatchOrder(batch_size=4)))
    predicted = model.predict(inputs, verbose=0)
    expected = {"accuracy": np.mean(predicted.argmax(axis=1) == labels), "loss": float(loss(labels, predicted))}
    assert found == pytest.approx(expected | {"weighted_accuracy": expected["accuracy"]}, rel=1e-5)
    assert model.predict(table.tf("test", 4), verbose=0) == pytest.approx(predicted, abs=1e-5)


@pytest.mark.parametrize(("ranks", "sizes"), [(1, [4, 3]), (2, [4, 4])])
def test_dataset_is_padded_only_where_ranks_need_equally_many_batches(
    table: headrace.Table, ranks: int, sizes: list[int]
) -> None:
    steps = list(table.tf("test", 4 // ranks, ranks=ranks))
    assert [ranks * len(target) for _, target, _ in steps] == sizes
    assert all((weight.numpy() == 1).all() for _, _, weight in steps) == (ranks == 1)


def test_row_whose_mask_ignores_all_pixels_is_a_row(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    masks = targets("mask", 5, random)
    masks.stored[0] = np.full(masks.known[0].shape, IGNORED_PIXEL, np.uint8).tobytes()
    values, specs = inputs_of_every_kind(tmp_path / "table", 5, random)
    write_rows(tmp_path / "table", "mask", {"photo": values["photo"]}, {"photo": specs["photo"]}, masks, [5])
    table = headrace.read(tmp_path / "table")
    for seed in (None, 1):
        order = headrace.BatchOrder(batch_size=2, seed=seed)
        assert [len(labels) for _, labels in table.batches("train", order)] == [2, 2, 1]
        assert [len(labels) for _, labels, _ in table.tf("train", 2, seed=seed, epochs=2)] == [2, 2, 1] * 2


def test_texts_are_padded_in_each_batch(tmp_path: Path) -> None:
    text_table(tmp_path / "table")
    inputs, _ = next(headrace.read(tmp_path / "table").batches("test", headrace.BatchOrder(batch_size=8)))
    assert inputs.dtype == np.int32
    assert inputs.shape[0] == 8
    assert (inputs > 0).any(axis=1).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [({"batch_size": 0}, "expected 1 or more"), ({"batch_size": 2, "rank": 2, "ranks": 2}, "expected 0 to 1")],
)
def test_numbers_out_of_range_are_refused(options: dict[str, int], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        headrace.BatchOrder(**options)


def test_missing_split_is_refused(table: headrace.Table) -> None:
    with pytest.raises(DataError, match="val"):
        next(table.batches("val", headrace.BatchOrder(batch_size=2)))


def test_dataset_of_training_rows_has_their_weights(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Keras would otherwise train on rows that all weigh the same, without a word."""
    table_of_every_input(tmp_path / "table", [10, 10, 3])
    table = headrace.read(tmp_path / "table")
    weights = np.concatenate([weight.numpy() for _, _, weight in table.tf("train", 8)])
    np.testing.assert_allclose(weights, np.arange(23) / 4)
    assert not caplog.text
    next(table.batches("train", headrace.BatchOrder(batch_size=8)))
    assert "have weights, which are not returned: Table.tf gives them to Keras" in caplog.text

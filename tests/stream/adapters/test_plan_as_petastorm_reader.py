"""The reader with the interface of Petastorm's readers: rows, order, passes, and positions to resume at."""

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headrace
from headrace.contract import IGNORED_PIXEL
from headrace.errors import ConfigurationError, DataError
from headrace.stream.batch_plan import lanes_for
from headrace.stream.build_plan_and_rank_stream import rank_stream, training_columns, training_plan
from headrace.stream.rank_batch_stream import row_ids
from tests.support.commands import run
from tests.support.small_table import Content, some_rows, write_table
from tests.support.tables_of_every_kind import (
    TARGETS,
    inputs_of_every_kind,
    table_of_every_input,
    table_of_images,
    targets,
    write_rows,
)
from tests.support.trained_bundles import text_table
from tests.support.workspace import ROOT

pytestmark = pytest.mark.tensorflow

ROWS = 53


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> headrace.Table:
    """Images in shards of ten."""
    folder = tmp_path_factory.mktemp("reader")
    write_table(folder / "table", Content(splits={"train": some_rows(ROWS), "test": some_rows(7)}))
    return headrace.read(folder / "table")


def paths(reader: Any) -> list[list[str]]:
    """Return the paths of each step that is left."""
    return [step.path.tolist() for step in reader]


def test_stop_waits_for_the_step_that_another_thread_is_reading(table: headrace.Table) -> None:
    """As TensorFlow's thread, which reads ahead, may be in the middle of a step at the end of a `with` block."""
    entered, released = threading.Event(), threading.Event()

    def steps() -> Iterator[Any]:
        entered.set()
        released.wait(30)
        yield from ()

    reader = table.reader("train", 8)
    reader._iterator.close()
    reader._iterator = steps()
    with ThreadPoolExecutor(2) as pool:
        reading = pool.submit(next, reader, None)
        assert entered.wait(30)
        stopping = pool.submit(reader.stop)
        assert not stopping.done()
        released.set()
        stopping.result(30)
        with pytest.raises(DataError, match="failed at step 0"):
            reading.result(30)


def require_equal(found: Any, expected: Any) -> None:
    """Compare steps, field by field."""
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one._fields == other._fields
        for values, same in zip(one, other, strict=True):
            np.testing.assert_array_equal(values, same)


def test_two_ranks_read_each_row_once_in_the_order_of_the_training_plan(table: headrace.Table) -> None:
    version = table._version
    plan = training_plan(version, "train", 16, lanes_for(2, 8), seed=3)
    found: Counter[str] = Counter()
    for rank in (0, 1):
        stream = rank_stream(version, "train", plan, training_columns(version.contract), rank, 2)
        with table.reader("train", 8, seed=3, rank=rank, ranks=2, epochs=2) as reader:
            assert len(reader) == 8
            steps = paths(reader)
        assert steps == [row_ids(stream, epoch, step) for epoch in (0, 1) for step in range(plan.steps)]
        found.update(path for step in steps[:4] for path in step)
    assert found == Counter(f"train/{row}.png" for row in range(ROWS))


@pytest.mark.parametrize("seed", [None, 3])
def test_steps_are_those_of_the_keras_dataset_without_padding(table: headrace.Table, seed: int | None) -> None:
    with table.reader("train", 8, seed=seed, rank=1, ranks=2, epochs=2) as reader:
        steps = list(reader)
    dataset = list(table.tf("train", 8, seed=seed, rank=1, ranks=2, epochs=2).as_numpy_iterator())
    assert len(steps) == len(dataset)
    for step, (pixels, labels, weights) in zip(steps, dataset, strict=True):
        np.testing.assert_array_equal(step.image, pixels[weights > 0])
        np.testing.assert_array_equal(step.label, labels[weights > 0])


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("texts", [False, True])
def test_reader_continues_at_any_step(table: headrace.Table, tmp_path: Path, texts: bool, drop_last: bool) -> None:
    if texts:
        text_table(tmp_path / "table")
        table = headrace.read(tmp_path / "table")
    options: dict[str, Any] = {"batch_size": 9, "seed": 5, "epochs": 2, "drop_last": drop_last}
    with table.reader("train", **options) as reader:
        steps, states = [], [reader.state()]
        for step in reader:
            steps.append(step)
            states.append(reader.state())
    assert len(steps) == (10 if drop_last else 12)
    for number in (0, 1, len(steps) // 2, len(steps) - 1, len(steps)):
        assert states[number]["start_step"] == number
        with table.reader(**states[number], rank=0) as continued:
            require_equal(list(continued), steps[number:])


def test_reset_goes_on_to_the_next_epoch_also_of_a_reader_that_continues(table: headrace.Table) -> None:
    with table.reader("train", 16, seed=3, epochs=3) as reader:
        expected = paths(reader)
    with table.reader("train", 16, seed=3) as reader:
        first = paths(reader)
        assert reader.last_row_consumed
        state = reader.state()
        reader.reset()
        assert not reader.last_row_consumed
        second = paths(reader)
    assert first + second == expected[: 2 * len(first)]
    with table.reader(**state) as continued:
        assert paths(continued) == []
        continued.reset()
        assert paths(continued) == second
        continued.reset()
        assert paths(continued) == expected[2 * len(first) :]


def test_reset_within_a_pass_is_refused(table: headrace.Table) -> None:
    with table.reader("train", 16) as reader:
        next(reader)
        with pytest.raises(ConfigurationError, match="step 1 of 4, before the end of a pass"):
            reader.reset()


def test_stopped_reader_is_refused(table: headrace.Table) -> None:
    with table.reader("train", 16) as reader:
        next(reader)
    with pytest.raises(ConfigurationError, match="`with` block has ended"):
        next(reader)


def test_damaged_shard_does_not_look_like_the_end(tmp_path: Path) -> None:
    version = write_table(tmp_path / "table", Content(splits={"train": some_rows(30)}))
    shard = version.split("train")[1]
    (tmp_path / "table" / shard.path).write_bytes(b"damaged")
    with headrace.read(tmp_path / "table").reader("train", 10) as reader:
        with pytest.raises(DataError, match=Path(shard.path).name):
            list(reader)
        assert not reader.last_row_consumed
        with pytest.raises(DataError, match="The reader failed at step"):
            next(reader)


def test_drop_last_gives_all_ranks_full_steps(table: headrace.Table) -> None:
    for rank in (0, 1):
        with table.reader("train", 8, seed=1, rank=rank, ranks=2, epochs=2, drop_last=True) as reader:
            assert [len(step.label) for step in reader] == [8] * 6


def test_rank_without_rows_in_the_last_step_has_an_empty_one(tmp_path: Path) -> None:
    write_table(tmp_path / "table", Content(splits={"train": some_rows(9)}))
    table = headrace.read(tmp_path / "table")
    sizes = []
    for rank in range(4):
        with table.reader("train", 2, rank=rank, ranks=4) as reader:
            sizes.append([step.image.shape for step in reader])
    assert sorted(shapes[-1][0] for shapes in sizes) == [0, 0, 0, 1]
    assert {shapes[-1][1:] for shapes in sizes} == {(8, 8, 1)}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start_step": 5}, "start_step is 5; expected 0 to 4"),
        ({"start_step": -1}, "start_step is -1; expected 0 to 4"),
        ({"epochs": 0}, "epochs is 0; expected 1 or more"),
        ({"ranks": 4, "drop_last": True}, "takes 64 rows and the split has 53, so that drop_last leaves no step"),
    ],
)
def test_numbers_out_of_range_are_refused(table: headrace.Table, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        table.reader("train", 16, **options)


def stored_rows(table: headrace.Table) -> dict[str, dict[str, Any]]:
    """Return the fields of each row by its path, and check them against the schema."""
    rows = {}
    with table.reader("train", 8, seed=2) as reader:
        fields = reader.schema.fields
        for step in reader:
            for name, values in step._asdict().items():
                assert values.dtype.type is fields[name].numpy_dtype
                for length, expected in zip(values.shape[1:], fields[name].shape, strict=True):
                    assert expected in (None, length)
            for row, path in enumerate(step.path):
                assert path not in rows
                rows[str(path)] = {name: values[row] for name, values in step._asdict().items()}
    return rows


def test_record_of_every_kind_of_input_has_a_field_for_each(tmp_path: Path) -> None:
    _, values, labels = table_of_every_input(tmp_path / "table", [10, 10, 3])
    rows = stored_rows(headrace.read(tmp_path / "table"))
    assert len(rows) == 23
    for number in range(23):
        row = rows[f"{number}.raw"]
        assert row["label"] == labels.stored[number]
        # The first row weighs nothing; it is a row all the same.
        assert row["weight"] == number / 4
        for name, one in values.items():
            stored = np.frombuffer(one.stored[number], one.column.dtype)
            np.testing.assert_array_equal(row[name].ravel()[: stored.size], stored)
            assert not row[name].ravel()[stored.size :].any()


@pytest.mark.parametrize("task", TARGETS)
def test_target_of_every_kind_is_a_field(tmp_path: Path, task: str) -> None:
    _, pixels, target = table_of_images(tmp_path / "table", task, [10, 3])
    rows = stored_rows(headrace.read(tmp_path / "table"))
    assert len(rows) == 13
    for number in range(13):
        row, known = rows[f"{number}.raw"], target.known[number]
        np.testing.assert_array_equal(row["image"], pixels.known[number])
        if task == "multi_label":
            known = [name in known for name in ("coat", "Schuh/größer", "yes")]
        elif task in ("classification", "retrieval"):
            known = target.stored[number]
        np.testing.assert_array_equal(row["label"], np.asarray(known, row["label"].dtype))


def test_mask_of_ignored_pixels_alone_is_a_row(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    masks = targets("mask", 5, random)
    empty = np.full(masks.known[0].shape, IGNORED_PIXEL, np.uint8)
    masks.stored[0] = empty.tobytes()
    values, specs = inputs_of_every_kind(tmp_path / "table", 5, random)
    write_rows(tmp_path / "table", "mask", {"photo": values["photo"]}, {"photo": specs["photo"]}, masks, [5])
    rows = stored_rows(headrace.read(tmp_path / "table"))
    assert len(rows) == 5
    np.testing.assert_array_equal(rows["0.raw"]["label"], empty)


def test_texts_for_torch_have_one_length_and_no_strings(tmp_path: Path) -> None:
    text_table(tmp_path / "table")
    table = headrace.read(tmp_path / "table")
    longest = table.contract.require("text").tokenizer.max_length
    with table.reader("train", 8, seed=1, for_torch=True) as reader, table.reader("train", 8, seed=1) as ragged:
        assert reader.schema.tokens.shape == (longest,)
        assert ragged.schema.tokens.shape == (None,)
        for step, short in zip(reader, ragged, strict=True):
            assert step._fields == ("tokens", "label")
            assert step.tokens.shape == (8, longest)
            assert step.label.dtype == np.int64
            np.testing.assert_array_equal(step.tokens[:, : short.tokens.shape[1]], short.tokens)


def test_program_that_leaves_a_reader_unread_ends_without_a_word(tmp_path: Path) -> None:
    write_table(tmp_path / "table", Content(splits={"train": some_rows(2000, [100] * 20)}))
    program = """
import sys, headrace
table = headrace.read(sys.argv[1])
reader = table.reader("train", 8, seed=1)
batches = table.batches("train", headrace.BatchOrder(batch_size=8))
print(len(next(reader).label), len(next(batches)[1]))
"""
    (tmp_path / "program.py").write_text(program)
    done = run([sys.executable, "program.py", "table"], cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert done.stdout.split() == ["8", "8"]
    assert "Exception ignored" not in done.stderr

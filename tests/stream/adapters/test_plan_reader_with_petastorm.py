"""Petastorm's own `make_petastorm_dataset` and loaders of PyTorch take the reader of a table's plan.

PyTorch is no dependency: its tests run where it is installed, and are skipped elsewhere.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headrace
from tests.stream.small_text import some_texts, write_texts
from tests.support.small_table import Content, some_rows, write_table

pytestmark = [pytest.mark.petastorm, pytest.mark.tensorflow]

WITHOUT_TORCH = "PyTorch is not installed; docs/petastorm.md says how to run these tests with it"


@pytest.fixture
def table(tmp_path: Path, request: pytest.FixtureRequest) -> headrace.Table:
    """Return a table of images in shards of ten, or of texts of different lengths."""
    if request.param == "image":
        write_table(tmp_path / "table", Content(splits={"train": some_rows(53)}, codec="jpeg"))
    else:
        write_texts(tmp_path / "table", some_texts(96))
    return headrace.read(tmp_path / "table")


def steps_of(table: headrace.Table, **options: Any) -> list[dict[str, Any]]:
    """Return the steps of two epochs as Headrace's reader has them."""
    with table.reader("train", 8, seed=4, epochs=2, **options) as reader:
        return [step._asdict() for step in reader]


def require_equal(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    """Compare steps, field by field."""
    assert len(found) == len(expected)
    for step, other in zip(found, expected, strict=True):
        assert step.keys() == other.keys()
        for name, values in step.items():
            np.testing.assert_array_equal(np.asarray(values), other[name])


@pytest.mark.parametrize("table", ["image", "text"], indirect=True)
def test_make_petastorm_dataset_has_the_steps_of_the_reader(table: headrace.Table) -> None:
    from petastorm.tf_utils import make_petastorm_dataset

    expected = steps_of(table)
    with table.reader("train", 8, seed=4, epochs=2, start_step=3) as reader:
        dataset = make_petastorm_dataset(reader)
        names = tuple(dataset.element_spec._fields)
        assert names == tuple(expected[0])
        shapes = {name: tuple(spec.shape) for name, spec in zip(names, dataset.element_spec, strict=True)}
        assert shapes[names[0]] == ((None, 8, 8, 1) if names[0] == "image" else (None, None))
        found = [step._asdict() for step in dataset.as_numpy_iterator()]
    for step in found if names[0] == "image" else []:
        step["path"] = np.char.decode(step["path"].astype(bytes), "utf-8")
    require_equal(found, expected[3:])
    if names[0] == "tokens":
        assert len({step["tokens"].shape[1] for step in expected}) > 1


@pytest.mark.parametrize("table", ["image"], indirect=True)
def test_second_pass_of_a_dataset_is_the_next_epoch(table: headrace.Table) -> None:
    from petastorm.tf_utils import make_petastorm_dataset

    expected = [step["label"].tolist() for step in steps_of(table)]
    with table.reader("train", 8, seed=4) as reader:
        dataset = make_petastorm_dataset(reader)
        passes = [[step.label.tolist() for step in dataset.as_numpy_iterator()] for _ in range(2)]
    assert passes[0] + passes[1] == expected


@pytest.mark.parametrize("table", ["image"], indirect=True)
def test_dataset_takes_a_step_without_rows(table: headrace.Table) -> None:
    from petastorm.tf_utils import make_petastorm_dataset

    sizes = []
    for rank in range(4):
        with table.reader("train", 13, rank=rank, ranks=4, start_step=1) as reader:
            sizes.append([len(step.path) for step in make_petastorm_dataset(reader).as_numpy_iterator()])
    assert sizes == [[0], [0], [0], [1]]


@pytest.mark.parametrize("table", ["image", "text"], indirect=True)
def test_batched_data_loader_has_the_steps_of_the_reader_and_continues(table: headrace.Table) -> None:
    pytest.importorskip("torch", reason=WITHOUT_TORCH)
    from petastorm.pytorch import BatchedDataLoader

    expected = steps_of(table, for_torch=True, drop_last=True)
    found: list[dict[str, Any]] = []
    with table.reader("train", 8, seed=4, epochs=2, for_torch=True, drop_last=True) as reader:
        for batch in BatchedDataLoader(reader, batch_size=8):
            found.append({name: values.numpy() for name, values in batch.items()})
            if len(found) == 4:
                state = reader.state()
    require_equal(found, expected)
    with table.reader(**state) as reader:
        rest = [
            {name: values.numpy() for name, values in one.items()} for one in BatchedDataLoader(reader, batch_size=8)
        ]
    require_equal(rest, expected[4:])


@pytest.mark.parametrize("table", ["image"], indirect=True)
def test_second_pass_of_a_loader_is_the_next_epoch(table: headrace.Table) -> None:
    pytest.importorskip("torch", reason=WITHOUT_TORCH)
    from petastorm.pytorch import BatchedDataLoader

    expected = [step["label"].tolist() for step in steps_of(table)]
    with table.reader("train", 8, seed=4, for_torch=True) as reader:
        loader = BatchedDataLoader(reader, batch_size=8)
        passes = [[batch["label"].tolist() for batch in loader] for _ in range(2)]
    assert passes[0] + passes[1] == expected


@pytest.mark.parametrize("table", ["image"], indirect=True)
def test_plain_data_loader_of_petastorm_has_every_row(table: headrace.Table) -> None:
    pytest.importorskip("torch", reason=WITHOUT_TORCH)
    from petastorm.pytorch import DataLoader

    expected = [step["label"].tolist() for step in steps_of(table)][:7]
    with table.reader("train", 8, seed=4, for_torch=True) as reader:
        assert [batch["label"].tolist() for batch in DataLoader(reader, batch_size=8)] == expected


@pytest.mark.parametrize("table", ["image"], indirect=True)
def test_model_of_torch_learns_from_the_loader(table: headrace.Table) -> None:
    torch = pytest.importorskip("torch", reason=WITHOUT_TORCH)
    from petastorm.pytorch import BatchedDataLoader

    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 16), torch.nn.ReLU(), torch.nn.Linear(16, 3))
    optimizer, losses = torch.optim.Adam(model.parameters(), 0.01), []
    with table.reader("train", 8, seed=4, epochs=30, for_torch=True, drop_last=True) as reader:
        for batch in BatchedDataLoader(reader, batch_size=8):
            loss = torch.nn.functional.cross_entropy(model(batch["image"].float() / 255), batch["label"])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(float(loss))
    assert len(losses) == 180
    assert np.mean(losses[-20:]) < 0.9 * np.mean(losses[:20])

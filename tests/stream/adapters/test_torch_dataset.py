"""The steps of the plan as a data set of PyTorch, where that is installed."""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headrace
from headrace.errors import ConfigurationError
from tests.support.small_table import Content, some_rows, write_table
from tests.support.tables_of_every_kind import TARGETS, table_of_every_input, table_of_images

pytestmark = pytest.mark.tensorflow

needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None,
    reason="PyTorch is not installed; docs/petastorm.md says how to run these tests with it",
)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> headrace.Table:
    """Images in shards of ten."""
    folder = tmp_path_factory.mktemp("torch")
    write_table(folder / "table", Content(splits={"train": some_rows(53)}))
    return headrace.read(folder / "table")


def labels(steps: Any) -> list[list[int]]:
    """Return the labels of each step."""
    return [target.tolist() for _, target in steps]


def test_torch_is_asked_for_where_it_is_missing(table: headrace.Table, monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else find_spec(name))
    with pytest.raises(ConfigurationError, match="install the package torch, or use Table.batches"):
        table.torch("train", 8)


@needs_torch
def test_two_ranks_have_the_rows_of_batches_and_each_iteration_is_the_next_epoch(table: headrace.Table) -> None:
    from torch.utils.data import DataLoader

    for rank in (0, 1):
        order = headrace.BatchOrder(batch_size=8, seed=3, rank=rank, ranks=2)
        loader: Any = DataLoader(table.torch("train", 8, seed=3, rank=rank, ranks=2), batch_size=None)
        assert len(loader) == 4
        for epoch in (0, 1, 2):
            batches = list(table.batches("train", order, epoch=epoch))
            for (pixels, target), (expected, classes) in zip(loader, batches, strict=True):
                np.testing.assert_array_equal(pixels.numpy(), expected)
                np.testing.assert_array_equal(target.numpy(), classes)
                assert str(target.dtype) == "torch.int64"


@needs_torch
@pytest.mark.parametrize("drop_last", [False, True])
def test_dataset_continues_at_any_step(table: headrace.Table, drop_last: bool) -> None:
    dataset = table.torch("train", 9, seed=3, drop_last=drop_last)
    steps, states = [], [dataset.state()]
    for _ in range(2):
        for _, target in dataset:
            steps.append(target.tolist())
            states.append(dataset.state())
    assert len(steps) == 2 * len(dataset)
    for number in (0, 2, len(dataset), len(steps) - 1):
        continued = table.torch(**states[number])
        found = labels(continued)
        assert found == steps[number : number + len(found)]
        assert (number + len(found)) % len(dataset) == 0


@needs_torch
def test_iteration_that_was_left_is_followed_by_the_next_epoch(table: headrace.Table) -> None:
    expected = table.torch("train", 8, seed=3)
    epochs = [labels(expected), labels(expected)]
    dataset = table.torch("train", 8, seed=3)
    next(iter(dataset))
    assert dataset.state()["start_step"] == 1
    assert labels(dataset) == epochs[1] != epochs[0]


@needs_torch
def test_worker_processes_are_refused(table: headrace.Table) -> None:
    from torch.utils.data import DataLoader

    loader: Any = DataLoader(table.torch("train", 8), batch_size=None, num_workers=2, timeout=60)
    with pytest.raises((ConfigurationError, RuntimeError), match="would read each row several times"):
        list(loader)


@needs_torch
def test_negative_start_is_refused(table: headrace.Table) -> None:
    with pytest.raises(ConfigurationError, match="start_step is -1; expected 0 or more"):
        table.torch("train", 8, start_step=-1)


@needs_torch
def test_every_kind_of_input_and_target_becomes_tensors(tmp_path: Path) -> None:
    import torch

    table_of_every_input(tmp_path / "inputs", [10, 3])
    inputs, _ = next(iter(headrace.read(tmp_path / "inputs").torch("train", 4)))
    assert {name: str(values.dtype) for name, values in inputs.items()} == {
        "photo": "torch.uint8", "review": "torch.int32", "sound": "torch.int16", "window": "torch.float32",
        "row": "torch.float32", "place": "torch.float32", "embedding": "torch.float32",
    }  # fmt: skip
    for task in TARGETS:
        table_of_images(tmp_path / task, task, [10, 3])
        _, target = next(iter(headrace.read(tmp_path / task).torch("train", 4)))
        is_index = task in ("classification", "retrieval", "mask")
        assert target.dtype is (torch.int64 if is_index else torch.float32)
        assert len(target) == 4


@needs_torch
def test_model_of_torch_learns_and_a_continued_training_ends_with_equal_weights(table: headrace.Table) -> None:
    import torch

    def train(model: Any, optimizer: Any, dataset: Any, steps: int) -> list[float]:
        losses: list[float] = []
        while len(losses) < steps:
            for pixels, target in dataset:
                loss = torch.nn.functional.cross_entropy(model(pixels.float() / 255), target)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(float(loss.detach()))
                if len(losses) == steps:
                    break
        return losses

    def start() -> tuple[Any, Any]:
        torch.manual_seed(0)
        model = torch.nn.Sequential(
            torch.nn.Flatten(), torch.nn.Linear(64, 16), torch.nn.ReLU(), torch.nn.Linear(16, 3)
        )
        return model, torch.optim.Adam(model.parameters(), 0.01)

    model, optimizer = start()
    losses = train(model, optimizer, table.torch("train", 8, seed=1), 200)
    assert np.mean(losses[-20:]) < 0.9 * np.mean(losses[:20])
    continued, its_optimizer = start()
    dataset = table.torch("train", 8, seed=1)
    train(continued, its_optimizer, dataset, 100)
    train(continued, its_optimizer, table.torch(**dataset.state()), 100)
    for one, other in zip(model.parameters(), continued.parameters(), strict=True):
        assert torch.equal(one, other)

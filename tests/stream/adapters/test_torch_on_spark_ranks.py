"""PyTorch trains in the tasks of a barrier stage of Spark with the rows of the plan, where it is installed."""

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark import BarrierTaskContext
from pyspark.sql import SparkSession

import headrace
from tests.support.small_table import Content, some_rows, write_table

pytestmark = [
    pytest.mark.spark,
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("torch") is None,
        reason="PyTorch is not installed; docs/petastorm.md says how to run these tests with it",
    ),
]

EPOCHS = 60


def train(folder: Path, epochs: int) -> Iterator[dict[str, Any]]:
    """Train on this rank, averaging gradients over all; yield its rows, losses and weights."""
    import torch
    from torch.nn.functional import cross_entropy

    task = BarrierTaskContext.get()
    rank, ranks = task.partitionId(), len(task.getTaskInfos())
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    torch.distributed.init_process_group("gloo", f"file://{folder}/meeting", rank=rank, world_size=ranks)
    torch.manual_seed(0)
    layers = (torch.nn.Flatten(), torch.nn.Linear(64, 16), torch.nn.ReLU(), torch.nn.Linear(16, 3))
    model = torch.nn.parallel.DistributedDataParallel(torch.nn.Sequential(*layers))
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    dataset = headrace.read(folder / "table").torch("train", 8, seed=1, rank=rank, ranks=ranks, drop_last=True)
    rows, losses = [], []
    for _ in range(epochs):
        for pixels, target in dataset:
            loss = cross_entropy(model(pixels.float() / 255), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            rows.append(pixels.sum(dim=(1, 2, 3)).tolist())
            losses.append(float(loss.detach()))
    weights = [values.detach().flatten().tolist() for values in model.parameters()]
    task.barrier()
    torch.distributed.destroy_process_group()
    yield {"rows": rows, "losses": losses, "weights": weights}


def test_ranks_of_spark_train_with_the_rows_of_the_plan(spark: SparkSession, tmp_path: Path) -> None:
    write_table(tmp_path / "table", Content(splits={"train": some_rows(53)}))
    stage = spark.sparkContext.parallelize(range(2), 2).barrier()
    found = stage.mapPartitions(lambda _: train(tmp_path, EPOCHS)).collect()
    table = headrace.read(tmp_path / "table")
    for rank, one in enumerate(found):
        with table.reader("train", 8, seed=1, rank=rank, ranks=2, epochs=EPOCHS, drop_last=True) as reader:
            assert one["rows"] == [step.image.sum(axis=(1, 2, 3)).tolist() for step in reader]
    assert found[0]["weights"] == found[1]["weights"]
    first, last = (sum(sum(one["losses"][steps]) for one in found) for steps in (slice(30), slice(-30, None)))
    assert last < 0.9 * first

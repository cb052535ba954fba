"""`headrace.train`: train a model on a table and return the run."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headrace.api.callers_session import callers_session
from headrace.api.run import Run
from headrace.api.table import Table
from headrace.api.table import read as read_table
from headrace.config import Configuration
from headrace.config.load import build

ORIGIN = "headrace.train"


def train(
    table: Table | str | Path,
    network: str | Path,
    run: str | Path,
    *,
    ranks: int = 1,
    settings: Mapping[str, Any] | None = None,
) -> Run:
    """Train a network on a table, and return the run; the same call resumes a run that is not complete.

    Args:
        table: of `prepare` or `read`, or its folder, of which the newest version is used.
        network: path of a Python file that defines build(contract, **options), or the name of a network that ships with
            Headrace, such as `cnn`.
        run: folder of the run, or s3://bucket/folder.
        ranks: number of processes that train in parallel, one Spark task each.
        settings: other keys of the configuration, such as {"train.epochs": 5}.

    Raises:
        ConfigurationError: a key or value is invalid, or the run was started with other settings.
        DataError: the table is missing or damaged.
        TrainingError: the session has fewer slots than ranks, or a rank failed.

    Example:
        >>> headrace.train(table, "models/cnn.py", "runs/photos", ranks=2, settings={"train.epochs": 5})
    """
    version = table if isinstance(table, Table) else read_table(table)
    configuration = build(_sections(version, network, run, ranks), settings or {}, ORIGIN)
    with callers_session() as spark:
        if spark is not None:
            from headrace.train.launch.world_size import first_world_size

            # Before the run is written.
            first_world_size(spark, configuration.train.ranks)
        return Run(_train(configuration))


def _train(configuration: Configuration) -> dict[str, Any]:
    """Train as `headrace train` does."""
    if configuration.registry is None:
        from headrace.train.job import train as run

        return run(configuration)
    from headrace.registry.tracking.train_and_tune_tracked import train_tracked

    return train_tracked(configuration)


def _sections(table: Table, network: str | Path, run: str | Path, ranks: int) -> dict[str, Any]:
    """Return the sections of the configuration; `data` and `prepare` are those that the table was prepared with."""
    summary = table.summary
    data = json.loads(json.dumps(summary.data)) or {"source": {"kind": "folder", "path": summary.source["path"]}}
    return {
        "data": data | {"table": str(table.path)},
        "prepare": summary.settings,
        "model": {"file": str(network)},
        "train": {"run": str(run), "ranks": ranks, "data_version": table.version},
    }

"""`headrace.train`: train a model on a table and return the run."""

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headrace.api.bundle import Bundle
from headrace.api.callers_session import callers_session
from headrace.api.notebook_display import page, rows
from headrace.api.table import Table
from headrace.api.table import read as read_table
from headrace.config import Configuration
from headrace.config.load import build
from headrace.runs.metrics_log_reader import read_metrics
from headrace.runs.run_folder import RunFolder

if TYPE_CHECKING:
    import pandas as pd

ORIGIN = "headrace.train"


class Run:
    """A training run that is complete.

    Attributes:
        path: folder of the run.
        result: what `headrace train` prints: steps, hash of the weights, rows per second and more.
    """

    def __init__(self, result: dict[str, Any]) -> None:
        self.result = result
        self.path = Path(result["run"])

    @property
    def metrics(self) -> dict[str, float]:
        """Metrics of the epoch whose weights the bundle has; those of validation begin with `val_`."""
        return dict(self.result["metrics"])

    @cached_property
    def bundle(self) -> Bundle:
        """The trained model."""
        return Bundle(self.result["bundle"])

    @property
    def history(self) -> "pd.DataFrame":
        """Metrics by epoch; epochs count from 1."""
        import pandas as pd

        epochs = pd.DataFrame(list(read_metrics(RunFolder(self.result["run"]).metrics_file).epochs))
        epochs["epoch"] = epochs["epoch"].astype(int) + 1
        return epochs.set_index("epoch")

    def report(self) -> Path:
        """Write the HTML report of the run, RUN/report.html, and return its path."""
        from headrace.report import write_report

        return write_report(self.path)

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    def _repr_html_(self) -> str:
        return page(f"Run {self.path}", rows(self.metrics))


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

"""The public class of a run: its metrics, bundle, report, and display in a notebook."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headrace.api.bundle import Bundle
from headrace.api.notebook_display import page, rows
from headrace.runs.metrics_log_reader import read_metrics
from headrace.runs.run_folder import RunFolder

if TYPE_CHECKING:
    import pandas as pd


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

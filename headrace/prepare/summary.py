"""What a version says of itself: its contract, what became of its records, and how it came about."""

from headrace.config import Configuration
from headrace.config.sections import Source
from headrace.prepare.account import Account
from headrace.prepare.increment import save_listing
from headrace.prepare.sources.listing import printable
from headrace.prepare.stages import Made
from headrace.prepare.task import Task
from headrace.prepare.work import Work
from headrace.schema import Contract, Windows
from headrace.table import Summary


def summary_of(work: Work, task: Task, made: Made, account: Account, seconds: float) -> Summary:
    """Of the version that is about to be committed; writes the listing that the next preparation compares with.

    Args:
        seconds: since the preparation began.
    """
    source, sums = work.configuration.data.source, account.sums
    image = task.settings.input == "image"
    contract = Contract(
        columns=made.columns,
        classes=made.classes,
        task=task.settings.task,
        statistics=sums.statistics() if image and sums else made.statistics,
        tokenizer=made.tokenizer,
        windows=_windows(work.configuration),
    )
    return Summary(
        contract=contract,
        rows_in=account.rows_in,
        written=account.written,
        rejected=account.rejected,
        duplicates=account.duplicates,
        counts=account.by_class(contract),
        label_counts=account.by_label(contract),
        rejects=account.rejects,
        rejects_version=None,
        source={"kind": source.kind, "path": source.path, "root": printable(task.root)} | _text_column(source, task),
        fingerprint=work.fingerprint,
        settings=task.settings.model_dump(mode="json"),
        seconds=seconds,
        basis=work.basis,
        listing=save_listing(work.listing.files, task.table, task.identity),
        sums=None if sums is None else (sums.count, sums.total, sums.squares),
    )


def _windows(configuration: Configuration) -> Windows | None:
    """What a model may rely on of windows; None where records are something else."""
    windows, columns = configuration.prepare.windows, configuration.data.source.columns
    if windows is None or columns is None:
        return None
    return Windows(
        values=windows.values,
        label=columns.label,
        every_seconds=windows.every_seconds,
        horizon=windows.horizon,
        season=windows.season,
    )


def _text_column(source: Source, task: Task) -> dict[str, str]:
    """The column that holds raw texts, for a model that is to read others like them."""
    columns = source.columns if task.settings.input == "text" else None
    return {"text_column": columns.input} if columns and columns.holds != "paths" else {}

"""Checks of a preparation that end before Spark starts: columns, the table's place, and the settings of splits."""

import logging
from pathlib import Path

from headrace.config import Configuration
from headrace.errors import ConfigurationError
from headrace.prepare.incremental_plan_and_task_context import changed_splits
from headrace.prepare.readers.row_types_and_errors import MissingColumnError
from headrace.prepare.sources import Listing, RawFile
from headrace.prepare.sources.series.window_source import window_columns
from headrace.prepare.sources.tables.columns.column_configuration_key import column_key
from headrace.prepare.sources.tables.columns.dates_among_numbers_check import find_dates
from headrace.prepare.sources.tables.columns_of_one_record import source_as_read
from headrace.prepare.sources.tables.table_readers_and_required_columns import require_columns
from headrace.storage import locate
from headrace.table import Version

log = logging.getLogger(__name__)


def require_same_splits(before: Version, configuration: Configuration, *, full: bool) -> None:
    """Raise if rows of `before` were assigned to splits with other settings, unless `full` reassigns all of them."""
    changes = changed_splits(before, configuration.prepare)
    if not changes:
        return
    if not full:
        raise ConfigurationError(
            f"The rows of {before.table} were assigned to splits with other settings (prepare.splits: {changes}); with "
            "the new ones, test rows would become training rows. Write the earlier values into the configuration file, "
            "name another data.table, or reassign all rows with the same command and --full; models trained before may "
            "know the new test rows."
        )
    log.warning("All rows of %s are reassigned to splits, because prepare.splits changed: %s.", before.table, changes)


def require_usable_columns(configuration: Configuration, listing: Listing, files: list[RawFile]) -> None:
    """Raise if a column of the source is missing, or holds dates where numbers are expected."""
    settings = configuration.prepare
    source, windows = source_as_read(configuration.data.source, settings), settings.windows
    if source.columns is None or not source.has_files or source.kind == "petastorm":
        return  # the first stage reports them; a data set of Petastorm by its schema
    names = source.columns.names if windows is None else window_columns(source.columns, windows)
    try:
        require_columns(source, listing.root, files, names)
    except MissingColumnError as error:
        key = column_key(configuration, error.name)
        raise MissingColumnError(error.name, error.file, error.columns, error.cause, key) from None
    for name, example in find_dates(source, listing.root, files, settings.number_cells).items():
        key = column_key(configuration, name)
        raise ConfigurationError(
            f"The column {name!r} of {source.path}, which {key} names, holds dates, such as {example!r:.40}; write a "
            "number, such as the days since the first one, or name the column as a category."
        )


def require_table_outside_source(table: Path, source: str) -> None:
    """Raise if the table lies inside the folder that is read."""
    # Only a folder can contain the table; the source may be a single file or not a path.
    root = locate(source)
    if table.resolve().is_relative_to(root.resolve()) and root.is_dir():
        raise ConfigurationError(
            f"The table {table} lies inside the source {root.absolute()}, so its files would be read as "
            "records; set data.table to a folder outside the source."
        )

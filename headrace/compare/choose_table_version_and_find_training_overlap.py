"""Choose the table version of a comparison, and detect models that were trained on its rows."""

from collections.abc import Sequence
from pathlib import Path

from headrace.compare.compared_models import ComparedModel
from headrace.contract_comparison import ClassMatch
from headrace.errors import DataError
from headrace.evaluate.class_match_with_table import match_classes
from headrace.evaluate.training_overlap import TrainingOverlap, training_overlap, warn_of_overlap
from headrace.storage import locate
from headrace.table import Version, read
from headrace.wording import join_names


def choose_version(candidates: Sequence[ComparedModel], table: Path | None, number: int | None) -> Version:
    """Return the version `number` of `table`; by default the newest version that one of the models was trained on.

    Raises:
        DataError: without `table`: the models were trained on different tables, or their table was moved or replaced;
            the version does not exist.
    """
    if table is not None:
        return read(table, number)
    origins = [candidate.bundle.origin for candidate in candidates]
    if not all(origins[0].is_of_table(origin.table_id, origin.table) for origin in origins):
        tables = join_names(list(dict.fromkeys(origin.table for origin in origins)))
        raise DataError(
            f"The models were trained on different tables ({tables}), and so share no test rows; name the "
            "table whose rows all of them predict with --table."
        )
    newest = max(origins, key=lambda origin: origin.data_version)
    version = read(locate(newest.table), newest.data_version if number is None else number)
    if newest.table_id and version.table_id != newest.table_id:
        raise DataError(f"Another table is at {newest.table} than the models were trained on; name it with --table.")
    return version


def match_all(candidates: Sequence[ComparedModel], version: Version) -> list[ClassMatch]:
    """Return how the classes of each model match those of the table.

    Raises:
        DataError: a model cannot take the rows, or was trained for another task or other classes.
    """
    matches = []
    for candidate in candidates:
        try:
            matches.append(match_classes(candidate.bundle, version))
        except DataError as error:
            raise DataError(
                f"{candidate.name} cannot be compared on version {version.number} of {version.table}: {error}"
            ) from error
    return matches


def find_overlaps(candidates: Sequence[ComparedModel], version: Version, split: str) -> dict[str, TrainingOverlap]:
    """Return by model the rows of the split that it was trained on, and warn of them.

    Raises:
        DataError: the version has no such split, or one of its shards cannot be read.
    """
    overlaps = {}
    for candidate in candidates:
        overlap = training_overlap(candidate.bundle.origin.trained_on, version, split)
        warn_of_overlap(overlap, candidate.name, split)
        overlaps[candidate.name] = overlap
    return overlaps

"""Match the outputs of a bundle to the classes of the table version it is evaluated on."""

import logging
from collections.abc import Collection

from headrace.bundle import Bundle
from headrace.contract_comparison import ClassMatch, require_same_targets
from headrace.errors import DataError
from headrace.table import Version, read

log = logging.getLogger(__name__)


def match_classes(
    bundle: Bundle, version: Version, *, absent: Collection[str] = (), may_grow: bool = False
) -> ClassMatch:
    """Return how the bundle's classes match the table's, by name; a log line says it if they are not equal.

    Args:
        absent: classes of the table without a row to evaluate, which the model need not know.
        may_grow: whether one of the two may know classes that were added later.

    Raises:
        DataError: the inputs, the tasks or the classes do not match.
    """
    bundle.require_matching_input(version)
    name = f"version {version.number} of {version.table}"
    match = require_same_targets(
        bundle.contract,
        version.contract,
        name,
        may_grow=may_grow,
        absent=absent,
        find_remedy=lambda: "" if may_grow else _advise_own_version(bundle, version),
    )
    if not match.is_equal:
        log.warning("The bundle %s and %s have %s; they are matched by name.", bundle.path, name, match)
    return match


def _advise_own_version(bundle: Bundle, version: Version) -> str:
    """Return the advice to take the version that the bundle was trained on; no text if it is not one of this table."""
    if not bundle.origin.is_of_table(version.table_id, str(version.table)):
        return ""
    try:
        own = read(version.table, bundle.origin.data_version)
    except DataError:
        return ""
    if set(own.contract.classes) != set(bundle.contract.classes):
        return ""
    return f"Version {own.number} has the bundle's classes; choose it with --version {own.number}."

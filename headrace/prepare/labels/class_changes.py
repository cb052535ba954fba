"""Compare the classes of two versions: added, kept, removed and without records."""

import logging
from dataclasses import dataclass

from headrace.contract import Contract
from headrace.contract_comparison import ClassMatch
from headrace.table import Summary
from headrace.wording import join_names, plural

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ClassChanges:
    """The classes of two successive versions, compared by name.

    Attributes:
        before: classes of the previous version, in the order of their numbers.
        now: classes of the new version, in the order of their numbers.
        without_records: classes of the new version that none of its records has.
        noun: what a class is called: `class` or `item`.
        lists_names: whether JSON lists the classes by name; else it counts them.
    """

    before: tuple[str, ...]
    now: tuple[str, ...]
    without_records: tuple[str, ...]
    noun: str = "class"
    lists_names: bool = True

    @property
    def match(self) -> ClassMatch:
        """The classes of both versions, compared by name."""
        return ClassMatch(self.before, self.now)

    @property
    def renumbered(self) -> bool:
        """Return whether a class of both versions has another number in the new one."""
        kept = self.match.shared
        return kept != self.before[: len(kept)]

    def as_json(self) -> dict[str, int | list[str]]:
        """Return the number of kept classes, and the names of the others, or their number, by what became of them."""
        match = self.match
        others = {"added": match.new, "removed": match.dropped, "without_records": self.without_records}
        return {"kept": len(match.shared)} | {
            name: list(classes) if self.lists_names else len(classes) for name, classes in others.items()
        }

    def __str__(self) -> str:
        match = self.match
        groups = {"kept": match.shared, "removed": match.dropped, "added": match.new}
        several = plural(self.noun).capitalize()
        text = f"{several}: {', '.join(_describe(names, verb) for verb, names in groups.items())}."
        if self.renumbered:
            text += (
                f" {several} that stay have new numbers; bundles and older versions keep theirs and are matched by "
                "name."
            )
        return text


def compare_classes(before: Contract | None, now: Summary) -> ClassChanges | None:
    """Return the changes from the contract of the previous version; None if the task has no classes.

    Args:
        before: None for the first version.
    """
    contract = now.contract
    if not contract.target.has_classes:
        return None
    target = contract.target
    return ClassChanges(
        before.classes if before else (),
        contract.classes,
        now.classes_without_rows(),
        target.class_noun,
        not target.has_items,
    )


def report_classes(changes: ClassChanges | None, *, full: bool) -> None:
    """Log which classes were removed or added, and warn of those without a record.

    Args:
        full: whether the classes were determined again, so that one without a record has only copies of other records.
    """
    if changes is None:
        return
    if changes.before and (full or not changes.match.has_same_names):
        log.info("%s", changes)
    if not changes.without_records:
        return
    names, several = join_names(list(map(repr, changes.without_records))), plural(changes.noun)
    if full or not changes.before:
        log.warning("No record of the %s %s is left, as all were dropped as copies of other records.", several, names)
        return
    log.warning(
        "The table has no record of %s of %s %s any more: %s. They stay %s, so that the numbers of the "
        "others do not change, and networks predict them; `headrace prepare --full` determines the %s again.",
        len(changes.without_records), len(changes.now), several, names, several, several,
    )  # fmt: skip


def _describe(names: tuple[str, ...], verb: str) -> str:
    return f"{len(names)} {verb}" + (f" ({join_names(list(map(repr, names)))})" if names else "")

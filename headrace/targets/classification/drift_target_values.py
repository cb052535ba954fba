"""Group rows by class in profiles of drift."""

from headrace.contract import Contract


def target_label(target: int, contract: Contract) -> str:
    """Return the name of the class."""
    return contract.classes[target]


def profile_groups(target: int, contract: Contract) -> tuple[str]:
    """Return the class."""
    return (contract.classes[target],)


def statistics(target: int) -> dict[str, float]:
    """Return nothing: classes are counted."""
    return {}

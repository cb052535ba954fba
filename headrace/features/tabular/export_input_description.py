"""Describe the rows that an exported model takes as input."""

from headrace.bundle import Bundle
from headrace.features.tabular.contract_spec import TabularSpec


def describe_input(bundle: Bundle) -> str:
    """See `ExportInputInterface`."""
    spec = TabularSpec.of(bundle.contract)
    return (
        f"rows (rows, {len(spec.names)}) of numbers, any number of rows, with the columns {', '.join(spec.names)}. A "
        f"category is the number of its value: 0 if it is missing, 1 if it is not in {spec.file}, else 2 plus its "
        "place there, counted from 0; the model includes normalisation of the numbers, and takes the mean of "
        "`statistics` in the contract for a missing one where `prepare.tabular.missing` is mean."
    )

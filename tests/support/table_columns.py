"""The columns of a table of examples."""

from headrace.contract import Column
from headrace.prepare.arrow_schema_and_columns import IDENTITY
from headrace.targets.classification.label_encoder import COLUMN as LABEL


def table_columns(inputs: dict[str, Column], target: Column = LABEL) -> dict[str, Column]:
    """Return the columns of a table with these inputs and target."""
    return {"path": IDENTITY, "label": target, **inputs, "content_hash": IDENTITY}

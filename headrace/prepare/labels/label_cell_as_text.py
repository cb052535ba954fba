"""The label in a cell of a source, by what a label is."""

from headrace.targets.target_kind_loader import target_module


def label_cell(value: object, task: str) -> str | None:
    """Return the label in a cell as text, as the target kind `task` reads it; None if it is missing.

    Raises:
        RejectedRecordError: the cell is an object, bytes that are no text, or a list that cannot be a label.
    """
    # By name, as the kind's module imports the plan of the preparation, and that the readers of sources.
    text: str | None = target_module(task, "label_encoder").label_cell(value)
    return text

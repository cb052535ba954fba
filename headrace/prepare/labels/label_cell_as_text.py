"""Read the label in a cell as text, by the target kind."""

from headrace.targets.target_kind_loader import target_module


def label_cell(value: object, task: str) -> str | None:
    """Return the label in a cell as text, as the target kind `task` reads it; None if it is missing.

    Raises:
        RejectedRecordError: the cell is an object, bytes that are no text, or a list that cannot be a label.
    """
    # Loaded by name to avoid an import cycle: the label encoder imports the plan, and that the readers of sources.
    text: str | None = target_module(task, "label_encoder").label_cell(value)
    return text

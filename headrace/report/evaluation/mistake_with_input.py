"""A mistake in a report with the model's input, and evaluations whose worst rows are such mistakes."""

from collections.abc import Sequence
from typing import TypeVar

from headrace.html.small_image_check import is_pixelated
from headrace.report.evaluation.evaluation_schema import TaskEvaluation
from headrace.report.frozen_json_model import JsonRecord


class MistakeWithInput(JsonRecord):
    """A row of a large error; its input is a picture as a base64 PNG, a text, or not shown."""

    path: str
    png: str | None = None
    text: str | None = None


Mistake = TypeVar("Mistake", bound=MistakeWithInput)


class NumberEvaluation(TaskEvaluation):
    """Evaluation of a model that predicts numbers."""

    worst: tuple[MistakeWithInput, ...] = ()

    @property
    def has_inputs(self) -> bool:
        """Whether the worst mistakes include the model's input."""
        return any(miss.png or miss.text is not None for miss in self.worst)


def with_enlargement(mistakes: Sequence[Mistake]) -> list[tuple[Mistake, bool]]:
    """Return the mistakes, and whether the picture of each is shown enlarged."""
    return [(mistake, is_pixelated(mistake.png)) for mistake in mistakes]

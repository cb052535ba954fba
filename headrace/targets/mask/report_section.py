"""Section of a report with the evaluation of a model that predicts a class for each pixel."""

from dataclasses import dataclass

from headrace.html.small_image_check import is_pixelated
from headrace.report.evaluation.evaluation_schema import TaskEvaluation
from headrace.report.evaluation.mistake_with_input import MistakeWithInput
from headrace.report.evaluation.report_section_base import EvaluationView
from headrace.report.evaluation.report_section_interface import Headline
from headrace.report.frozen_json_model import JsonRecord
from headrace.targets.mask.mask_pictures import class_colour
from headrace.wording import number, quantity

MAX_CONFUSIONS = 10


class MaskMistake(MistakeWithInput):
    """A row of a small IoU, with its true and its predicted mask as PNG files in base64; `wrong` is a share."""

    iou: float
    wrong: float
    true_mask: str
    predicted_mask: str


class PixelScores(JsonRecord):
    """Scores of the pixels of one class; None where no pixel has it or is predicted to have it."""

    iou: float | None
    dice: float | None
    precision: float | None
    recall: float | None
    pixels: int
    rows: int
    intervals: dict[str, tuple[float, float]] = {}


class MaskEvaluation(TaskEvaluation):
    """Evaluation of a model that predicts a class for each pixel."""

    classes: tuple[str, ...]
    absent: tuple[str, ...] = ()
    pixels: int
    baselines: dict[str, dict[str, float]]
    by_class: dict[str, PixelScores]
    confusion: tuple[tuple[int, ...], ...]
    worst: tuple[MaskMistake, ...] = ()


@dataclass(frozen=True)
class Confusion:
    """Pixels of one class that are predicted to have another one, and their share of the pixels of the class."""

    true: str
    predicted: str
    pixels: int
    share: float


class MaskAssessment(EvaluationView[MaskEvaluation]):
    """An evaluation and the values derived from it."""

    @property
    def headline(self) -> Headline:
        """Mean IoU, and the share of right pixels."""
        metrics = self.evaluation.metrics
        note = f"{100 * metrics['pixel_accuracy']:.1f}% of the pixels of {quantity(self.rows, 'row')} are right"
        return Headline("Mean IoU", number(metrics["mean_iou"]), note)

    @property
    def colours(self) -> dict[str, str]:
        """The colour of each class in masks, as CSS has it."""
        colours = (class_colour(index) for index in range(len(self.evaluation.classes)))
        return {
            name: f"rgb({red},{green},{blue})"
            for name, (red, green, blue) in zip(self.evaluation.classes, colours, strict=True)
        }

    @property
    def confusions(self) -> list[Confusion]:
        """The classes of which most pixels are predicted to have another one."""
        names, counts = self.evaluation.classes, self.evaluation.confusion
        found = [
            Confusion(names[true], names[predicted], pixels, pixels / sum(row))
            for true, row in enumerate(counts)
            for predicted, pixels in enumerate(row)
            if true != predicted and pixels
        ]
        return sorted(found, key=lambda one: -one.pixels)[:MAX_CONFUSIONS]

    @property
    def worst(self) -> list[tuple[MaskMistake, bool]]:
        """The rows with the smallest IoU, and whether their pictures are shown enlarged."""
        return [(mistake, is_pixelated(mistake.true_mask)) for mistake in self.evaluation.worst]


RECORD = MaskEvaluation


def assess(evaluation: MaskEvaluation) -> MaskAssessment:
    """See `ReportSectionInterface`."""
    return MaskAssessment(evaluation)

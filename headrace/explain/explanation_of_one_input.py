"""The explanation of one input: its prediction, its attributions and their renderings."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.explain.attribution.integrated_gradients import Attribution
from headrace.explain.attribution.target_score import score_module
from headrace.explain.token_attribution_spans import TokenSpan
from headrace.targets.target_kind_loader import target_module


class PredictedMaskInterface(Protocol):
    """The module `mask_pictures` of a target kind with a class for each pixel."""

    def mask_text(self, mask: NDArray[np.uint8]) -> str:
        """Return class indices, (height, width), as a PNG file in base64."""


@dataclass(frozen=True)
class ExplainedPrediction:
    """The bundle's prediction for one input.

    Attributes:
        outputs: one probability for each class, or of masks for each pixel and class, one number in regression, or the
            components of a vector.
        class_number: index of the explained class; None without classes.
    """

    contract: Contract
    outputs: NDArray[np.float32]
    class_number: int | None

    @classmethod
    def select(
        cls, contract: Contract, outputs: NDArray[np.float32], class_number: int | None
    ) -> "ExplainedPrediction":
        """Return the prediction that explains `class_number`, or the most probable class (of most pixels) if None."""
        if not contract.target.has_classes:
            return cls(contract, outputs, None)
        most_probable = np.bincount(outputs.reshape(-1, outputs.shape[-1]).argmax(-1)).argmax()
        return cls(contract, outputs, int(most_probable) if class_number is None else class_number)

    @property
    def mask(self) -> str | None:
        """The predicted mask as a data URI; None if the target is no mask."""
        if not self.contract.target.is_per_pixel:
            return None
        module: PredictedMaskInterface = target_module(self.contract.task, "mask_pictures")
        return f"data:image/png;base64,{module.mask_text(self.outputs.argmax(-1).astype(np.uint8))}"

    def as_json(self) -> dict[str, Any]:
        """Return the prediction for JSON."""
        described = score_module(self.contract.task).describe(self.contract, self.outputs, self.class_number)
        return dict(described)


@dataclass(frozen=True)
class Rendering:
    """The result of one method as an image, or as coloured spans of a text.

    Attributes:
        picture: PNG as a data URI; None for texts.
        spans: spans of the text; None for images.
    """

    method: str
    picture: str | None = None
    spans: list[TokenSpan] | None = None


@dataclass(frozen=True)
class Explanation:
    """The explanation of one input.

    Attributes:
        integrated: attributions by integrated gradients; None if not requested or not possible.
        renderings: one for each method.
        original: the prepared image, the network's input, as a data URI; None for texts.
        sound: the prepared sound as a data URI; None for others, and for a long one.
    """

    path: str
    prediction: ExplainedPrediction
    integrated: Attribution | None
    renderings: tuple[Rendering, ...]
    original: str | None = None
    sound: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the explanation with its measured gap for JSON."""
        summary = {"path": self.path} | self.prediction.as_json()
        attribution = self.integrated
        if attribution is None:
            return summary
        return summary | {
            "baseline_score": attribution.baseline,
            "score": attribution.input,
            "attributed": float(attribution.attributions.sum()),
            "gap": attribution.gap,
            "tolerance": attribution.tolerance,
            "complete": attribution.complete,
            "steps": attribution.steps,
        }

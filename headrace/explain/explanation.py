"""What is known of one input when it has been explained."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.explain.integrated_gradients import Attribution
from headrace.explain.token_spans import TokenSpan


@dataclass(frozen=True)
class ExplainedPrediction:
    """Of the bundle for one input.

    Attributes:
        class_number: that is explained; None in regression.
        outputs: a probability for each class, or one number.
    """

    contract: Contract
    outputs: NDArray[np.float32]
    class_number: int | None

    @classmethod
    def of(cls, contract: Contract, outputs: NDArray[np.float32], wanted: int | None) -> "ExplainedPrediction":
        """The class that is `wanted` is explained, or the most probable one."""
        if not contract.classes:
            return cls(contract, outputs, None)
        return cls(contract, outputs, int(outputs.argmax()) if wanted is None else wanted)

    def described(self) -> dict[str, Any]:
        """As JSON."""
        if self.class_number is None:
            return {"value": float(self.outputs[0])}
        best = int(self.outputs.argmax())
        return {
            "predicted": self.contract.classes[best],
            "predicted_probability": float(self.outputs[best]),
            "class": self.contract.classes[self.class_number],
            "class_probability": float(self.outputs[self.class_number]),
        }


@dataclass(frozen=True)
class Rendering:
    """One method's picture of an input, or its words.

    Attributes:
        picture: a data URI; None for texts.
        pieces: of the text; None for images.
    """

    method: str
    picture: str | None = None
    pieces: list[TokenSpan] | None = None


@dataclass(frozen=True)
class Explanation:
    """One input.

    Attributes:
        integrated: None where integrated gradients were not asked for, or cannot be had.
        original: the image as the network was shown it; None for texts.
    """

    path: str
    answer: ExplainedPrediction
    integrated: Attribution | None
    shown: tuple[Rendering, ...]
    original: str | None = None

    def described(self) -> dict[str, Any]:
        """As JSON, with the measured gap."""
        about = {"path": self.path} | self.answer.described()
        found = self.integrated
        if found is None:
            return about
        return about | {
            "baseline_score": found.baseline,
            "score": found.input,
            "attributed": float(found.attributions.sum()),
            "gap": found.gap,
            "tolerance": found.tolerance,
            "complete": found.complete,
            "steps": found.steps,
        }

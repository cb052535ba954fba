"""Check outputs of a model, and compare outputs and weights of two models.

Everything here is plain NumPy, so that the rank and the process that loads its bundle share it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.networks.output_properties_interface import network_outputs

Outputs = NDArray[np.float32]

# Maximum distance of a row's probabilities from a sum of 1, and of a probability from 0 to 1. In half precision a
# softmax of a thousand classes is off by 0.4 %.
SUM_TOLERANCE = {"float32": 1e-3}
SUM_TOLERANCE_IN_HALF_PRECISION = 2e-2
# Maximum distance of two outputs that should be equal, relative to the largest one. bfloat16 has 8 significant bits.
TOLERANCE = {"float32": 1e-5}
TOLERANCE_IN_HALF_PRECISION = 2e-2


@dataclass(frozen=True, kw_only=True)
class LayerTrace:
    """The outputs of one layer in one forward pass, as three moments.

    Attributes:
        layer: path and class, such as `block/dense (Dense)`.
        moments: mean, root mean square, and projection on a fixed direction; NaN where the outputs are.
    """

    layer: str
    moments: tuple[float, float, float]


def find_fault(outputs: Outputs, contract: Contract, precision: str = "float32") -> str | None:
    """Return what is wrong with `outputs` as outputs of a model for `contract`, or None.

    Args:
        outputs: (rows, outputs of the contract), of masks those of all pixels.
        precision: Keras's dtype policy of the model.
    """
    if (wrong := _find_wrong_shape(outputs, contract)) is not None:
        return wrong
    if not np.isfinite(outputs).all():
        return "its outputs are not finite numbers (NaN or infinity)"
    return find_impossible(outputs, contract, precision)


def find_impossible(outputs: Outputs, contract: Contract, precision: str = "float32") -> str | None:
    """Return why `outputs` cannot be probabilities where the contract requires them, or None.

    Rows with NaN or infinity are ignored: random weights may produce them in a correct network.
    """
    if (wrong := _find_wrong_shape(outputs, contract)) is not None:
        return wrong
    finite = outputs[np.isfinite(outputs).all(axis=1)].astype(np.float64)
    if not finite.size:
        return None
    tolerance = SUM_TOLERANCE.get(precision, SUM_TOLERANCE_IN_HALF_PRECISION)
    return network_outputs(contract.task).impossible_outputs(
        finite.reshape(len(finite), *contract.output_shape), tolerance
    )


def _find_wrong_shape(outputs: Outputs, contract: Contract) -> str | None:
    """Return what is wrong with the number of outputs, which a subclassed model reveals only when it is called."""
    expected = math.prod(contract.output_shape)
    if outputs.shape[1] == expected:
        return None
    return f"it gives {outputs.shape[1]} outputs for a row, expected {expected}"


def largest_difference(one: Outputs, other: Outputs) -> float:
    """Return the largest absolute difference of two models' outputs; infinity if only one has a NaN."""
    if one.shape != other.shape or not np.array_equal(np.isfinite(one), np.isfinite(other)):
        return float("inf")
    difference = np.abs(one.astype(np.float64) - other.astype(np.float64))
    return float(np.nanmax(difference, initial=0.0))


def are_equal(one: Outputs, other: Outputs, contract: Contract, precision: str = "float32") -> bool:
    """Return whether two models' outputs are equal within the precision.

    Probabilities are compared on the scale of 1; numbers of a regression on the scale of the largest output, which may
    be 1e9 as well as 1e-9.
    """
    scale = network_outputs(contract.task).scale(other)
    tolerance = TOLERANCE.get(precision, TOLERANCE_IN_HALF_PRECISION)
    return largest_difference(one, other) <= tolerance * scale


def first_difference(one: Sequence[LayerTrace], other: Sequence[LayerTrace], tolerance: float = 1e-3) -> str | None:
    """Return the first layer whose outputs differ between two forward passes over equal rows, or None."""
    for mine, theirs in zip(one, other, strict=False):
        scale = max(abs(theirs.moments[1]), 1e-30)
        if not np.allclose(mine.moments, theirs.moments, rtol=0, atol=tolerance * scale, equal_nan=True):
            return mine.layer
    return None


def changed_weights(live: Sequence[tuple[str, str]], loaded: Sequence[tuple[str, str]]) -> list[str]:
    """Return the paths of the live model's variables that the loaded model lacks or holds with other values.

    Args:
        live: path and SHA-256 of every variable of the trained model.
        loaded: the same of the model that was loaded. Paths may count layers from another number, so that variables are
            matched by position where both models have equally many.
    """
    if len(live) == len(loaded):
        return [path for (path, mine), (_, theirs) in zip(live, loaded, strict=True) if mine != theirs]
    known = dict(loaded)
    return [path for path, digest in live if known.get(path) != digest]

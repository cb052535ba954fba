"""Outputs that a contract allows, and the comparison of outputs, layers and weights."""

import numpy as np
import pytest

from headrace.contract import Contract
from headrace.train.bundle_verification.output_checks import (
    LayerTrace,
    are_equal,
    changed_weights,
    find_fault,
    find_impossible,
    first_difference,
)

CLASSES = Contract(columns={}, classes=("bag", "boot", "coat"))
LABELS = CLASSES.model_copy(update={"task": "multi_label"})
NUMBERS = Contract(columns={}, task="regression")
PROBABILITIES = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]], "float32")


@pytest.mark.parametrize(
    ("contract", "outputs", "fault"),
    [
        (CLASSES, PROBABILITIES, None),
        (CLASSES, PROBABILITIES * 1.0005, None),
        (CLASSES, PROBABILITIES * 1.01, "range from 0 to 1.01"),
        (CLASSES, PROBABILITIES * [0.9, 0.9, 0.9], "add up to 0.9 to 0.9, not to 1"),
        (CLASSES, np.log(PROBABILITIES + 1e-3), "range from -6.908"),
        (CLASSES, np.zeros((2, 3)), "add up to 0 to 0"),
        (LABELS, np.array([[1.0, 0.9, 0.0]]), None),
        (LABELS, np.array([[1.0, 0.9, -0.2]]), "range from -0.2 to 1, not from 0 to 1"),
        (NUMBERS, np.array([[1e30], [-5.0]]), None),
    ],
)
def test_outputs_are_checked_by_task(contract: Contract, outputs: np.ndarray, fault: str | None) -> None:
    """Classes need probabilities that add up to 1, labels probabilities, numbers nothing but finiteness."""
    found = find_impossible(outputs.astype("float32"), contract)
    assert found is None if fault is None else fault in str(found)


@pytest.mark.parametrize("contract", [CLASSES, LABELS, NUMBERS])
def test_nan_is_fault_of_trained_model_only(contract: Contract) -> None:
    """Random weights may give NaN in a correct network; its other rows are judged."""
    outputs = PROBABILITIES[:, : contract.outputs].copy()
    outputs[0, 0] = np.nan
    assert find_impossible(outputs, contract) is None
    assert "not finite" in str(find_fault(outputs, contract))


def test_softmax_in_half_precision_is_not_refused() -> None:
    """A sum of a thousand rounded probabilities is off by 0.4 %."""
    outputs = np.full((2, 3), 1.004 / 3, "float32")
    assert find_impossible(outputs, CLASSES) is not None
    assert find_impossible(outputs, CLASSES, "mixed_bfloat16") is None


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_regression_is_compared_on_scale_of_its_outputs(scale: float) -> None:
    """Neither large numbers fail by rounding nor small ones pass by their size."""
    outputs = np.array([[1.0], [-0.2], [0.0]], "float32") * np.float32(scale)
    assert are_equal(outputs + np.float32(5e-6 * scale), outputs, NUMBERS)
    assert not are_equal(outputs + np.float32(1e-4 * scale), outputs, NUMBERS)


def test_probabilities_are_compared_absolutely() -> None:
    """Tolerance is 1e-5, in half precision 2e-2."""
    assert are_equal(PROBABILITIES + np.float32(9e-6), PROBABILITIES, CLASSES)
    assert not are_equal(PROBABILITIES + np.float32(1e-4), PROBABILITIES, CLASSES)
    assert are_equal(PROBABILITIES + np.float32(1e-2), PROBABILITIES, CLASSES, "mixed_bfloat16")


def test_outputs_with_nan_in_one_model_only_differ() -> None:
    """NaN in both models at the same place are equal."""
    broken = PROBABILITIES.copy()
    broken[0, 0] = np.nan
    assert are_equal(broken, broken, CLASSES)
    assert not are_equal(broken, PROBABILITIES, CLASSES)


def test_changed_weights_are_named_by_path() -> None:
    """Numbers that Keras counts on through a process do not matter."""
    live = [("dense_7/kernel", "a"), ("dense_7/bias", "b")]
    assert changed_weights(live, [("dense/kernel", "a"), ("dense/bias", "c")]) == ["dense_7/bias"]
    assert changed_weights(live, [("dense_7/kernel", "a")]) == ["dense_7/bias"]


def test_first_difference_is_first_layer_that_differs() -> None:
    """Later layers differ because of it."""
    one = [LayerTrace(layer=name, moments=(1.0, 2.0, 0.5)) for name in "abc"]
    other = [one[0], *(LayerTrace(layer=name, moments=(1.0, 2.0, 0.7)) for name in "bc")]
    assert first_difference(one, other) == "b"
    assert first_difference(one, one) is None

"""The contract provides what a model needs, and a JSON round trip keeps it exactly."""

import pytest
from pydantic import ValidationError

from headrace.contract import Column, Contract
from headrace.features.contract_spec import Statistics
from headrace.features.image.contract_spec import ImageSpec

CONTRACT = Contract(
    columns={
        "path": Column(role="identity", codec="plain", dtype="string"),
        "image": Column(role="input", codec="png", dtype="uint8", shape=(28, 32, 3)),
        "label": Column(role="target", codec="plain", dtype="int32"),
    },
    classes=("cat", "dog's \u2603"),
    input_specs={"image": ImageSpec(statistics=Statistics(mean=(0.1, 127.5, 1 / 3), variance=(0.0, 4.0, 1e-300)))},
)


def test_column_is_found_by_role() -> None:
    assert CONTRACT.named("target") == ("label", CONTRACT.columns["label"])
    assert CONTRACT.input_shape == (28, 32, 3)


def test_missing_role_is_named() -> None:
    without = CONTRACT.model_copy(update={"columns": {"path": CONTRACT.columns["path"]}})
    with pytest.raises(KeyError, match="no column with role 'target'"):
        without.named("target")


def test_standard_deviation_is_root_of_variance() -> None:
    assert CONTRACT.statistics.standard_deviation == (0.0, 2.0, 1e-150)


def test_json_round_trip_is_exact() -> None:
    assert Contract.model_validate_json(CONTRACT.model_dump_json()) == CONTRACT


def test_outputs_and_activation_follow_task() -> None:
    assert (CONTRACT.outputs, CONTRACT.output_activation) == (2, "softmax")
    regression = CONTRACT.model_copy(update={"task": "regression", "classes": ()})
    assert (regression.outputs, regression.output_activation) == (1, "linear")
    many = CONTRACT.model_copy(update={"task": "multi_label"})
    assert (many.outputs, many.output_activation) == (2, "sigmoid")


@pytest.mark.parametrize(("task", "classes"), [("multi_label", ()), ("classification", ()), ("regression", ("a", "b"))])
def test_classes_are_required_by_classification_and_refused_by_regression(task: str, classes: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError, match=f"`classes` is (required|not allowed) for {task}"):
        Contract.model_validate({"columns": {}, "task": task, "classes": classes})

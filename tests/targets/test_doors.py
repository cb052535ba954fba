"""Every target kind has every door, with the functions that the layers call."""

import subprocess
import sys
from typing import Any

import pytest

from headrace.compare.comparison_door import ComparisonDoor
from headrace.evaluate.evaluation_batch import EvaluationDoor
from headrace.explain.attribution.target_score import ExplanationDoor
from headrace.predict.prediction_door import PredictionDoor
from headrace.prepare.encoders.encoding_door import EncodingDoor
from headrace.report.evaluation.page_door import PageDoor
from headrace.retrain.drift.drift_door import DriftDoor
from headrace.retrain.gate.slicing import GateDoor
from headrace.targets.doors import TASKS, open_door, target_facts
from headrace.train.model.loss_and_metrics import ObjectiveDoor
from headrace.train.validate_settings import SettingsDoor
from tests.support.protocols import require_protocol

DOORS: dict[str, Any] = {
    "comparison": ComparisonDoor,
    "drift": DriftDoor,
    "encoding": EncodingDoor,
    "evaluation": EvaluationDoor,
    "explanation": ExplanationDoor,
    "gate": GateDoor,
    "objective": ObjectiveDoor,
    "page": PageDoor,
    "prediction": PredictionDoor,
    "settings": SettingsDoor,
}


@pytest.mark.tensorflow
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("door", DOORS)
def test_door_has_what_its_protocol_declares(door: str, task: str) -> None:
    require_protocol(open_door(task, door), DOORS[door])


@pytest.mark.parametrize("task", TASKS)
def test_compared_metrics_are_those_of_the_facts(task: str) -> None:
    assert tuple(open_door(task, "comparison").SCORES) == target_facts(task).comparison_metrics
    assert target_facts(task).slice_metric in target_facts(task).comparison_metrics


def test_facts_import_no_engine() -> None:
    program = (
        "import sys; from headrace.targets.doors import TASKS, target_facts; [target_facts(task) for task in TASKS]; "
        "print(sorted({'numpy', 'pyarrow', 'pyspark', 'tensorflow', 'keras', 'pydantic'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"

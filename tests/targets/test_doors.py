"""Every target kind has every door, with the functions that the layers call."""

import subprocess
import sys
from pathlib import Path

import pytest

from headrace.compare.comparison_door import ComparisonDoor
from headrace.evaluate.evaluation_batch import EvaluationDoor
from headrace.retrain.gate.slicing import GateDoor
from headrace.targets import classification, multi_label, regression
from headrace.targets.classification import comparison as class_comparison
from headrace.targets.classification import evaluation as class_evaluation
from headrace.targets.classification import gate as class_gate
from headrace.targets.doors import TASKS, open_door, target_facts
from headrace.targets.multi_label import comparison as label_comparison
from headrace.targets.multi_label import evaluation as label_evaluation
from headrace.targets.multi_label import gate as label_gate
from headrace.targets.regression import comparison as number_comparison
from headrace.targets.regression import evaluation as number_evaluation
from headrace.targets.regression import gate as number_gate

# The type checker compares each module with its protocol.
COMPARISON: tuple[ComparisonDoor, ...] = (class_comparison, label_comparison, number_comparison)
EVALUATION: tuple[EvaluationDoor, ...] = (class_evaluation, label_evaluation, number_evaluation)
GATE: tuple[GateDoor, ...] = (class_gate, label_gate, number_gate)


def test_every_room_is_a_task() -> None:
    rooms = (classification, multi_label, regression)
    assert tuple(room.__name__.rpartition(".")[2] for room in rooms) == TASKS


@pytest.mark.parametrize(("door", "modules"), [("comparison", COMPARISON), ("evaluation", EVALUATION), ("gate", GATE)])
def test_door_opens_the_module_of_the_task(door: str, modules: tuple[object, ...]) -> None:
    assert tuple(open_door(task, door) for task in TASKS) == modules


@pytest.mark.parametrize("task", TASKS)
def test_compared_metrics_are_those_of_the_facts(task: str) -> None:
    assert tuple(open_door(task, "comparison").SCORES) == target_facts(task).comparison_metrics
    assert target_facts(task).slice_metric in target_facts(task).comparison_metrics


def test_facts_import_no_engine(tmp_path: Path) -> None:
    program = (
        "import sys; from headrace.targets.doors import TASKS, target_facts; [target_facts(task) for task in TASKS]; "
        "print(sorted({'numpy', 'pyarrow', 'pyspark', 'tensorflow', 'keras', 'pydantic'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"

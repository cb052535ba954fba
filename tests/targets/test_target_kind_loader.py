"""Every target kind has every module, with the functions that the layers call."""

import subprocess
import sys
from typing import Any, get_args

import pytest

from headrace.evaluate.evaluator_interface import EvaluationInterface
from headrace.explain.attribution.target_score import AttributionScoreInterface
from headrace.networks.output_properties_interface import OutputCountAndValidityInterface
from headrace.predict.outputs.prediction_columns_interface import PredictionColumnsInterface
from headrace.prepare.encoders.label_encoder_interface import LabelEncoderInterface
from headrace.prepare.sources.tables.callers_dataframe_as_source import DataFrameLabelInterface
from headrace.report.evaluation.report_section_interface import ReportSectionInterface
from headrace.retrain.drift.drift_value_interfaces import DriftTargetValuesInterface
from headrace.retrain.gate.slicing import GateDropAndSlicesInterface
from headrace.stream.decode.target_column import TargetDecoderInterface
from headrace.targets.comparison_interface import ComparisonInterface
from headrace.targets.target_kind_loader import TASKS, target_module, target_traits
from headrace.targets.target_kind_traits import TaskType
from headrace.targets.true_target_output_column_interface import TrueTargetColumnInterface
from headrace.train.model.losses_and_metrics.loss_and_metrics import ObjectiveInterface
from headrace.train.validate_settings import LossSettingsCheckInterface
from tests.support.protocols import require_protocol

pytestmark = pytest.mark.tensorflow

INTERFACES: list[tuple[str, Any]] = [
    ("attribution_score", AttributionScoreInterface),
    ("comparison", ComparisonInterface),
    ("dataframe_label_column_type", DataFrameLabelInterface),
    ("evaluation", EvaluationInterface),
    ("gate_slices_and_drift_statistics", DriftTargetValuesInterface),
    ("gate_slices_and_drift_statistics", GateDropAndSlicesInterface),
    ("label_encoder", LabelEncoderInterface),
    ("objective", ObjectiveInterface),
    ("network_output_and_loss_settings_check", LossSettingsCheckInterface),
    ("network_output_and_loss_settings_check", OutputCountAndValidityInterface),
    ("prediction_columns", PredictionColumnsInterface),
    ("prediction_columns", TrueTargetColumnInterface),
    ("report_section", ReportSectionInterface),
    ("stored_target_to_array", TargetDecoderInterface),
]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize(("module", "interface"), INTERFACES)
def test_module_has_what_its_interface_declares(module: str, interface: Any, task: str) -> None:
    require_protocol(target_module(task, module), interface)


@pytest.mark.parametrize("task", TASKS)
def test_compared_metrics_are_those_of_the_properties(task: str) -> None:
    assert tuple(target_module(task, "comparison").SCORES) == target_traits(task).comparison_metrics
    assert target_traits(task).slice_metric in target_traits(task).comparison_metrics


def test_every_room_is_a_task() -> None:
    assert get_args(TaskType) == TASKS


def test_properties_import_no_engine() -> None:
    program = (
        "import sys; from headrace.targets.target_kind_loader import TASKS, target_traits; "
        "[target_traits(task) for task in TASKS]; "
        "print(sorted({'numpy', 'pyarrow', 'pyspark', 'tensorflow', 'keras', 'pydantic'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"

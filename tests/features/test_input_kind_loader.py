"""Every input kind has every module, with the functions that the layers call."""

import subprocess
import sys
from typing import Any, get_args

import pytest

from headrace.config.sections.inputs.input_kind_list import INPUT_SECTIONS
from headrace.config.sections.preparation import Prepare
from headrace.evaluate.mistake_renderer_interface import MistakeRendererInterface
from headrace.explain.explainer_interface import ExplainerInterface
from headrace.export.export_description_and_test_files_interfaces import ExportInputInterface, ExportTestFilesInterface
from headrace.features.column_values_from_stored_rows_interface import ColumnValuesInterface
from headrace.features.input_kind_loader import KINDS, input_module, input_traits
from headrace.features.multi_input_preparation_interface import MultiInputPreparationInterface
from headrace.networks.random_inputs_interface import RandomInputsInterface
from headrace.predict.raw_file_prediction_interface import RawFilePredictionInterface
from headrace.predict.records.record_encoder_in_prediction_interface import PredictionEncoderInterface
from headrace.prepare.dedup.near_duplicates import NearDuplicatesInterface
from headrace.prepare.encode_deduplicate_split_fit import FitOnTrainingSplitInterface
from headrace.prepare.encoders.record_encoder_in_preparation_interface import RawRecordEncoderInterface
from headrace.report.stored_row_picture_interface import StoredRowPictureInterface
from headrace.retrain.drift.drift_value_interfaces import DriftValuesInterface
from tests.support.protocols import require_protocol

pytestmark = pytest.mark.tensorflow

INTERFACES: dict[str, Any] = {
    "drift_values": DriftValuesInterface,
    "record_encoder_in_preparation": RawRecordEncoderInterface,
    "random_inputs_and_mlflow_example": RandomInputsInterface,
    "input_as_picture_or_text": MistakeRendererInterface,
    "export_input_description": ExportInputInterface,
}
IMPORTED_BY_PREPARATION = ("drift_values", "input_as_picture_or_text", "record_encoder_in_preparation")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("module", INTERFACES)
def test_module_has_what_its_interface_declares(module: str, kind: str) -> None:
    require_protocol(input_module(kind, module), INTERFACES[module])


@pytest.mark.parametrize("kind", [kind for kind in KINDS if input_traits(kind).is_fitted])
def test_fitted_kinds_have_their_module(kind: str) -> None:
    require_protocol(input_module(kind, "fit_on_training_split"), FitOnTrainingSplitInterface)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if input_traits(kind).has_pictures])
def test_kinds_with_pictures_have_their_module(kind: str) -> None:
    require_protocol(input_module(kind, "input_as_picture_or_text"), StoredRowPictureInterface)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if input_traits(kind).exports_files])
def test_kinds_whose_models_take_files_have_files_to_test_them(kind: str) -> None:
    require_protocol(input_module(kind, "noise_images_for_export_parity"), ExportTestFilesInterface)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if input_traits(kind).has_near_duplicates])
def test_kinds_with_near_duplicates_have_their_module(kind: str) -> None:
    require_protocol(input_module(kind, "near_duplicates"), NearDuplicatesInterface)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if input_traits(kind).is_file])
def test_kinds_with_raw_files_have_their_module(kind: str) -> None:
    require_protocol(input_module(kind, "raw_file_prediction"), RawFilePredictionInterface)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if input_traits(kind).is_cell])
def test_kinds_whose_records_are_rows_of_files_have_their_module(kind: str) -> None:
    require_protocol(input_module(kind, "record_encoder_in_prediction"), PredictionEncoderInterface)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if input_traits(kind).methods])
def test_kinds_with_methods_of_explanation_have_their_module(kind: str) -> None:
    require_protocol(input_module(kind, "explainer"), ExplainerInterface)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if input_traits(kind).has_cells])
def test_kinds_of_several_cells_have_their_module(kind: str) -> None:
    require_protocol(input_module(kind, "column_values_from_stored_rows"), ColumnValuesInterface)


@pytest.mark.parametrize("kind", INPUT_SECTIONS)
def test_kinds_of_named_inputs_have_their_module(kind: str) -> None:
    require_protocol(input_module(kind, "multi_input_preparation"), MultiInputPreparationInterface)


def test_every_input_of_a_preparation_has_a_room() -> None:
    assert sorted(get_args(Prepare.model_fields["input"].annotation)) == list(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_most_modules_are_imported_without_tensorflow(kind: str) -> None:
    program = (
        "import sys; from headrace.features.input_kind_loader import input_traits, input_module; "
        f"input_traits({kind!r}); "
        "engines = {'numpy', 'pyspark', 'tensorflow', 'pydantic'} & set(sys.modules); "
        f"[input_module({kind!r}, module) for module in {IMPORTED_BY_PREPARATION}]; "
        "print(sorted(engines), 'tensorflow' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[] False"

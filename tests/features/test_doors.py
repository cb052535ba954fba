"""Every input kind has every door, with the functions that the layers call."""

import subprocess
import sys
from typing import Any, get_args

import pytest

from headrace.config.sections.preparation import Prepare
from headrace.evaluate.mistakes import RenderingDoor
from headrace.explain.explanation_door import FeatureExplanationDoor
from headrace.export.serving_door import ServingDoor
from headrace.features.doors import KINDS, feature_facts, open_door
from headrace.predict.raw_files_door import RawFilesDoor
from headrace.prepare.dedup.near_duplicates import NearDuplicatesDoor
from headrace.prepare.encoders.row_encoders import FeatureEncodingDoor
from headrace.prepare.stages import SecondStageDoor
from headrace.retrain.drift.drift_door import FeatureDriftDoor
from tests.support.protocols import require_protocol

pytestmark = pytest.mark.tensorflow

DOORS: dict[str, Any] = {
    "drift": FeatureDriftDoor,
    "encoding": FeatureEncodingDoor,
    "rendering": RenderingDoor,
    "second_stage": SecondStageDoor,
    "serving": ServingDoor,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("door", DOORS)
def test_door_has_what_its_protocol_declares(door: str, kind: str) -> None:
    require_protocol(open_door(kind, door), DOORS[door])


@pytest.mark.parametrize("kind", ["image", "text"])
def test_kinds_with_near_duplicates_have_their_door(kind: str) -> None:
    require_protocol(open_door(kind, "near_duplicates"), NearDuplicatesDoor)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if feature_facts(kind).is_file])
def test_kinds_with_raw_files_have_their_door(kind: str) -> None:
    require_protocol(open_door(kind, "raw_files"), RawFilesDoor)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if feature_facts(kind).methods])
def test_kinds_with_methods_of_explanation_have_their_door(kind: str) -> None:
    require_protocol(open_door(kind, "explanation"), FeatureExplanationDoor)


def test_every_input_of_a_preparation_has_a_room() -> None:
    assert sorted(get_args(Prepare.model_fields["input"].annotation)) == list(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_doors_but_serving_are_opened_without_tensorflow(kind: str) -> None:
    program = (
        "import sys; from headrace.features.doors import feature_facts, open_door; "
        f"feature_facts({kind!r}); engines = {{'numpy', 'pyspark', 'tensorflow', 'pydantic'}} & set(sys.modules); "
        f"[open_door({kind!r}, door) for door in ('drift', 'rendering', 'encoding', 'second_stage')]; "
        "print(sorted(engines), 'tensorflow' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[] False"

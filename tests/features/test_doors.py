"""Every input kind has every door, with the functions that the layers call."""

import subprocess
import sys
from typing import Any, get_args

import pytest

from headrace.config.sections.preparation import Prepare
from headrace.evaluate.mistakes import RenderingDoor
from headrace.export.serving_door import ServingDoor
from headrace.features.doors import KINDS, open_door
from headrace.retrain.drift.drift_door import FeatureDriftDoor
from tests.support.protocols import require_protocol

pytestmark = pytest.mark.tensorflow

DOORS: dict[str, Any] = {"drift": FeatureDriftDoor, "rendering": RenderingDoor, "serving": ServingDoor}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("door", DOORS)
def test_door_has_what_its_protocol_declares(door: str, kind: str) -> None:
    require_protocol(open_door(kind, door), DOORS[door])


def test_every_input_of_a_preparation_has_a_room() -> None:
    assert sorted(get_args(Prepare.model_fields["input"].annotation)) == list(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_doors_but_serving_are_opened_without_tensorflow(kind: str) -> None:
    program = (
        "import sys; from headrace.features.doors import feature_facts, open_door; "
        f"feature_facts({kind!r}); engines = {{'numpy', 'pyspark', 'tensorflow', 'pydantic'}} & set(sys.modules); "
        f"[open_door({kind!r}, door) for door in ('drift', 'rendering')]; "
        "print(sorted(engines), 'tensorflow' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[] False"

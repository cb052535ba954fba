"""An explanation of a predicted vector is one of its norm."""

from pathlib import Path

import keras
import numpy as np
import pytest

from headrace.bundle import Origin, write
from headrace.explain.job import explain
from headrace.explain.options import ExplainOptions
from headrace.networks.network_build_and_checks import build_model
from tests.explain.raw import write_images
from tests.support.shipped_networks import MODELS, SMALL, vector_contract

pytestmark = pytest.mark.tensorflow


def test_attributions_sum_to_the_difference_of_norms(tmp_path: Path) -> None:
    path = next(path for path in MODELS if path.stem == "mlp")
    contract, settings = vector_contract(path), {"image": {"size": [16, 12], "mode": "RGB", "codec": "raw"}}
    origin = Origin(run="r", table="t", data_version=0, steps=0, weights_sha256="0" * 64, settings=settings)
    keras.utils.set_random_seed(1)
    model = build_model(path, contract, SMALL["mlp"])
    bundle = write(tmp_path / "bundle", model, path, contract, SMALL["mlp"], origin)
    page = tmp_path / "page.html"
    result = explain(bundle, write_images(tmp_path / "raw"), page, ExplainOptions())
    for one in result["inputs"]:
        assert one["norm"] == pytest.approx(np.linalg.norm(one["values"]), rel=1e-5)
        assert one["score"] == pytest.approx(one["norm"], rel=1e-4)
        assert abs(one["attributed"] - (one["score"] - one["baseline_score"])) == pytest.approx(one["gap"], abs=1e-5)
    text = page.read_text("utf-8")
    assert "The explained score is the <strong>norm of the vector</strong> that the network predicts" in text
    assert "a vector of the norm <b>" in text

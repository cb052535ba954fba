"""An explanation of a mask is one of the mean probability of a class over its pixels."""

from pathlib import Path

import keras
import pytest

from headrace import bundle as bundles
from headrace.bundle import Origin, write
from headrace.explain.job import explain
from headrace.explain.options import ExplainOptions
from headrace.networks.network_build_and_checks import build_model
from tests.explain.raw import write_images
from tests.support.shipped_networks import MASKS, MODELS, SMALL, contract_for

pytestmark = pytest.mark.tensorflow


@pytest.mark.parametrize("class_name", [None, "coat"])
def test_attributions_sum_to_the_difference_of_mean_probabilities(class_name: str | None, tmp_path: Path) -> None:
    path = next(path for path in MODELS if path.stem in MASKS)
    contract, settings = contract_for(path), {"task": "mask", "image": {"size": [16, 12], "codec": "raw"}}
    origin = Origin(run="r", table="t", data_version=0, steps=0, weights_sha256="0" * 64, settings=settings)
    keras.utils.set_random_seed(1)
    model = build_model(path, contract, SMALL[path.stem])
    bundle = write(tmp_path / "bundle", model, path, contract, SMALL[path.stem], origin)
    page = tmp_path / "page.html"
    result = explain(bundle, write_images(tmp_path / "raw"), page, ExplainOptions(class_name=class_name))
    assert result["complete"] == result["explained"] == 3
    for one in result["inputs"]:
        assert one["class"] == (one["predicted"] if class_name is None else class_name)
        assert one["score"] == pytest.approx(one["class_probability"], rel=1e-4)
        assert abs(one["attributed"] - (one["score"] - one["baseline_score"])) == pytest.approx(one["gap"], abs=1e-5)
    assert bundles.load(bundle).contract.task == "mask"
    html = page.read_text("utf-8")
    assert "Mean probability over all pixels for the input: " in html
    assert "</b>, whose mean probability over all pixels is " in html
    assert "log-odds" not in html
    # Of each input: its picture, its predicted mask, integrated gradients and Grad-CAM.
    assert html.count("<figcaption>the predicted mask</figcaption>") == 3

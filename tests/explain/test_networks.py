"""Explanations of every network in models/ are complete and highlight the parts that determine the class."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from headrace import bundle as bundles
from headrace.bundle_inference import Inference
from headrace.explain.attribution.integrated_gradients import TOLERANCE
from headrace.explain.explanation_of_one_input import Explanation
from headrace.explain.job import explain
from headrace.explain.options import ExplainOptions
from headrace.explain.raw_records_to_explain import raw_files, raw_texts
from headrace.features.image.explainer import ImageExplainer
from headrace.features.text.contract_spec import TextSpec
from headrace.features.text.explainer import TextExplainer
from headrace.prepare.encoders.images.image_transcoding import decode
from tests.explain.raw import write_images, write_texts
from tests.support.shipped_networks import MASKS, MODELS, RECORDS, ROWS_OF_CELLS, SERIES, SOUNDS, TEXT, VECTORS
from tests.support.small_table import CLASSES
from tests.support.trained_bundles import PATCHES, WORDS, patched

pytestmark = pytest.mark.tensorflow

OTHERS = (*TEXT, *SERIES, *SOUNDS, *ROWS_OF_CELLS, *RECORDS, *VECTORS, *MASKS)
IMAGES = [path.stem for path in MODELS if path.stem not in OTHERS]
WITH_MAP = ("cnn", "resnet")

BundleOf = Callable[[str], Path]


def explain_images(path: Path, folder: Path, **options: Any) -> list[Explanation]:
    """Explain three images with the bundle at `path`."""
    bundle = bundles.load(path)
    explainer = ImageExplainer(bundle, Inference(bundle), ExplainOptions(**options))
    inputs = raw_files(write_images(folder), bundle.origin.prepare)
    return [explainer.explain(inputs.read(index)) for index in range(inputs.count)]


def explain_texts(path: Path, file: Path, **options: Any) -> list[Explanation]:
    """Explain three texts with the bundle at `path`."""
    bundle = bundles.load(path)
    tokenizer = TextSpec.of(bundle.contract).tokenizer
    assert tokenizer is not None
    explainer = TextExplainer(bundle, Inference(bundle), ExplainOptions(**options), tokenizer)
    inputs = raw_texts(write_texts(file), "review", bundle.origin.prepare)
    return [explainer.explain(inputs.read(index)) for index in range(inputs.count)]


@pytest.mark.parametrize("network", [*IMAGES, *TEXT])
def test_attributions_sum_to_the_difference_from_the_baseline(
    make_bundle: BundleOf, network: str, tmp_path: Path
) -> None:
    text = network in TEXT
    source = write_texts(tmp_path / "raw.jsonl") if text else write_images(tmp_path / "raw")
    result = explain(make_bundle(network), source, tmp_path / "page.html", ExplainOptions())
    assert (result["explained"], result["complete"]) == (3, 3)
    for number, one in enumerate(result["inputs"]):
        assert one["predicted"] == CLASSES[number]
        difference = one["score"] - one["baseline_score"]
        assert abs(one["attributed"] - difference) == pytest.approx(one["gap"], abs=1e-5)
        assert one["gap"] <= TOLERANCE * max(1.0, abs(difference))
        # The score is the log-odds of the bundle's own prediction.
        probability = 1 / (1 + math.exp(-one["score"]))
        assert probability == pytest.approx(one["class_probability"], abs=1e-4)


@pytest.mark.parametrize("network", IMAGES)
def test_patch_that_determines_the_class_has_largest_attribution(
    make_bundle: BundleOf, network: str, tmp_path: Path
) -> None:
    for label, one in enumerate(explain_images(make_bundle(network), tmp_path, method="integrated-gradients")):
        assert one.integrated is not None
        of_pixels = np.abs(one.integrated.attributions).sum(axis=2)
        inside = of_pixels[PATCHES[label]].mean()
        assert inside > 3 * of_pixels.mean()


@pytest.mark.parametrize("network", WITH_MAP)
def test_grad_cam_highlights_the_patch(make_bundle: BundleOf, network: str, tmp_path: Path) -> None:
    from headrace.explain.attribution.grad_cam import GradCam
    from headrace.explain.heatmap_drawing import enlarge

    bundle = bundles.load(make_bundle(network))
    grad_cam = GradCam(bundle.model(), bundle.contract)
    images = patched(3, seed=7).pixels
    heats = [enlarge(grad_cam.heatmap(image, label), image.shape) for label, image in enumerate(images)]
    warmer = [heat[PATCHES[label]].mean() > heat.mean() for label, heat in enumerate(heats)]
    assert all(warmer)


@pytest.mark.parametrize(("network", "reason"), [("mlp", "no convolution"), ("vit", "MultiHeadAttention")])
def test_grad_cam_reports_missing_feature_map(make_bundle: BundleOf, network: str, reason: str, tmp_path: Path) -> None:
    source = write_images(tmp_path / "raw", 1)
    result = explain(make_bundle(network), source, tmp_path / "page.html", ExplainOptions())
    assert reason in result["missing"]["grad-cam"]
    assert result["methods"] == ["integrated-gradients"]
    assert "Grad-CAM is not available" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize("network", TEXT)
def test_word_that_determines_the_class_has_largest_value(make_bundle: BundleOf, network: str, tmp_path: Path) -> None:
    for label, one in enumerate(explain_texts(make_bundle(network), tmp_path / "raw.jsonl")):
        assert [rendering.method for rendering in one.renderings] == ["integrated-gradients", "occlusion"]
        for rendering in one.renderings:
            assert rendering.spans is not None
            if (network, rendering.method) == ("transformer", "occlusion"):
                continue  # removing a word moves the following ones, which changes the output of this network too
            words = [span for span in rendering.spans if span.value is not None]
            largest = max(words, key=lambda span: span.value or 0.0)
            assert largest.text == WORDS[label], (network, rendering.method)


def test_requested_class_is_explained_instead_of_the_predicted_one(make_bundle: BundleOf, tmp_path: Path) -> None:
    path = make_bundle("cnn")
    (own, *_) = explain_images(path, tmp_path, method="integrated-gradients")
    (other, *_) = explain_images(path, tmp_path, method="integrated-gradients", class_name=CLASSES[1])
    assert own.integrated is not None
    assert other.integrated is not None
    assert other.as_json()["class"] == CLASSES[1]
    assert other.as_json()["predicted"] == CLASSES[0]
    assert other.integrated.attributions[PATCHES[0]].sum() < 0 < own.integrated.attributions[PATCHES[0]].sum()


def test_images_of_other_sizes_are_prepared_as_for_training(make_bundle: BundleOf, tmp_path: Path) -> None:
    folder = write_images(tmp_path / "raw", 1)
    PIL.Image.open(folder / "0.png").resize((57, 83)).save(folder / "0.png")
    bundle = bundles.load(make_bundle("cnn"))
    pixels = decode((folder / "0.png").read_bytes(), bundle.origin.prepare.image)
    result = explain(bundle.path, folder, tmp_path / "page.html", ExplainOptions(method="grad-cam"))["inputs"][0]
    assert result["class_probability"] == pytest.approx(Inference(bundle).predict(pixels[None])[0].max(), abs=1e-6)

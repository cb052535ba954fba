"""Every network in models/ is explained: completely, and by what its answers do rest on."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from headrace import bundle as bundles
from headrace.config.configuration import Text
from headrace.explain.explanation import Explanation
from headrace.explain.image_explainer import ImageExplainer
from headrace.explain.integrated_gradients import TOLERANCE
from headrace.explain.job import explain
from headrace.explain.options import ExplainOptions
from headrace.explain.raw_inputs import raw_images, raw_texts
from headrace.explain.text_explainer import TextExplainer
from headrace.inference import Inference
from headrace.prepare.encoders.image import decode
from tests.explain.raw import write_images, write_texts
from tests.models.test_networks import MODELS, SERIES, TEXT
from tests.support.small_table import CLASSES
from tests.support.trained_bundles import PATCHES, WORDS, patched

IMAGES = [path.stem for path in MODELS if path.stem not in (*TEXT, *SERIES)]
WITH_MAP = ("cnn", "resnet")

BundleOf = Callable[[str], Path]


def images_explained(path: Path, folder: Path, **options: Any) -> list[Explanation]:
    bundle = bundles.load(path)
    explainer = ImageExplainer(bundle, Inference(bundle), ExplainOptions(**options))
    return [explainer.explain(raw) for raw in raw_images(write_images(folder), 8)]


def texts_explained(path: Path, file: Path, **options: Any) -> list[Explanation]:
    bundle = bundles.load(path)
    tokenizer = bundle.contract.tokenizer
    assert tokenizer is not None
    explainer = TextExplainer(bundle, Inference(bundle), ExplainOptions(**options), tokenizer)
    return [explainer.explain(raw) for raw in raw_texts(write_texts(file), 8, "review", Text())]


@pytest.mark.parametrize("network", [*IMAGES, *TEXT])
def test_attributions_sum_to_the_difference_from_the_baseline(
    bundle_of: BundleOf, network: str, tmp_path: Path
) -> None:
    text = network in TEXT
    source = write_texts(tmp_path / "raw.jsonl") if text else write_images(tmp_path / "raw")
    told = explain(bundle_of(network), source, tmp_path / "page.html", ExplainOptions())
    assert (told["explained"], told["complete"]) == (3, 3)
    for number, one in enumerate(told["inputs"]):
        assert one["predicted"] == CLASSES[number]
        difference = one["score"] - one["baseline_score"]
        assert abs(one["attributed"] - difference) == pytest.approx(one["gap"], abs=1e-5)
        assert one["gap"] <= TOLERANCE * max(1.0, abs(difference))
        # What is explained is the bundle's own answer: its probability, as log-odds.
        probability = 1 / (1 + math.exp(-one["score"]))
        assert probability == pytest.approx(one["class_probability"], abs=1e-4)


@pytest.mark.parametrize("network", IMAGES)
def test_the_patch_that_tells_the_class_has_most_of_the_attribution(
    bundle_of: BundleOf, network: str, tmp_path: Path
) -> None:
    for label, one in enumerate(images_explained(bundle_of(network), tmp_path, method="integrated-gradients")):
        assert one.integrated is not None
        of_pixels = np.abs(one.integrated.attributions).sum(axis=2)
        inside = of_pixels[PATCHES[label]].mean()
        assert inside > 3 * of_pixels.mean()


@pytest.mark.parametrize("network", WITH_MAP)
def test_grad_cam_is_warm_where_the_patch_is(bundle_of: BundleOf, network: str, tmp_path: Path) -> None:
    from headrace.explain.grad_cam import GradCam
    from headrace.explain.heatmaps import enlarge

    bundle = bundles.load(bundle_of(network))
    grad_cam = GradCam(bundle.model(), bundle.contract)
    images = patched(3, seed=7).pixels
    heats = [enlarge(grad_cam.heat(image, label), image.shape) for label, image in enumerate(images)]
    warmer = [heat[PATCHES[label]].mean() > heat.mean() for label, heat in enumerate(heats)]
    assert all(warmer)


@pytest.mark.parametrize(("network", "reason"), [("mlp", "no convolution"), ("vit", "MultiHeadAttention")])
def test_where_there_is_no_feature_map_it_is_said(
    bundle_of: BundleOf, network: str, reason: str, tmp_path: Path
) -> None:
    source = write_images(tmp_path / "raw", 1)
    told = explain(bundle_of(network), source, tmp_path / "page.html", ExplainOptions())
    assert reason in told["missing"]["grad-cam"]
    assert told["methods"] == ["integrated-gradients"]
    assert "There is no Grad-CAM here" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize("network", TEXT)
def test_the_word_that_tells_the_class_counts_most(bundle_of: BundleOf, network: str, tmp_path: Path) -> None:
    for label, one in enumerate(texts_explained(bundle_of(network), tmp_path / "raw.jsonl")):
        assert [shown.method for shown in one.shown] == ["integrated-gradients", "occlusion"]
        for shown in one.shown:
            assert shown.pieces is not None
            words = [piece for piece in shown.pieces if piece.value is not None]
            most = sorted(words, key=lambda piece: piece.value or 0.0, reverse=True)
            if (network, shown.method) == ("transformer", "occlusion"):
                continue  # what follows a word that is left out moves, of which this network takes notice
            among = 1
            assert WORDS[label] in [piece.text for piece in most[:among]], (network, shown.method)


def test_another_class_than_the_predicted_one_is_explained_if_wanted(bundle_of: BundleOf, tmp_path: Path) -> None:
    path = bundle_of("cnn")
    (own, *_) = images_explained(path, tmp_path, method="integrated-gradients")
    (other, *_) = images_explained(path, tmp_path, method="integrated-gradients", class_name=CLASSES[1])
    assert own.integrated is not None
    assert other.integrated is not None
    assert other.described()["class"] == CLASSES[1]
    assert other.described()["predicted"] == CLASSES[0]
    assert other.integrated.attributions[PATCHES[0]].sum() < 0 < own.integrated.attributions[PATCHES[0]].sum()


def test_files_of_any_size_are_prepared_as_for_training(bundle_of: BundleOf, tmp_path: Path) -> None:
    folder = write_images(tmp_path / "raw", 1)
    PIL.Image.open(folder / "0.png").resize((57, 83)).save(folder / "0.png")
    bundle = bundles.load(bundle_of("cnn"))
    pixels = decode((folder / "0.png").read_bytes(), bundle.origin.prepare.image)
    told = explain(bundle.path, folder, tmp_path / "page.html", ExplainOptions(method="grad-cam"))["inputs"][0]
    assert told["class_probability"] == pytest.approx(Inference(bundle).predict(pixels[None])[0].max(), abs=1e-6)

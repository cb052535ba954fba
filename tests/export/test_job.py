"""An export is complete and verified, or nothing is written; its metadata suffice to use it without Headrace."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import tensorflow as tf
import tokenizers

from headrace import bundle as bundles
from headrace.bundle_inference import Inference
from headrace.errors import ConfigurationError, DataError, GateError
from headrace.export.formats import HALF_TOLERANCE, Format
from headrace.export.job import export
from headrace.export.metadata import _one_line
from headrace.export.parity_inputs import RANDOM
from headrace.export.serving_function import ServingModel
from headrace.networks.network_build_and_checks import build_model
from headrace.table import Version, read
from tests.support.commands import headrace, run
from tests.support.shipped_networks import MODELS
from tests.support.trained_bundles import patched, sentences, write

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def bundle(make_bundle: Callable[[str], Path]) -> Path:
    """Return the bundle of a network trained on images."""
    return make_bundle("cnn")


@pytest.fixture(scope="module")
def version(bundle: Path) -> Version:
    """Return the table of those images."""
    return read(bundle.parent / "table")


@pytest.fixture(scope="module")
def texts(make_bundle: Callable[[str], Path]) -> Path:
    """Return the bundle of a network trained on texts."""
    return make_bundle("text_cnn")


def list_names(folder: Path) -> list[str]:
    """Return the names in the folder in order."""
    return sorted(path.name for path in folder.iterdir())


def test_export_reports_the_comparison_and_writes_it_to_export_json(
    version: Version, bundle: Path, tmp_path: Path
) -> None:
    arguments = ("export", str(bundle), "out", "--to", "tflite", "--table", str(version.table))
    result = headrace(*arguments, cwd=tmp_path).json
    assert (result["format"], result["compared"], result["tolerance"]) == ("tflite", 30, 1e-4)
    written = json.loads((tmp_path / "out" / "export.json").read_text())
    assert written["greatest_difference"] == result["greatest_difference"] <= 1e-4
    assert (written["model"], "signatures" in written) == ("model.tflite", False)
    assert "(rows, 16, 12, 3)" in written["input"]["meaning"]
    assert list_names(tmp_path / "out") == ["contract.json", "export.json", "labels.txt", "model.tflite"]
    assert (tmp_path / "out" / "labels.txt").read_text() == "coat\nbag\nboot\n"


def test_export_with_other_predictions_is_refused_with_exit_code_5(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def predict_with_offset(self: ServingModel, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return {self.output_name: self.model(inputs, training=False) + 2e-4}

    monkeypatch.setattr(ServingModel, "predict", predict_with_offset)
    for name in ("saved_model", "onnx", "tflite"):
        with pytest.raises(GateError, match="differ from the bundle's by up to 0.0002") as refused:
            export(bundle, tmp_path / "out", Format(name))
        assert refused.value.exit_code == 5
    assert list_names(tmp_path) == []


@pytest.mark.parametrize(("name", "title"), [("onnx", "ONNX"), ("tflite", "TensorFlow Lite")])
def test_operation_that_a_format_lacks_is_named_in_one_sentence(
    bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    name: Any,
    title: str,
) -> None:
    """The error names the operation that the format lacks, and the converter prints nothing."""

    def inverted(self: ServingModel, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return {self.output_name: tf.math.erfinv(self.model(inputs, training=False))}

    monkeypatch.setattr(ServingModel, "predict", inverted)
    with pytest.raises(ConfigurationError, match=f"^{title} cannot .*Erfinv.*; nothing was written.") as refused:
        export(bundle, tmp_path / "out", Format(name))
    assert "\n" not in str(refused.value)
    assert list_names(tmp_path) == []
    assert "Erfinv" not in capfd.readouterr().err


@pytest.mark.parametrize("name", ["saved_model", "onnx", "tflite"])
def test_converters_print_nothing_to_the_user(texts: Path, tmp_path: Path, name: str) -> None:
    """Log lines of converters about passes, folders and delegates do not reach standard error."""
    printed = headrace("export", str(texts), "out", "--to", name, cwd=tmp_path).stderr
    for noise in ("Assets written", "XNNPACK", "tf_tfl", "single_machine", "tf2onnx", "deprecated"):
        assert noise not in printed


def test_saved_model_predicts_in_a_process_without_keras(bundle: Path, tmp_path: Path) -> None:
    export(bundle, tmp_path / "out", Format("saved_model"))
    pixels = patched(5, seed=3).pixels
    np.save(tmp_path / "pixels.npy", pixels)
    program = """
import sys
sys.modules["keras"] = sys.modules["headrace"] = None
import numpy, tensorflow
signature = tensorflow.saved_model.load("out/saved_model").signatures["serving_default"]
numpy.save("predictions.npy", signature(images=tensorflow.constant(numpy.load("pixels.npy")))["probabilities"])
"""
    run([sys.executable, "-c", program], cwd=tmp_path)
    expected = Inference(bundles.load(bundle)).predict(pixels)
    assert np.load(tmp_path / "predictions.npy") == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_saved_model_predicts_encoded_files(bundle: Path, tmp_path: Path, kind: str) -> None:
    export(bundle, tmp_path / "out", Format("saved_model"))
    for number, pixels in enumerate(patched(4, seed=3).pixels):
        PIL.Image.fromarray(pixels).save(tmp_path / f"{number}.{kind}")
    files = sorted(tmp_path.glob(f"*.{kind}"))
    loaded = tf.saved_model.load(str(tmp_path / "out" / "saved_model"))
    predictions = loaded.signatures["encoded"](encoded=tf.constant([file.read_bytes() for file in files]))
    decoded = np.stack([np.asarray(PIL.Image.open(file)) for file in files])
    expected = Inference(bundles.load(bundle)).predict(decoded)
    assert predictions["probabilities"].numpy() == pytest.approx(expected, abs=1e-5)
    written = json.loads((tmp_path / "out" / "export.json").read_text())
    assert written["model"] == "saved_model/"
    assert set(written["signatures"]) == set(loaded.signatures) == {"serving_default", "encoded"}
    assert "a height of exactly 16 and a width of exactly 12 pixels" in written["signatures"]["encoded"]


@pytest.mark.parametrize("mode", ["RGBA", "P"])
def test_saved_model_refuses_transparent_files(bundle: Path, tmp_path: Path, mode: str) -> None:
    """TensorFlow decodes the colours that transparency hides, and `prepare` puts transparent pixels on white."""
    export(bundle, tmp_path / "out", Format("saved_model"))
    opaque = PIL.Image.fromarray(patched(1, seed=3).pixels[0]).convert(mode)
    loaded = tf.saved_model.load(str(tmp_path / "out" / "saved_model"))
    for name, transparency in (("opaque", {}), ("transparent", {"transparency": 0} if mode == "P" else {})):
        if name == "transparent" and mode == "RGBA":
            opaque.putpixel((0, 0), (255, 0, 0, 0))
        opaque.save(tmp_path / f"{name}.png", **transparency)
    predict = loaded.signatures["encoded"]
    assert predict(encoded=tf.constant([(tmp_path / "opaque.png").read_bytes()]))
    with pytest.raises(tf.errors.InvalidArgumentError, match="transparent pixels: put it on white"):
        predict(encoded=tf.constant([(tmp_path / "transparent.png").read_bytes()]))


def test_class_name_with_line_break_takes_one_line_of_labels() -> None:
    assert [_one_line(name) for name in ("coat", "a\nbag\u2028here")] == ["coat", "a bag here"]


def test_metadata_of_text_model_suffice_to_tokenize_strings(texts: Path, tmp_path: Path) -> None:
    result = export(texts, tmp_path / "out", Format("onnx"))
    assert result["compared"] == RANDOM
    assert "random inputs" in result["compared_with"]
    metadata = json.loads((tmp_path / "out" / "export.json").read_text())
    assert "takes no strings" in metadata["input"]["meaning"]
    assert metadata["prepare"]["tokens"]["max_length"] == 40
    import onnxruntime

    tokenizer = tokenizers.Tokenizer.from_file(str(tmp_path / "out" / "tokenizer.json"))
    session = onnxruntime.InferenceSession(str(tmp_path / "out" / "model.onnx"))
    labels = (tmp_path / "out" / "labels.txt").read_text().split()
    for text, label in zip(*sentences(6), strict=True):
        tokens = np.array([tokenizer.encode(text, add_special_tokens=False).ids], metadata["input"]["dtype"])
        (predictions,) = session.run([metadata["output"]["name"]], {metadata["input"]["name"]: tokens})
        assert labels[int(predictions[0].argmax())] == labels[label]


def test_float16_export_has_half_the_bytes_within_its_tolerance(version: Version, tmp_path: Path) -> None:
    """float16 weights take half the bytes, measured on a network whose file is weights almost alone."""
    path = next(path for path in MODELS if path.stem == "mlp")
    bundle = write(tmp_path / "bundle", path, build_model(path, version.contract, {}), version, {})
    whole = export(bundle, tmp_path / "whole", Format("tflite"), version.table)
    half = export(bundle, tmp_path / "half", Format("tflite", "float16"), version.table)
    assert half["tolerance"] == HALF_TOLERANCE
    assert 0 < half["greatest_difference"] <= HALF_TOLERANCE
    assert half["bytes"] < 0.52 * whole["bytes"]


def test_regression_export_compares_numbers_relative_to_their_size(version: Version, tmp_path: Path) -> None:
    contract = version.contract.model_copy(update={"task": "regression", "classes": ()})
    path = next(path for path in MODELS if path.stem == "mlp")
    model = build_model(path, contract, {"width": 8})
    model.layers[-1].bias.assign([3000.0])
    origin = bundles.Origin(
        run="r", table="t", data_version=0, steps=1, weights_sha256="0", settings=version.summary.settings
    )
    written = bundles.write(tmp_path / "bundle", model, path, contract, {"width": 8}, origin)
    result = export(written, tmp_path / "out", Format("onnx"))
    assert result["greatest_difference"] <= 1e-4
    assert json.loads((tmp_path / "out" / "export.json").read_text())["output"]["name"] == "values"
    assert not (tmp_path / "out" / "labels.txt").exists()


def refusals(version: Version, texts: Path) -> Iterator[tuple[type[Exception], str, dict[str, Any]]]:
    """Yield the error, its message and the options that cause it."""
    yield ConfigurationError, "--quantise float16 works only with --to tflite", {"format": Format("onnx", "float16")}
    yield DataError, "has no split 'val'", {"format": Format("tflite"), "table": version.table, "split": "val"}
    yield DataError, "The bundle takes image inputs, but", {"format": Format("tflite"), "table": texts.parent / "table"}


def test_unsuitable_options_are_refused_and_nothing_is_written(
    version: Version, bundle: Path, texts: Path, tmp_path: Path
) -> None:
    for kind, message, options in refusals(version, texts):
        with pytest.raises(kind, match=message):
            export(bundle, tmp_path / "out", **options)
    (tmp_path / "out").mkdir()
    with pytest.raises(ConfigurationError, match="The output .* already exists"):
        export(bundle, tmp_path / "out", Format("tflite"))
    assert list_names(tmp_path) == ["out"]
    assert list_names(tmp_path / "out") == []


def test_missing_packages_are_named(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'headrace\[onnx\]'"):
        export(bundle, tmp_path / "out", Format("onnx"))
    assert list_names(tmp_path) == []

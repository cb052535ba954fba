"""Errors in a user's model file are reported in one sentence with their line."""

import logging
import re
from pathlib import Path

import pytest

from headrace.contract import Column, Contract
from headrace.errors import ConfigurationError
from headrace.features.contract_spec import Statistics
from headrace.features.image.contract_spec import ImageSpec
from headrace.networks.build_error_hints import CONTRACT_ATTRIBUTES, SYNONYMS
from headrace.networks.network_build_and_checks import build_model
from headrace.networks.network_source import read_network, read_source, source_hash

pytestmark = pytest.mark.tensorflow

CONTRACT = Contract(
    columns={
        "image": Column(role="input", codec="raw", dtype="uint8", shape=(8, 8, 1)),
        "label": Column(role="target", codec="plain", dtype="int32"),
    },
    classes=("bag", "boot"),
    input_specs={"image": ImageSpec(statistics=Statistics(mean=(1.0,), variance=(1.0,)))},
)
GOOD = """
import keras

def build(contract, units=3):
    inputs = keras.Input(contract.input_shape)
    hidden = keras.layers.Dense(units)(keras.layers.Flatten()(inputs))
    return keras.Model(inputs, keras.layers.Dense(len(contract.classes), activation="softmax")(hidden))
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Return the path of a model file."""
    return tmp_path / "model.py"


def refusal(model: Path, source: str, **options: object) -> str:
    """Return the message of the error that building the model raises."""
    model.write_text(source)
    with pytest.raises(ConfigurationError) as caught:
        build_model(model, CONTRACT, options)
    message = str(caught.value)
    assert str(model) in message
    assert "\n" not in message
    return message


def test_unknown_attribute_of_the_contract_is_refused_with_those_that_exist(model: Path) -> None:
    message = refusal(model, GOOD.replace("len(contract.classes)", "contract.num_classes"))
    assert "has no attribute 'num_classes'; did you mean `outputs`? A contract has input_shape, " in message
    message = refusal(model, GOOD.replace("contract.input_shape", "contract.inputshape"))
    assert "did you mean `input_shape`?" in message
    message = refusal(model, GOOD.replace("contract.input_shape", "contract.zzz"))
    assert "has no attribute 'zzz'; a contract has input_shape, " in message


def test_misspelt_attribute_of_a_module_gets_the_similar_one(model: Path) -> None:
    assert "did you mean `Flatten`?" in refusal(model, GOOD.replace("layers.Flatten", "layers.Flaten"))


def test_documentation_lists_the_attributes_that_a_network_reads(root: Path) -> None:
    text = (root / "docs/networks.md").read_text()
    table = text[text.index("`build` finds in the contract:") :].partition("\n\n`require` of")[0]
    listed = [name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)", row)]
    assert tuple(dict.fromkeys(listed)) == CONTRACT_ATTRIBUTES
    names = {*dir(Contract), *Contract.model_fields}
    assert [name for name in listed if name not in names] == []
    assert [name for name in SYNONYMS.values() if re.split(r"\W", name)[0] not in names] == []


def test_build_model_passes_options(model: Path) -> None:
    model.write_text(GOOD)
    assert build_model(model, CONTRACT, {"units": 5}).count_params() == 64 * 5 + 5 + 5 * 2 + 2


def test_read_source_does_not_run_file(model: Path, tmp_path: Path) -> None:
    source = f"open({str(tmp_path / 'ran')!r}, 'w').close()\n{GOOD}"
    model.write_text(source)
    assert read_source(model) == source
    assert not (tmp_path / "ran").exists()


def test_missing_file_is_named_with_configuration_key(model: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"model\.py \(model\.file\) cannot be read: No such file"):
        read_source(model)
    model.with_name("models.py").write_text(GOOD)
    with pytest.raises(ConfigurationError, match=r"No such file or directory\. Is '.*/models\.py' meant\?$"):
        read_source(model)


def test_folder_is_refused_as_model_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"\(model\.file\) cannot be read: Is a directory"):
        read_source(tmp_path)


def test_syntax_error_is_reported_with_line(model: Path) -> None:
    assert "is not valid Python" in (message := refusal(model, "import keras\ndef build(contract:\n"))
    assert "line 2" in message


@pytest.mark.parametrize("content", [b"\xff\xfe", b"def build(): '\x00'"])
def test_binary_file_is_refused(model: Path, content: bytes) -> None:
    model.write_bytes(content)
    with pytest.raises(ConfigurationError, match="is not valid Python"):
        read_source(model)


@pytest.mark.parametrize(
    "source", ["", "build = None", "class Net:\n    def build(self): ...", "async def build(c): ..."]
)
def test_file_without_build_is_refused_with_expected_signature(model: Path, source: str) -> None:
    assert "has no function `build`; expected `def build(contract: Contract, **options)" in refusal(model, source)


def test_error_in_build_is_quoted_with_line(model: Path) -> None:
    message = refusal(model, "def build(contract):\n    x = 1\n    return x / 0\n")
    assert "failed at line 3: `return x / 0` with ZeroDivisionError: division by zero" in message


def test_error_at_module_level_is_quoted_with_line(model: Path) -> None:
    message = refusal(model, "import no_such_package\n" + GOOD)
    assert "failed at line 1: `import no_such_package` with ModuleNotFoundError" in message


def test_error_inside_keras_is_reported_at_users_line(model: Path) -> None:
    source = GOOD.replace("keras.layers.Flatten()(inputs)", "keras.layers.Conv2D(4, 99)(inputs)")
    assert "failed at line 6: `hidden = keras" in refusal(model, source)


def test_error_line_is_reported_for_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "failed at line 1: `def build(c): raise" in refusal(Path("net.py"), "def build(c): raise ValueError('no')\n")


def test_unknown_option_is_reported(model: Path) -> None:
    """The message names what `build` takes; Python's own only says what it does not."""
    message = refusal(model, GOOD, unit=7)
    assert "model.options has 'unit', and `build` in" in message
    assert message.endswith("has no such argument; its options are: units; did you mean `units`?")
    assert refusal(model, GOOD, colour=7).endswith(
        "its options are: units; remove it from model.options, which model.options={} on the command line empties."
    )


def test_option_without_a_default_must_be_set(model: Path) -> None:
    source = GOOD.replace("units=3", "units, *, rate, **others")
    assert "needs 1 option that model.options does not have: rate; add it" in refusal(model, source, units=3, more=1)
    assert "needs 2 options that model.options does not have: units, rate; add them" in refusal(model, source)


def test_sys_exit_in_file_is_reported_as_error(model: Path) -> None:
    assert "with SystemExit" in refusal(model, "import sys\ndef build(contract):\n    sys.exit(0)\n")


@pytest.mark.parametrize(("value", "name"), [("None", "nothing; add `return`"), ("7", "int"), ("build", "function")])
def test_build_must_return_keras_model(model: Path, value: str, name: str) -> None:
    assert f"must return a keras.Model; it returned {name}" in refusal(model, f"def build(contract): return {value}\n")


def test_model_without_weights_is_refused(model: Path) -> None:
    source = "import keras\ndef build(contract): return keras.Sequential([keras.layers.Dense(2)])\n"
    assert "start it with keras.Input(contract.input_shape)" in refusal(model, source)


def test_wrong_number_of_outputs_is_refused(model: Path) -> None:
    message = refusal(model, GOOD.replace("len(contract.classes)", "12"))
    assert "outputs (None, 2), one per class; it returned outputs (None, 12)" in message
    unflattened = GOOD.replace("keras.layers.Flatten()(inputs)", "inputs")
    assert "returned outputs (None, 8, 8, 2). Flatten or pool before its last layer." in refusal(model, unflattened)


def test_changed_file_is_rebuilt_and_leaves_no_compiled_code(model: Path) -> None:
    model.write_text(GOOD)
    assert build_model(model, CONTRACT, {}).layers[2].units == 3
    # Same length and same second: Python would use the compiled code of the previous source.
    model.write_text(GOOD.replace("units=3", "units=4"))
    assert build_model(model, CONTRACT, {}).layers[2].units == 4
    assert [file.name for file in model.parent.iterdir()] == ["model.py"]


def test_source_hash_is_sha256_of_text() -> None:
    assert source_hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert source_hash("a") != source_hash("b")


def test_bare_name_is_a_shipped_network_unless_a_file_has_it(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.INFO)
    assert read_network("cnn") == (root / "models/cnn.py").read_text()
    assert "model.file: cnn is the network that ships with Headrace" in caplog.text
    (tmp_path / "cnn").write_text(GOOD)
    assert read_network("cnn") == GOOD
    with pytest.raises(ConfigurationError, match=r"'resnett', which is neither .* \(audio_cnn, autoencoder, cnn, "):
        read_network("resnett")
    with pytest.raises(ConfigurationError, match=r"cnn.py \(model.file\) cannot be read"):
        read_network("cnn.py")


SEQUENTIAL = """
import keras

def build(contract):
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Normalization(mean=[0.0, 0.0, 0.0], variance=[1.0, 1.0, 1.0]),
            keras.layers.Flatten(),
        ]
    )
"""
FUNCTIONAL = """
import keras

def build(contract):
    inputs = keras.Input((28, 28, 1))
    x = keras.layers.Conv2D(8, 3, name="conv")(keras.layers.Flatten()(inputs))
    return keras.Model(inputs, x)
"""


@pytest.mark.parametrize("source", [SEQUENTIAL, FUNCTIONAL])
def test_input_of_another_shape_is_named_however_its_layers_fail(model: Path, source: str) -> None:
    assert "an input of shape (28, 28, 1), and contract.input_shape is (8, 8, 1)" in refusal(model, source)


def test_input_of_the_right_shape_is_not_mentioned(model: Path) -> None:
    assert "contract.input_shape is" not in refusal(model, FUNCTIONAL.replace("(28, 28, 1)", "contract.input_shape"))

"""A user's network: what is wrong with its file ends in one sentence that says where."""

from pathlib import Path

import pytest

from headrace.contract import Column, Contract, Statistics
from headrace.errors import ConfigurationError
from headrace.networks.source import build_model, read_source, source_hash

CONTRACT = Contract(
    columns={
        "image": Column(role="input", codec="raw", dtype="uint8", shape=(8, 8, 1)),
        "label": Column(role="target", codec="plain", dtype="int32"),
    },
    classes=("bag", "boot"),
    statistics=Statistics(mean=(1.0,), variance=(1.0,)),
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
    return tmp_path / "model.py"


def refusal(model: Path, source: str, **options: object) -> str:
    """The sentence in which building ends."""
    model.write_text(source)
    with pytest.raises(ConfigurationError) as caught:
        build_model(model, CONTRACT, options)
    message = str(caught.value)
    assert str(model) in message
    assert "\n" not in message
    return message


def test_a_network_is_built_with_its_options(model: Path) -> None:
    model.write_text(GOOD)
    assert build_model(model, CONTRACT, {"units": 5}).count_params() == 64 * 5 + 5 + 5 * 2 + 2


def test_the_source_is_read_without_running_it(model: Path, tmp_path: Path) -> None:
    source = f"open({str(tmp_path / 'ran')!r}, 'w').close()\n{GOOD}"
    model.write_text(source)
    assert read_source(model) == source
    assert not (tmp_path / "ran").exists()


def test_a_missing_file_is_named_with_its_key(model: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"model\.py \(model\.file\) cannot be read: No such file"):
        read_source(model)


def test_a_folder_is_no_model_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"\(model\.file\) cannot be read: Is a directory"):
        read_source(tmp_path)


def test_a_syntax_error_is_told_with_its_line(model: Path) -> None:
    assert "is not valid Python" in (message := refusal(model, "import keras\ndef build(contract:\n"))
    assert "line 2" in message


@pytest.mark.parametrize("content", [b"\xff\xfe", b"def build(): '\x00'"])
def test_a_file_that_is_no_text_is_no_python(model: Path, content: bytes) -> None:
    model.write_bytes(content)
    with pytest.raises(ConfigurationError, match="is not valid Python"):
        read_source(model)


@pytest.mark.parametrize(
    "source", ["", "build = None", "class Net:\n    def build(self): ...", "async def build(c): ..."]
)
def test_a_file_without_the_function_is_shown_what_was_expected(model: Path, source: str) -> None:
    assert "has no function `build`; expected `def build(contract: Contract, **options)" in refusal(model, source)


def test_an_error_in_build_is_quoted_with_its_line(model: Path) -> None:
    message = refusal(model, "def build(contract):\n    x = 1\n    return x / 0\n")
    assert "failed at line 3: `return x / 0` with ZeroDivisionError: division by zero" in message


def test_an_error_while_the_file_is_run_is_quoted_with_its_line(model: Path) -> None:
    message = refusal(model, "import no_such_package\n" + GOOD)
    assert "failed at line 1: `import no_such_package` with ModuleNotFoundError" in message


def test_an_error_deep_in_keras_is_told_at_the_users_line_on_one_line(model: Path) -> None:
    source = GOOD.replace("keras.layers.Flatten()(inputs)", "keras.layers.Conv2D(4, 99)(inputs)")
    assert "failed at line 6: `hidden = keras" in refusal(model, source)


def test_the_place_is_told_for_a_relative_path_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "failed at line 1: `def build(c): raise" in refusal(Path("net.py"), "def build(c): raise ValueError('no')\n")


def test_a_wrong_name_of_an_option_is_told(model: Path) -> None:
    message = refusal(model, GOOD, unit=7)
    assert "failed at its options {'unit': 7}" in message
    assert "unexpected keyword argument 'unit'" in message


def test_a_file_that_ends_the_program_is_reported_like_an_error(model: Path) -> None:
    assert "with SystemExit" in refusal(model, "import sys\ndef build(contract):\n    sys.exit(0)\n")


@pytest.mark.parametrize(("value", "name"), [("None", "NoneType"), ("7", "int"), ("build", "function")])
def test_something_else_than_a_model_is_refused(model: Path, value: str, name: str) -> None:
    assert f"must return a keras.Model, it returned {name}" in refusal(model, f"def build(contract): return {value}\n")


def test_a_model_that_does_not_know_its_input_is_refused(model: Path) -> None:
    source = "import keras\ndef build(contract): return keras.Sequential([keras.layers.Dense(2)])\n"
    assert "begin it with keras.Input(contract.input_shape)" in refusal(model, source)


def test_a_model_with_another_number_of_outputs_than_classes_is_refused(model: Path) -> None:
    message = refusal(model, GOOD.replace("len(contract.classes)", "12"))
    assert "outputs (None, 2), one for each class; it has (None, 12)" in message


def test_a_changed_file_is_built_anew_and_nothing_compiled_is_left_beside_it(model: Path) -> None:
    model.write_text(GOOD)
    assert build_model(model, CONTRACT, {}).layers[2].units == 3
    # As long as before and written within the same second: compiled code would be taken for that of this source.
    model.write_text(GOOD.replace("units=3", "units=4"))
    assert build_model(model, CONTRACT, {}).layers[2].units == 4
    assert [file.name for file in model.parent.iterdir()] == ["model.py"]


def test_the_hash_is_that_of_the_text() -> None:
    assert source_hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert source_hash("a") != source_hash("b")

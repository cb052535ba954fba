"""Build the model of a network's file, and check it against the contract."""

import ast
import difflib
import inspect
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeGuard

from headrace.contract import Contract
from headrace.engines.keras_settings_reset import use_tensorflow
from headrace.errors import ConfigurationError
from headrace.networks.build_error_hints import attribute_hint, input_shape_hint
from headrace.networks.compile_in_network_file_refusal import refuse_own_compile
from headrace.networks.keras_inputs_and_tensor_specs import symbolic_inputs
from headrace.networks.keras_settings_in_network_file_refusal import refuse_changed_keras_settings
from headrace.networks.output_properties_interface import network_outputs
from headrace.wording import quantity

if TYPE_CHECKING:
    import keras
from headrace.networks.network_source import read_source

MODULE = "headrace_user_model"
# Batches are those of `fit`, and what `evaluate` reports must be what a bundle's evaluation does.
KERAS_METHODS = ("fit", "test_step", "compute_loss", "compute_metrics", "metrics")
TERMINAL_CODES = re.compile(r"\x1b\[[0-9;]*m")


def build_model(path: Path, contract: Contract, options: dict[str, Any]) -> "keras.Model":
    """Run the file at `path` and return the model that its `build` builds.

    Raises:
        ConfigurationError: see `read_source`; the file's code raised an error, which is quoted with its line, or
            changed a global setting of Keras; or `build` did not return a Keras model with the outputs of the contract.
    """
    use_tensorflow()
    source = read_source(path)
    with refuse_changed_keras_settings(path):
        with _describe_failures(path, options):
            build = _run_module(path, source).build
        _require_options(build, path, options)
        with _describe_failures(path, options, contract):
            model = build(contract, **options)
        _require_contract_match(model, path, contract)
        with _describe_failures(path, options):
            _build_layers(model, contract)
    return model


def file_functions(path: Path, names: Sequence[str]) -> dict[str, Callable[..., Any]]:
    """Return those of the functions `names` that the file at `path` defines itself, by name; runs the file.

    Raises:
        ConfigurationError: see `read_source`; or the file's code raised an error.
    """
    source = read_source(path)
    defined = {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    if defined.isdisjoint(names):
        return {}
    with _describe_failures(path, {}):
        module = _run_module(path, source)
    return {name: getattr(module, name) for name in names if name in defined}


@contextmanager
def _describe_failures(path: Path, options: dict[str, Any], contract: Contract | None = None) -> Iterator[None]:
    """Raise what the file's code raises as a sentence; with a contract, it names an input of another shape."""
    try:
        yield
    except (Exception, SystemExit) as error:  # noqa: BLE001  the user's code may raise anything
        hint = input_shape_hint(error, contract) if contract else ""
        failure = describe_failure(error, path, options)
        raise ConfigurationError(f"The model file {path} failed at {failure}{hint}") from error


def require_keras_methods(model: "keras.Model", path: Path) -> None:
    """Raise if the file compiles the model, or its class replaces how Keras fits, evaluates or computes a loss.

    Batches come with weights, which are 0 for the rows that fill up the last one, and ranks add up gradients and
    metrics: methods of the network's own would ignore this, and the settings of the loss, without a message. Its
    `train_step` may differ, and is tried on a batch.

    Raises:
        ConfigurationError: in that case.
    """
    refuse_own_compile(model, path)
    for method in KERAS_METHODS:
        owner = own_method_class(model, method)
        if owner is not None:
            raise ConfigurationError(
                f"The class {owner.__name__} in {path} has a `{method}` of its own, but Headrace trains every network "
                "with Keras's, with the loss and metrics of the configuration. Set train.loss and train.metrics, or "
                "define `loss(contract)`, `metrics(contract)` or a `train_step`; add penalties with self.add_loss in "
                "the `call` of a layer."
            )


def own_method_class(model: "keras.Model", method: str) -> type | None:
    """Return the class of the network's file that defines the method of `model`; None if Keras's is used."""
    owner = next((kind for kind in type(model).__mro__ if method in vars(kind)), None)
    return owner if owner is not None and owner.__module__ == MODULE else None


def _build_layers(model: "keras.Model", contract: Contract) -> None:
    """Build layers without weights by a symbolic call; `build` of a subclassed model only marks them as built.

    Keras loads no weights into a layer that is not built, and does not report it.
    """
    if not all(layer.built for layer in model._flatten_layers()):
        model(symbolic_inputs(contract))


def describe_failure(error: BaseException, path: Path, options: dict[str, Any]) -> str:
    """Return the line of the user's file that raised `error`, and the message, on one line.

    Args:
        options: named instead of a line, if the error was raised outside of the file.
    """
    frame = next((f for f in reversed(traceback.extract_tb(error.__traceback__)) if f.filename == str(path)), None)
    outside = f"its options {options}" if options else "code outside the file"
    location = f"line {frame.lineno}: `{frame.line}`" if frame else outside
    # Keras formats messages for terminals, and appends the arguments of the layer after an empty line.
    message = TERMINAL_CODES.sub("", str(error)).partition("\n\nArguments received")[0]
    return f"{location} with {type(error).__name__}: {' '.join(message.split())}{attribute_hint(error)}"


def _run_module(path: Path, source: str) -> ModuleType:
    module = ModuleType(MODULE)
    module.__file__ = str(path)
    sys.modules[MODULE] = module
    # An import would leave compiled code beside the file, and the next import would prefer it to the source.
    exec(compile(source, str(path), "exec"), module.__dict__)
    return module


def _require_options(build: Callable[..., Any], path: Path, options: dict[str, Any]) -> None:
    """Raise if `build` has no argument of the name of an option, or if an argument without a default has no option."""
    parameters = list(inspect.signature(build).parameters.values())[1:]
    taken = [one.name for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
    if not any(one.kind == one.VAR_KEYWORD for one in parameters):
        for name in (name for name in options if name not in taken):
            near = difflib.get_close_matches(name, taken, n=1)
            remedy = "remove it from model.options, which model.options={} on the command line empties."
            hint = f"did you mean `{near[0]}`?" if near else remedy
            raise ConfigurationError(
                f"model.options has {name!r}, and `build` in {path} has no such argument; its options are: "
                f"{', '.join(taken) or 'none'}; {hint}"
            )
    needed = [one.name for one in parameters if one.name in taken and one.default is one.empty]
    missing = [name for name in needed if name not in options]
    if missing:
        raise ConfigurationError(
            f"`build` in {path} needs {quantity(len(missing), 'option')} that model.options does not have: "
            f"{', '.join(missing)}; add {'it' if len(missing) == 1 else 'them'}, or a default in the file."
        )


def _require_contract_match(model: Any, path: Path, contract: Contract) -> None:
    import keras

    if not isinstance(model, keras.Model):
        raise ConfigurationError(f"`build` in {path} must return a keras.Model; it returned {_kind(model)}.")
    if not model.built:
        raise ConfigurationError(
            f"`build` in {path} returned a model without weights; start it with {_describe_first_layers(contract)}."
        )
    _require_input(model, path, contract)
    expected, shape = (None, *contract.output_shape), getattr(model, "output_shape", None)
    if shape is not None and shape != expected:
        meaning = network_outputs(contract.task).MEANING
        hint = " Flatten or pool before its last layer." if _is_shape(shape) and len(shape) > len(expected) else ""
        raise ConfigurationError(
            f"`build` in {path} must return a model with outputs {expected}, {meaning}; it returned outputs {shape}."
            f"{hint}"
        )


def _require_input(model: "keras.Model", path: Path, contract: Contract) -> None:
    """Raise if the model declares other inputs than the contract's; None stands for any length."""
    shape = getattr(model, "input_shape", None)
    if contract.is_record:
        _require_inputs_by_name(model, path, contract)
    elif _is_shape(shape) and not _fits(shape, contract.input_shape):
        raise ConfigurationError(
            f"`build` in {path} returned a model for inputs of shape {shape[1:]}, but the table holds "
            f"{contract.input_shape}; start it with {_describe_first_layers(contract)}."
        )


def _require_inputs_by_name(model: "keras.Model", path: Path, contract: Contract) -> None:
    """Raise unless a functional model takes a dict of the contract's inputs; it may leave out some of them."""
    inputs, names = getattr(model, "_inputs_struct", {}), ", ".join(contract.input_names)
    if not isinstance(inputs, dict):
        raise ConfigurationError(
            f"`build` in {path} returned a model that takes no names of inputs, but the table holds {names}; start it "
            f"with {_describe_first_layers(contract)} and keras.Model(inputs, outputs) of that dict."
        )
    for name, tensor in inputs.items():
        if name not in contract.input_names:
            raise ConfigurationError(
                f"`build` in {path} returned a model with an input {name!r}, and the table holds {names}."
            )
        expected = contract.inputs[name].input_shape
        if not _fits(tensor.shape, expected):
            raise ConfigurationError(
                f"`build` in {path} returned a model whose input {name!r} has shape {tensor.shape[1:]}, but the table "
                f"holds {expected}; take its shape from contract.inputs."
            )


def _describe_first_layers(contract: Contract) -> str:
    if contract.is_record:
        return "{name: keras.Input(one.input_shape, dtype=one.model_dtype) for name, one in contract.inputs.items()}"
    return "keras.Input(contract.input_shape)"


def _is_shape(shape: Any) -> TypeGuard[tuple[int | None, ...]]:
    return isinstance(shape, tuple) and all(length is None or isinstance(length, int) for length in shape)


def _fits(shape: Any, expected: tuple[int | None, ...]) -> bool:
    return len(shape) == len(expected) + 1 and all(
        one is None or other is None or one == other for one, other in zip(shape[1:], expected, strict=True)
    )


def _kind(model: object) -> str:
    return "nothing; add `return`" if model is None else type(model).__name__

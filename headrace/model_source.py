"""A network is one Python file with `build(contract, **options) -> keras.Model`; here it is found and run."""

import ast
import hashlib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from headrace.errors import ConfigurationError
from headrace.schema import Contract

if TYPE_CHECKING:
    import keras

MODULE = "headrace_user_model"


def read_source(path: Path) -> str:
    """The text of the model file, checked without running it.

    Raises:
        ConfigurationError: it is missing, is not Python, or defines no function `build`.
    """
    try:
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source, str(path))
    except OSError as error:
        raise ConfigurationError(f"The model file {path} (model.file) cannot be read: {error.strerror}.") from None
    except (SyntaxError, ValueError) as error:
        raise ConfigurationError(f"The model file {path} (model.file) is not valid Python: {error}.") from None
    if not any(isinstance(node, ast.FunctionDef) and node.name == "build" for node in tree.body):
        raise ConfigurationError(
            f"The model file {path} (model.file) has no function `build`; expected "
            "`def build(contract: Contract, **options) -> keras.Model`, as in models/cnn.py."
        )
    return source


def source_hash(source: str) -> str:
    """SHA-256 of a model's source, hexadecimal."""
    return hashlib.sha256(source.encode()).hexdigest()


def build_model(path: Path, contract: Contract, options: dict[str, Any]) -> "keras.Model":
    """Run the file at `path` and call its `build`.

    Raises:
        ConfigurationError: its code raised an error, which is quoted with its place, or it gave no Keras model.
    """
    import keras

    try:
        model = _module(path).build(contract, **options)
    except Exception as error:  # noqa: BLE001  the user's code may raise anything; it is reported as theirs
        frame = next((f for f in reversed(traceback.extract_tb(error.__traceback__)) if f.filename == str(path)), None)
        place = f"line {frame.lineno}: `{frame.line}`" if frame else f"its options {options}"
        raise ConfigurationError(
            f"The model file {path} failed at {place} with {type(error).__name__}: {error}"
        ) from error
    if not isinstance(model, keras.Model):
        raise ConfigurationError(f"`build` in {path} must return a keras.Model, it returned {type(model).__name__}.")
    return model


def _module(path: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(MODULE, path)
    if specification is None or specification.loader is None:
        raise ConfigurationError(f"The model file {path} (model.file) must be a .py file.")
    module = importlib.util.module_from_spec(specification)
    sys.modules[MODULE] = module
    specification.loader.exec_module(module)
    return module

"""Hide keras.json from Keras, which cannot be imported with some of the settings that it may hold."""

import importlib.util
import os
import sys
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

# The module of Keras that reads keras.json, and writes one if there is none.
READER = "keras.src.backend.config"
# No folder, and none can be made there: Keras finds no file and writes none.
NO_FOLDER = f"{os.devnull}/keras"


class _KerasJsonHider(MetaPathFinder):
    """An import finder that hides keras.json while Keras is loaded."""

    def find_spec(self, fullname: str, path: object, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return Python's own spec of `READER`, once; None for every other module."""
        if fullname != READER:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module
            spec.loader.exec_module = lambda module: _load_without_file(module, load)  # type: ignore[method-assign]
        return spec


def hide_keras_json() -> None:
    """Let Keras start with its defaults, whatever keras.json holds; call it before Keras is imported.

    With some values, such as bfloat16 for `floatx`, or `nnx_enabled`, Keras cannot be imported. KERAS_HOME remains the
    folder of pretrained weights and data sets.
    """
    if READER not in sys.modules and not any(isinstance(finder, _KerasJsonHider) for finder in sys.meta_path):
        sys.meta_path.insert(0, _KerasJsonHider())


def _load_without_file(module: ModuleType, load: Callable[[ModuleType], None]) -> None:
    configured = os.environ.get("KERAS_HOME")
    os.environ["KERAS_HOME"] = NO_FOLDER
    try:
        load(module)
    finally:
        if configured is None:
            del os.environ["KERAS_HOME"]
        else:
            os.environ["KERAS_HOME"] = configured
    module.__dict__["_KERAS_DIR"] = _default_folder() if configured is None else configured


def _default_folder() -> str:
    """Return the folder that Keras uses without KERAS_HOME."""
    home = os.path.expanduser("~")
    return os.path.join(home if os.access(home, os.W_OK) else "/tmp", ".keras")

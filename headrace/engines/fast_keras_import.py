"""Import Keras faster: skip optional dependencies, and disable garbage collection during the import.

Keras imports scikit-learn for `keras.wrappers`, and with it SciPy's statistics, and pandas for `fit` with data frames,
wherever they are installed. Together they take a third of the time that a process needs to import TensorFlow, and
every rank of a training starts with that import.

The import creates 400,000 objects that live as long as the process. To look for garbage among them, over and
over while it runs and again at exit, takes a third of what is left: 1.1 of 3.3 s of CPU time.
"""

import gc
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

UNUSED = ("sklearn", "pandas")


class _LeanFinder(MetaPathFinder):
    """An import finder that hides `UNUSED` while TensorFlow or Keras is loaded; TensorFlow imports Keras."""

    def find_spec(self, fullname: str, path: object, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return Python's own spec of the engine that is imported first; None for every other module."""
        if fullname not in ("tensorflow", "keras"):
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_lean(module: ModuleType) -> None:
                with _hidden(UNUSED), _kept_from_collection():
                    load(module)

            spec.loader.exec_module = load_lean  # type: ignore[method-assign]
        return spec


def import_engines_lean() -> None:
    """Let TensorFlow and Keras start without `UNUSED`, which this process can import nevertheless.

    Call this in programs of Headrace only: in another program `fit` with a data frame of pandas, or a wrapper for
    scikit-learn, may be in use.
    """
    if {"tensorflow", "keras"} & sys.modules.keys():
        return
    if not any(isinstance(finder, _LeanFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _LeanFinder())


@contextmanager
def _hidden(names: tuple[str, ...]) -> Iterator[None]:
    """Make the import of those `names` fail that have not been imported yet."""
    hidden = [name for name in names if name not in sys.modules]
    # None is how Python marks a module that must not be imported.
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextmanager
def _kept_from_collection() -> Iterator[None]:
    """Collect no garbage inside the block, and leave what exists at its end out of all later collections."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()

"""Raw images and text to a trained Keras model, on the Spark cluster you already have."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from headrace.engines.keras_environment import hide_keras_json, ignore_foreign_settings

if TYPE_CHECKING:
    from headrace.api import BatchOrder, Bundle, Run, Table, load, log_model, prepare, read, train, udf

__version__ = "0.1.0"
__all__ = ["BatchOrder", "Bundle", "Run", "Table", "load", "log_model", "prepare", "read", "train", "udf"]

ignore_foreign_settings()
hide_keras_json()


def __getattr__(name: str) -> Any:
    """Return a name of the Python API, which is imported with its first use."""
    if name in ("prepare", "train"):
        # They are packages too, see `headrace.callable_package`.
        return import_module(f"{__name__}.{name}")
    if name in __all__:
        return getattr(import_module(f"{__name__}.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

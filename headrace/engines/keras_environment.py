"""Keep the environment and keras.json from changing the results of TensorFlow and Keras.

The shell that starts a command may be set up for another project. Every process of Headrace imports `headrace` before
an engine, and `headrace/__init__.py` calls `ignore_foreign_settings`.
"""

import os
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

# Keras 3 reads these when it is imported. NNX needs flax, which only the JAX backend uses.
FORCED = {"KERAS_BACKEND": "tensorflow", "KERAS_NNX_ENABLED": "false"}
REMOVED = (
    # Keras: shorten every training.
    "KERAS_MAX_EPOCHS",
    "KERAS_MAX_STEPS_PER_EPOCH",
    # XLA: draws other random numbers, so that dropout masks differ; an unknown flag aborts the process.
    "TF_XLA_FLAGS",
    "XLA_FLAGS",
    # oneDNN: other kernels, another instruction set, or products in bfloat16 instead of float32. With TensorFlow
    # 2.21 and AVX-512 the first three change the weights of a convolutional network within two epochs.
    "TF_ENABLE_ONEDNN_OPTS",
    "ONEDNN_MAX_CPU_ISA",
    "DNNL_MAX_CPU_ISA",
    "TF_SET_ONEDNN_FPMATH_MODE",
    "ONEDNN_DEFAULT_FPMATH_MODE",
    "DNNL_DEFAULT_FPMATH_MODE",
)
# These change kernels on a CPU too, where they are never needed; on a GPU they remain the user's choice.
REMOVED_WITHOUT_GPU = ("TF_DETERMINISTIC_OPS",)
GPU_DRIVER = Path("/dev/nvidiactl")


def ignore_foreign_settings() -> None:
    """Set `FORCED` and remove `REMOVED` in this process's environment, which its children inherit.

    What has no effect on results stays: numbers of threads, visible devices, allocators and logging. So do
    TF_CUDNN_DETERMINISTIC and NVIDIA_TF32_OVERRIDE, which have an effect only on a GPU.
    """
    os.environ |= FORCED
    for name in (*REMOVED, *(() if GPU_DRIVER.exists() else REMOVED_WITHOUT_GPU)):
        os.environ.pop(name, None)


# The modules that read keras.json and write one if there is none: Keras, and what TensorFlow keeps of an older Keras.
READER = "keras.src.backend.config"
LEGACY_READER = "tensorflow.python.keras.backend"
# No folder, and none can be made there: Keras finds no file and writes none.
NO_FOLDER = f"{os.devnull}/keras"


class _KerasJsonHider(MetaPathFinder):
    """An import finder that hides keras.json while its readers are loaded."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return Python's own spec of a reader, with a loader that hides the file; None for every other module."""
        if fullname not in (READER, LEGACY_READER):
            return None
        spec = PathFinder.find_spec(fullname, path)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module
            spec.loader.exec_module = lambda module: _load_without_file(module, load)  # type: ignore[method-assign]
        return spec


def hide_keras_json() -> None:
    """Let Keras start with its defaults, whatever keras.json holds; call it before an engine is imported.

    With some values, such as bfloat16 for `floatx`, or `nnx_enabled`, Keras and TensorFlow cannot be imported.
    KERAS_HOME remains the folder of pretrained weights and data sets.
    """
    if not any(isinstance(finder, _KerasJsonHider) for finder in sys.meta_path):
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
    if module.__name__ == READER:
        module.__dict__["_KERAS_DIR"] = _default_folder() if configured is None else configured


def _default_folder() -> str:
    """Return the folder that Keras uses without KERAS_HOME."""
    home = os.path.expanduser("~")
    return os.path.join(home if os.access(home, os.W_OK) else "/tmp", ".keras")

"""Remove environment variables that change the results of TensorFlow and Keras.

The shell that starts a command may be set up for another project. Every process of Headrace imports `headrace` before
an engine, and `headrace/__init__.py` calls `ignore_foreign_settings`.
"""

import os
from pathlib import Path

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

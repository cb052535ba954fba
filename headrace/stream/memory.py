"""Memory for rows and pixels that is used again, step after step.

What malloc and Arrow's jemalloc are given back goes to the system at once, and its pages must be cleared anew:
for a batch of 128 images of 224x224 that took 2 to 4 ms of the 30 ms that decoding takes. mimalloc keeps it.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def keep_freed_memory() -> None:
    """Let Arrow keep freed memory for what it reads next, in all of this process."""
    pa.set_memory_pool(pa.mimalloc_memory_pool())


def pixels_of(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Bytes to be written to, at an address (a multiple of 64) that TensorFlow takes without copying."""
    return np.frombuffer(pa.allocate_buffer(int(np.prod(shape))), np.uint8).reshape(shape)

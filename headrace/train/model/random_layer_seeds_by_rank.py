"""Seeds of random layers such as dropout: different on every rank, and reproduced when a run resumes."""

import keras

# Far from other small seeds that a user may choose.
STRIDE = 1_000_003


def offset_seeds(model: keras.Model, rank: int) -> None:
    """Offset the seeds of all random layers by the rank; those of rank 0 stay unchanged.

    Call this after the broadcast of rank 0's state. With equal seeds, all ranks would drop the same units for their
    different rows, and the mean over ranks would be as noisy as a single rank.
    """
    for variable in model.variables:
        if variable.path.endswith("seed_generator_state"):
            variable.assign(variable.value + keras.ops.cast(keras.ops.array([rank * STRIDE, 0]), variable.dtype))

"""Input signature and symbolic inputs of a model, derived from its contract."""

from typing import Any

from headrace.contract import Contract


def input_signature(contract: Contract) -> Any:
    """Return the `tf.TensorSpec` of a batch of any number of rows; a dict of them for several inputs."""
    import tensorflow as tf

    specs = {
        name: tf.TensorSpec((None, *one.input_shape), one.model_dtype, name=name if contract.is_record else None)
        for name, one in contract.inputs.items()
    }
    return specs if contract.is_record else next(iter(specs.values()))


def symbolic_inputs(contract: Contract) -> Any:
    """Return the `keras.Input` of a batch; a dict of them for several inputs."""
    import keras

    inputs: dict[str, keras.KerasTensor] = {
        name: keras.Input(one.input_shape, dtype=one.model_dtype, name=name if contract.is_record else None)
        for name, one in contract.inputs.items()
    }
    return inputs if contract.is_record else next(iter(inputs.values()))

"""Compute with Keras's default settings, whatever the importing program or a network's file configured.

`headrace/engines/keras_environment.py` names the backend, and hides keras.json, both before Keras is imported.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from headrace.errors import ConfigurationError

PRECISION = "float32"


class KerasSetting(NamedTuple):
    """A global setting of Keras; `default` is the value that Headrace computes with."""

    name: str
    read: Callable[[], Any]
    set: Callable[[Any], None]
    default: Any


def keras_settings() -> list[KerasSetting]:
    """Return the global settings on which results depend, by the names of their functions in `keras.config`."""
    from keras import config

    # The data type comes before the policy, which Keras derives from it if a program set none.
    return [
        KerasSetting("floatx", config.floatx, config.set_floatx, PRECISION),
        KerasSetting("dtype_policy", config.dtype_policy, config.set_dtype_policy, PRECISION),
        KerasSetting("image_data_format", config.image_data_format, config.set_image_data_format, "channels_last"),
        KerasSetting("epsilon", config.epsilon, config.set_epsilon, 1e-7),
        KerasSetting("max_epochs", config.max_epochs, config.set_max_epochs, None),
        KerasSetting("max_steps_per_epoch", config.max_steps_per_epoch, config.set_max_steps_per_epoch, None),
    ]


def use_tensorflow() -> None:
    """Make Keras compute with TensorFlow, channels last, in float32, and train for as many epochs as requested.

    The global precision of layers stays, which a run sets by train.precision: see `own_keras_settings` for all.
    Call this before a network is built: a program may have imported Keras before Headrace, and with its keras.json.

    Raises:
        ConfigurationError: this program had imported Keras with another backend before Headrace.
    """
    import keras

    if (backend := keras.config.backend()) != "tensorflow":
        raise ConfigurationError(
            f"Keras was imported with the {backend} backend, and Headrace needs tensorflow; "
            "import headrace before keras, or set KERAS_BACKEND=tensorflow."
        )
    for setting in keras_settings():
        if setting.name != "dtype_policy":
            setting.set(setting.default)


@contextmanager
def own_keras_settings(precision: str = PRECISION) -> Iterator[None]:
    """Let Keras compute inside the block as `use_tensorflow` does, and put the caller's settings back after it.

    Args:
        precision: global precision of layers inside the block, as in `train.precision`.

    Raises:
        ConfigurationError: see `use_tensorflow`.
    """
    before = [(setting, setting.read()) for setting in keras_settings()]
    try:
        use_tensorflow()
        from keras.config import set_dtype_policy

        set_dtype_policy(precision)
        yield
    finally:
        for setting, value in before:
            setting.set(value)

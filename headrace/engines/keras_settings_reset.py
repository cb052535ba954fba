"""Reset Keras's global settings, whatever the importing program configured.

`headrace/engines/keras_environment.py` names the backend, and `headrace/engines/keras_environment.py` hides
keras.json, both before Keras is imported.
"""

from headrace.errors import ConfigurationError


def use_tensorflow() -> None:
    """Make Keras compute with TensorFlow, channels last, in float32, and train for as many epochs as requested.

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
    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_max_epochs(None)
    keras.config.set_max_steps_per_epoch(None)

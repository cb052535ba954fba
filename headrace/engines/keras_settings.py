"""Settings of Keras that do not depend on the environment or on ~/.keras/keras.json.

`headrace/__init__.py` names the backend, as Keras reads it when it is imported.
"""

from headrace.errors import ConfigurationError


def use_tensorflow() -> None:
    """Make Keras compute with TensorFlow, channels last, in float32, and train as long as it is told.

    Called before a network is built: keras.json and variables such as KERAS_MAX_EPOCHS would otherwise change what is
    trained or predicted.

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

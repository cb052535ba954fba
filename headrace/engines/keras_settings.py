"""Settings of Keras that do not depend on the environment or on ~/.keras/keras.json.

`headrace/engines/environment.py` names the backend, as Keras reads it when it is imported.
"""

import json
import os
from pathlib import Path

from headrace.errors import ConfigurationError

# What Keras accepts; with any other value it cannot be imported.
ACCEPTED = {"floatx": ("float16", "float32", "float64"), "image_data_format": ("channels_last", "channels_first")}


def require_readable_settings() -> None:
    """Raise if keras.json holds what keeps Keras from being imported.

    Raises:
        ConfigurationError: it does.
    """
    folder = os.environ.get("KERAS_HOME") or os.path.expanduser("~/.keras")
    file = Path(folder) / "keras.json"
    try:
        settings = json.loads(file.read_text())
    except (OSError, ValueError):
        return  # Keras itself goes on without a file that it cannot read.
    if not isinstance(settings, dict):
        raise ConfigurationError(f"{file} holds {settings!r:.40}; expected an object. Correct or remove the file.")
    for name, accepted in ACCEPTED.items():
        if settings.get(name, accepted[0]) not in accepted:
            raise ConfigurationError(
                f"{file} sets {name} to {settings[name]!r}, with which Keras cannot be imported; expected one of "
                f"{', '.join(accepted)}. Correct or remove the file; Headrace uses float32 and channels last anyway."
            )
    if not isinstance(settings.get("epsilon", 1e-7), float):
        raise ConfigurationError(f"{file} sets epsilon to {settings['epsilon']!r}; expected a number such as 1e-07.")


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

"""Raw images and text to a trained Keras model, on the Spark cluster you already have."""

from headrace.engines.foreign_environment_variables import ignore_foreign_settings
from headrace.engines.hide_keras_json import hide_keras_json

__version__ = "0.1.0"

ignore_foreign_settings()
hide_keras_json()

"""Raw images and text to a trained Keras model, on the Spark cluster you already have."""

from headrace.engines.environment import ignore_foreign_settings

__version__ = "0.1.0"

ignore_foreign_settings()

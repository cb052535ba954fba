"""Raw images and text to a trained Keras model, on the Spark cluster you already have."""

__version__ = "0.1.0"

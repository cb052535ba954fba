"""Raw images and text to a trained Keras model, on the Spark cluster you already have."""

import os

__version__ = "0.1.0"

# Keras reads it when it is imported; a shell that names another backend is that of another project.
os.environ["KERAS_BACKEND"] = "tensorflow"

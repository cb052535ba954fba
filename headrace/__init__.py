"""Raw images and text to a trained Keras model, on the Spark cluster you already have."""

import os

__version__ = "0.1.0"

# Keras and TensorFlow read these when they are imported; a shell that has other values is that of another project.
# XLA draws other random numbers, so that its flags would train other weights.
os.environ |= {"KERAS_BACKEND": "tensorflow", "KERAS_NNX_ENABLED": "false"}
for _name in ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH", "TF_XLA_FLAGS"):
    os.environ.pop(_name, None)

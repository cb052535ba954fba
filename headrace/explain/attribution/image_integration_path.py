"""The integration path from the mean colour of the training data to an image.

The networks in models/ normalise the mean of each channel to 0. Black, the other usual baseline, gives every black
pixel the attribution 0, whatever its effect on the prediction.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.errors import ConfigurationError
from headrace.explain.attribution.float_input_model import with_float_input
from headrace.explain.attribution.integrated_gradients import Floats
from headrace.explain.attribution.target_score import TargetScore


class ImageNetwork:
    """An image network with its scores and their gradients as compiled functions."""

    def __init__(self, model: keras.Model, contract: Contract) -> None:
        shape = contract.named("input")[1].image_shape
        self._model = with_float_input(model, np.zeros((1, *shape), np.uint8))
        self._score = TargetScore(contract)
        images, class_number = tf.TensorSpec((None, *shape), tf.float32), tf.TensorSpec((), tf.int32)
        self.scores = tf.function(self._scores, [images, class_number], autograph=False)
        self.gradients = tf.function(self._gradients, [images, class_number], autograph=False)

    def _scores(self, images: Any, class_number: Any) -> Any:
        return self._score(self._model(images, training=False), class_number)

    def _gradients(self, images: Any, class_number: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            scores = self._scores(images, class_number)
        gradients = tape.gradient(scores, images)
        if gradients is None:
            raise ConfigurationError(
                "The bundle's network has no gradient for its input, because it casts pixels to integers; integrated "
                "gradients cannot explain it. Use another --method, or cast to float32 first in the network."
            )
        return gradients


class ImagePath:
    """The path to one image (height, width, channels) from `baseline`, one value for each channel.

    It implements `IntegrationPath`.
    """

    def __init__(
        self, network: ImageNetwork, image: NDArray[np.uint8], baseline: tuple[float, ...], class_number: int | None
    ) -> None:
        self.scale = 0.0 if class_number is None else 1.0
        self._network, self._class_number = network, class_number or 0
        self._start = np.broadcast_to(np.array(baseline, np.float32), image.shape)
        self._difference = image.astype(np.float32) - self._start

    def scores(self, alphas: Floats) -> Floats:
        """Return the scores at `alphas`, (alphas,)."""
        scores: Floats = self._network.scores(self._images(alphas), self._class_number).numpy()
        return scores

    def gradients(self, alphas: Floats) -> Floats:
        """Return the gradients at `alphas` times the path, (alphas, height, width, channels)."""
        gradients: Floats = self._network.gradients(self._images(alphas), self._class_number).numpy() * self._difference
        return gradients

    def _images(self, alphas: Floats) -> Floats:
        return self._start + alphas[:, None, None, None] * self._difference

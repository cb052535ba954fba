"""The way from the mean colour of the training data to an image.

The mean of each channel is what the networks in models/ normalise to 0. Black, the other usual baseline, gives
every black pixel the attribution 0, whatever the network makes of it.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.errors import ConfigurationError
from headrace.explain.float_input import with_float_input
from headrace.explain.integrated_gradients import Floats
from headrace.explain.target_score import TargetScore


class ImageNetwork:
    """A network for images with the gradients of its scores."""

    def __init__(self, model: keras.Model, contract: Contract) -> None:
        shape = contract.named("input")[1].image_shape
        self._model = with_float_input(model, np.zeros((1, *shape), np.uint8))
        self._score = TargetScore(contract)
        images, number = tf.TensorSpec((None, *shape), tf.float32), tf.TensorSpec((), tf.int32)
        self.scores = tf.function(self._scores, [images, number], autograph=False)
        self.gradients = tf.function(self._gradients, [images, number], autograph=False)

    def _scores(self, images: Any, number: Any) -> Any:
        return self._score(self._model(images, training=False), number)

    def _gradients(self, images: Any, number: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            scores = self._scores(images, number)
        found = tape.gradient(scores, images)
        if found is None:
            raise ConfigurationError(
                "The bundle's network has no gradient for its input, so that integrated gradients cannot explain it: "
                "it makes whole numbers of pixels. Take another --method, or cast to float32 first in the network."
            )
        return found


class ImagePath:
    """To one image, (height, width, channels), from `baseline`, a value a channel; see `IntegrationPath`."""

    def __init__(
        self, network: ImageNetwork, image: NDArray[np.uint8], baseline: tuple[float, ...], number: int | None
    ) -> None:
        self.scale = 0.0 if number is None else 1.0
        self._network, self._number = network, number or 0
        self._begin = np.broadcast_to(np.array(baseline, np.float32), image.shape)
        self._way = image.astype(np.float32) - self._begin

    def scores(self, alphas: Floats) -> Floats:
        """(alphas,)."""
        found: Floats = self._network.scores(self._images(alphas), self._number).numpy()
        return found

    def gradients(self, alphas: Floats) -> Floats:
        """(alphas, height, width, channels)."""
        found: Floats = self._network.gradients(self._images(alphas), self._number).numpy() * self._way
        return found

    def _images(self, alphas: Floats) -> Floats:
        return self._begin + alphas[:, None, None, None] * self._way

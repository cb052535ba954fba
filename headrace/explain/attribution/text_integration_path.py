"""The integration path to a text: token embeddings scaled from zero (Sundararajan et al., section 5).

Other values that the network computes from the tokens, such as masks and positions, stay those of the whole text.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.explain.attribution.integrated_gradients import Floats
from headrace.explain.attribution.layer_output_hooks import patch_outputs, trace_layers
from headrace.explain.attribution.target_score import TargetScore


class TextNetwork:
    """A text network with its scores and their gradients with respect to the token vectors, as compiled functions."""

    def __init__(self, model: keras.Model, contract: Contract) -> None:
        self._model = model
        self._score = TargetScore(contract)
        self._embeddings = _embeddings(model)
        signature = [tf.TensorSpec((None,), tf.int32), tf.TensorSpec((None,), tf.float32), tf.TensorSpec((), tf.int32)]
        self.scores = tf.function(self._scores, signature, autograph=False)
        self.gradients = tf.function(self._gradients, signature, autograph=False)

    @property
    def has_embeddings(self) -> bool:
        """Return whether the network has token vectors with respect to which to take gradients."""
        return bool(self._embeddings)

    def _scores(self, tokens: Any, alphas: Any, class_number: Any) -> Any:
        def scale(_: keras.Layer, inputs: Any, vectors: Any) -> Any:
            return vectors * _broadcast(alphas, vectors)

        return self._patched_scores(tokens, alphas, class_number, scale)

    def _gradients(self, tokens: Any, alphas: Any, class_number: Any) -> Any:
        """Return the gradients times the path, (alphas, tokens)."""
        vectors, scaled = [], []
        with tf.GradientTape(watch_accessed_variables=False) as tape:

            def scale(_: keras.Layer, inputs: Any, output: Any) -> Any:
                point = output * _broadcast(alphas, output)
                tape.watch(point)
                vectors.append(output)
                scaled.append(point)
                return point

            scores = self._patched_scores(tokens, alphas, class_number, scale)
        gradients = tape.gradient(scores, scaled, unconnected_gradients="zero")
        pairs = zip(gradients, vectors, strict=True)
        return tf.add_n([tf.reduce_sum(tf.convert_to_tensor(gradient) * output, -1) for gradient, output in pairs])

    def _patched_scores(self, tokens: Any, alphas: Any, class_number: Any, change: Any) -> Any:
        rows = tf.repeat(tokens[None], tf.size(alphas), axis=0)
        with patch_outputs(self._embeddings, change):
            predictions = self._model(rows, training=False)
        return self._score(predictions, class_number)


def _broadcast(alphas: Any, vectors: Any) -> Any:
    return tf.cast(alphas, vectors.dtype)[:, None, None]


def _embeddings(model: keras.Model) -> list[keras.Layer]:
    """Return the Embedding layers of the tokens, without those of positions or other numbers."""
    # No sequence of positions starts like this.
    probe = np.array([[5, 2, 5, 3]], np.int32)
    embeddings = [
        call.layer
        for call in trace_layers(model, probe)
        if isinstance(call.layer, keras.layers.Embedding) and np.array_equal(np.asarray(call.input), probe)
    ]
    return list(dict.fromkeys(embeddings))


class TextPath:
    """The path to one text, given as token numbers (tokens,); it implements `IntegrationPath`."""

    def __init__(self, network: TextNetwork, tokens: NDArray[np.int32], class_number: int | None) -> None:
        self.scale = 0.0 if class_number is None else 1.0
        self._network, self._tokens, self._class_number = network, tokens, class_number or 0

    def scores(self, alphas: Floats) -> Floats:
        """Return the scores at `alphas`, (alphas,)."""
        scores: Floats = self._network.scores(self._tokens, alphas, self._class_number).numpy()
        return scores

    def gradients(self, alphas: Floats) -> Floats:
        """Return the gradients at `alphas` times the path, (alphas, tokens)."""
        gradients: Floats = self._network.gradients(self._tokens, alphas, self._class_number).numpy()
        return gradients

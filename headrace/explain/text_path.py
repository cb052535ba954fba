"""The way from no text to a text: all its tokens' vectors grow from zero, after Sundararajan et al., section 5.

What else the network makes of the tokens, such as masks and alphas, stays as it is for the whole text.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.explain.integrated_gradients import Floats
from headrace.explain.layer_hooks import patch_outputs, trace_layers
from headrace.explain.target_score import TargetScore


class TextNetwork:
    """A network for texts with the gradients of its scores by the vectors of the tokens."""

    def __init__(self, model: keras.Model, contract: Contract) -> None:
        self._model = model
        self._score = TargetScore(contract)
        self._embeddings = _embeddings(model)
        signature = [tf.TensorSpec((None,), tf.int32), tf.TensorSpec((None,), tf.float32), tf.TensorSpec((), tf.int32)]
        self.scores = tf.function(self._scores, signature, autograph=False)
        self.slopes = tf.function(self._gradients, signature, autograph=False)

    @property
    def has_embeddings(self) -> bool:
        """Whether there are vectors of tokens by which to take gradients."""
        return bool(self._embeddings)

    def _scores(self, tokens: Any, alphas: Any, number: Any) -> Any:
        def placed(_: keras.Layer, given: Any, vectors: Any) -> Any:
            return vectors * _along(alphas, vectors)

        return self._answered(tokens, alphas, number, placed)

    def _gradients(self, tokens: Any, alphas: Any, number: Any) -> Any:
        """(alphas, tokens)."""
        ends, middles = [], []
        with tf.GradientTape(watch_accessed_variables=False) as tape:

            def placed(_: keras.Layer, given: Any, vectors: Any) -> Any:
                middle = vectors * _along(alphas, vectors)
                tape.watch(middle)
                ends.append(vectors)
                middles.append(middle)
                return middle

            scores = self._answered(tokens, alphas, number, placed)
        gradients = tape.gradient(scores, middles, unconnected_gradients="zero")
        pairs = zip(gradients, ends, strict=True)
        return tf.add_n([tf.reduce_sum(tf.convert_to_tensor(slope) * end, -1) for slope, end in pairs])

    def _answered(self, tokens: Any, alphas: Any, number: Any, change: Any) -> Any:
        rows = tf.repeat(tokens[None], tf.size(alphas), axis=0)
        with patch_outputs(self._embeddings, change):
            answers = self._model(rows, training=False)
        return self._score(answers, number)


def _along(alphas: Any, vectors: Any) -> Any:
    return tf.cast(alphas, vectors.dtype)[:, None, None]


def _embeddings(model: keras.Model) -> list[keras.Layer]:
    """The layers that turn tokens into vectors; those of alphas, or of what else a network counts, are none."""
    # No sequence of alphas begins like this.
    probe = np.array([[5, 2, 5, 3]], np.int32)
    found = [
        call.layer
        for call in trace_layers(model, probe)
        if isinstance(call.layer, keras.layers.Embedding) and np.array_equal(np.asarray(call.input), probe)
    ]
    return list(dict.fromkeys(found))


class TextPath:
    """To one text, the numbers of its tokens; see `IntegrationPath`."""

    def __init__(self, network: TextNetwork, tokens: NDArray[np.int32], number: int | None) -> None:
        self.scale = 0.0 if number is None else 1.0
        self._network, self._tokens, self._number = network, tokens, number or 0

    def scores(self, alphas: Floats) -> Floats:
        """(alphas,)."""
        found: Floats = self._network.scores(self._tokens, alphas, self._number).numpy()
        return found

    def gradients(self, alphas: Floats) -> Floats:
        """(alphas, tokens)."""
        found: Floats = self._network.slopes(self._tokens, alphas, self._number).numpy()
        return found

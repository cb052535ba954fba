"""FLOPs of every network agree with TensorFlow's count in its graph, where TensorFlow can count them."""

from pathlib import Path

import keras
import pytest
import tensorflow as tf
from keras import layers
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from headrace.contract import Contract
from headrace.networks.flops import flops
from headrace.networks.keras_inputs_and_tensor_specs import input_signature
from headrace.networks.network_build_and_checks import build_model
from tests.support.shipped_networks import MODELS, SERIES, SMALL, contract_for

pytestmark = pytest.mark.tensorflow

LENGTH = 10
# TensorFlow counts the body of a recurrent layer's loop once.
LOOPS = ("rnn", *SERIES)


def tensorflow_flops(model: keras.Model, contract: Contract) -> int:
    """Return TensorFlow's count of the matrix products in a graph for one row, with texts of `LENGTH` tokens."""
    function = tf.function(lambda x: model(x, training=False))
    concrete = function.get_concrete_function(tf.nest.map_structure(one_row, input_signature(contract)))
    graph = convert_variables_to_constants_v2(concrete).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder(tf.compat.v1.profiler.ProfileOptionBuilder.float_operation())
    options = options.with_empty_output().with_node_names(hide_name_regexes=[".*BiasAdd.*"])
    run_meta = tf.compat.v1.RunMetadata()
    return int(tf.compat.v1.profiler.profile(graph, run_meta, cmd="op", options=options.build()).total_float_ops)


def one_row(batch: tf.TensorSpec) -> tf.TensorSpec:
    """Return the specification of one row of a batch."""
    return tf.TensorSpec((1, *(LENGTH if size is None else size for size in batch.shape[1:])), batch.dtype)


@pytest.mark.parametrize("path", [path for path in MODELS if path.stem not in LOOPS], ids=lambda path: path.stem)
def test_flops_are_nearly_all_that_tensorflow_counts(path: Path) -> None:
    contract = contract_for(path)
    model = build_model(path, contract, SMALL[path.stem] | {"width": 32})
    expected = tensorflow_flops(model, contract)
    assert 0.85 * expected <= flops(model, LENGTH) <= expected


@pytest.mark.parametrize(("cell", "gates"), [(layers.LSTM, 4), (layers.GRU, 3), (layers.SimpleRNN, 1)])
def test_flops_count_input_and_state_of_recurrent_layer_at_every_step(cell: type, gates: int) -> None:
    one = keras.Sequential([keras.Input((None, 5)), cell(7)])
    assert flops(one, LENGTH) == LENGTH * gates * 2 * (5 + 7) * 7
    both = keras.Sequential([keras.Input((None, 5)), layers.Bidirectional(cell(7))])
    assert flops(both, LENGTH) == 2 * flops(one, LENGTH)

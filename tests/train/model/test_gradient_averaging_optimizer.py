"""Two real ranks learn the weights that one process learns from both ranks' rows."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from headrace.config.sections.training import Optimizer
from headrace.errors import ConfigurationError
from headrace.train.model.gradient_averaging_optimizer import make_distributed, moving_averages
from headrace.train.model.optimizer_from_settings import make_optimizer
from tests.train.rank_program import ACCUMULATED, ALL, CASES, COMPRESSED, OPTIMIZERS, STEPS, values_by_rank

pytestmark = pytest.mark.tensorflow

Messages = list[dict[str, Any]]

# For .ci/run, every optimizer with one network of sparse gradients and every network with two optimizers are enough.
MORE = {f"{name}, CNN" for name in OPTIMIZERS} | {f"{name}, transformer block" for name in OPTIMIZERS}
MORE -= {f"{name}, {network}" for name in ("SGD", "Adam") for network in ("CNN", "transformer block")}
NAMES = [pytest.param(name, marks=pytest.mark.long) if name in MORE else name for name in CASES]


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder for the logs of the ranks."""
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="module")
def messages(spark: Any, logs: Path, request: pytest.FixtureRequest) -> Messages:
    """Launch two ranks of `rank_program` once, with the cases of the selected tests, and return their messages."""
    from headrace.train.launch.spark_barrier_launcher import RankProgram, launch

    chosen = {item.callspec.params.get("name") for item in request.session.items if hasattr(item, "callspec")}
    names = tuple(name for name in ALL if name in {*chosen, "SGD, CNN", "accumulation"})
    received: Messages = []
    launch(spark, 2, RankProgram(module="tests.train.rank_program", arguments=names, logs=logs), received.append)
    return [json.loads(message["text"]) for message in received if message["kind"] == "message"]


@pytest.mark.parametrize("name", NAMES)
def test_two_ranks_hold_bit_equal_weights(messages: Messages, name: str) -> None:
    first, second = values_by_rank(messages, name, "digest")
    assert first == second


@pytest.mark.parametrize("name", NAMES)
def test_two_ranks_match_one_process_with_twice_the_batch(messages: Messages, name: str) -> None:
    assert max(values_by_rank(messages, name, "difference")) < 1e-8
    assert min(values_by_rank(messages, name, "moved")) > 1e-3


@pytest.mark.parametrize("name", COMPRESSED)
def test_compressed_gradients_are_equal_on_ranks_and_close_to_one_process(messages: Messages, name: str) -> None:
    first, second = values_by_rank(messages, name, "digest")
    assert first == second
    error, moved = (max(values_by_rank(messages, name, key)) for key in ("difference", "moved"))
    # One rounding is 0.05 % (fp16) or 0.4 % (bf16); a unit that it switches on or off amplifies it.
    assert 0 < error < 0.05 * moved


def test_temporary_files_of_ranks_are_removed(messages: Messages) -> None:
    """TensorFlow leaves some in each rank, which exits without cleaning up."""
    folders = {Path(path) for path in values_by_rank(messages, "temporary folder", "path")}
    assert len(folders) == 2
    assert not any(folder.exists() or folder.parent.exists() for folder in folders)


def test_accumulated_gradients_are_reduced_once(messages: Messages) -> None:
    assert values_by_rank(messages, "SGD, CNN", "reductions") == [STEPS, STEPS]
    assert values_by_rank(messages, "accumulation", "reductions") == [STEPS // ACCUMULATED] * 2


def test_allreduce_sum_is_exact(messages: Messages) -> None:
    assert values_by_rank(messages, "sums", "sums") == [[3.0, [2.0, 1.0]]] * 2


def test_broadcast_arrays_reach_every_rank(messages: Messages) -> None:
    assert values_by_rank(messages, "arrays", "arrays") == [[[0, 1, 2], [[1.0, 1.0], [1.0, 1.0]]]] * 2


def test_ranks_without_allreduce_hold_different_weights(messages: Messages) -> None:
    first, second = values_by_rank(messages, "no allreduce", "digest")
    assert first != second


def test_require_equal_weights_reports_on_every_rank(messages: Messages) -> None:
    first, second = values_by_rank(messages, "drift", "text")
    assert first == second
    assert first.startswith("The ranks hold different weights: rank 0 ")


def test_horovods_keras_wrapper_still_does_nothing(messages: Messages) -> None:
    """When this fails, Horovod supports Keras 3, and its wrapper can be compared with ours."""
    assert values_by_rank(messages, "horovod's wrapper", "digest") == values_by_rank(messages, "no allreduce", "digest")


def test_batch_norm_statistics_are_averaged_over_ranks(messages: Messages) -> None:
    assert values_by_rank(messages, "batch norm", "before") == [[0.0] * 4, [0.5] * 4]
    assert values_by_rank(messages, "batch norm", "after") == [[0.25] * 4] * 2


def test_keras_still_squares_slices_of_repeated_row_separately() -> None:
    """When this fails, Keras sums them first, and gradients need not be made dense on one rank."""
    variables = [keras.Variable(np.zeros((2, 1), "float32")) for _ in range(2)]
    slices = tf.IndexedSlices(tf.ones((2, 1)), tf.constant([0, 0]), tf.constant([2, 1]))
    for variable, gradient in zip(variables, (slices, tf.convert_to_tensor(slices)), strict=True):
        keras.optimizers.RMSprop(0.1).apply([gradient], [variable])
    assert variables[0].numpy()[0, 0] != pytest.approx(variables[1].numpy()[0, 0], rel=0.01)


def test_optimizer_refuses_option_unknown_to_keras() -> None:
    with pytest.raises(ConfigurationError, match="mom"):
        make_optimizer(Optimizer(name="sgd", options={"mom": 0.9}))


@pytest.mark.parametrize("key", ["clipnorm", "clipvalue", "global_clipnorm"])
def test_optimizer_refuses_clipping_that_keras_ignores(key: str) -> None:
    with pytest.raises(ConfigurationError, match=f"options.{key} is -1; expected a number above 0"):
        make_optimizer(Optimizer(options={key: -1}))


def test_optimizer_gets_configured_options() -> None:
    made = make_optimizer(Optimizer(name="sgd", learning_rate=0.5, options={"momentum": 0.9}))
    assert (float(made.learning_rate), made.momentum) == (0.5, 0.9)


@pytest.mark.usefixtures("messages")
def test_launch_keeps_log_of_every_rank(logs: Path) -> None:
    assert {path.name for path in logs.iterdir()} == {"rank-0.log", "rank-1.log"}


@pytest.mark.parametrize("use_ema", [True, False])
def test_model_has_the_moving_averages_of_its_weights_for_a_while(use_ema: bool) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    optimizer = keras.optimizers.SGD(0.1, use_ema=use_ema, ema_momentum=0.5)
    model.compile(optimizer, "mse")
    random = np.random.default_rng(0)
    model.fit(random.normal(size=(32, 3)), random.normal(size=(32, 2)), batch_size=8, verbose=0)
    # Keras gives the model the averages at the end of `fit`.
    averages = model.get_weights()
    trained = [random.normal(size=weight.shape).astype("float32") for weight in model.trainable_weights]
    model.set_weights(trained)
    make_distributed(optimizer)
    with moving_averages(model):
        for weight, expected in zip(model.get_weights(), averages if use_ema else trained, strict=True):
            np.testing.assert_array_equal(weight, expected)
    for weight, expected in zip(model.get_weights(), trained, strict=True):
        np.testing.assert_array_equal(weight, expected)

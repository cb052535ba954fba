"""Every network in models/ is built from any suitable contract, and explains why it refuses another."""

from pathlib import Path

import keras
import numpy as np
import pytest

from headrace.errors import ConfigurationError
from headrace.features.contract_spec import Statistics
from headrace.features.vector.contract_spec import VectorSpec
from headrace.networks.network_build_and_checks import build_model
from tests.support.shipped_networks import (
    MASKS,
    MODELS,
    RECORDS,
    ROWS_OF_CELLS,
    SERIES,
    SMALL,
    SOUNDS,
    TEXT,
    VECTORS,
    contract_for,
    inputs_for,
    vector_contract,
)

pytestmark = pytest.mark.tensorflow


ONE_OUTPUT_PER_ROW = [path for path in MODELS if path.stem not in MASKS]


@pytest.fixture(params=MODELS, ids=lambda path: path.stem)
def any_network(request: pytest.FixtureRequest) -> Path:
    """Return each file in models/ in turn."""
    keras.utils.set_random_seed(1)
    return request.param


@pytest.fixture(params=ONE_OUTPUT_PER_ROW, ids=lambda path: path.stem)
def network(request: pytest.FixtureRequest) -> Path:
    """Return each file in models/ of a network that predicts whole records in turn."""
    keras.utils.set_random_seed(1)
    return request.param


@pytest.fixture(params=[path for path in MODELS if path.stem in MASKS], ids=lambda path: path.stem)
def mask_network(request: pytest.FixtureRequest) -> Path:
    """Return each file in models/ of a network that predicts masks in turn."""
    keras.utils.set_random_seed(1)
    return request.param


def test_mask_network_predicts_a_probability_for_each_class_of_each_pixel(mask_network: Path) -> None:
    contract = contract_for(mask_network)
    answer = build_model(mask_network, contract, SMALL[mask_network.stem]).predict(inputs_for(contract), verbose=0)
    assert answer.shape == (4, *contract.output_shape) == (4, 16, 12, 3)
    assert answer.sum(-1) == pytest.approx(np.ones((4, 16, 12)), abs=1e-5)


def test_mask_network_memorises_masks(mask_network: Path) -> None:
    contract = contract_for(mask_network)
    model = build_model(mask_network, contract, SMALL[mask_network.stem])
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    rows = inputs_for(contract, 4)
    masks = (rows[..., 0] > 170).astype(np.uint8) + (rows[..., 1] > 128)
    history = model.fit(rows, masks, epochs=150, verbose=0).history
    assert history["accuracy"][-1] > 0.97


def test_mask_network_needs_sizes_that_can_be_halved(mask_network: Path) -> None:
    with pytest.raises(ConfigurationError, match="images of 16 x 12 cannot be halved 3 times"):
        build_model(mask_network, contract_for(mask_network), {"depth": 3})


def test_network_of_whole_images_is_refused_for_masks(mask_network: Path) -> None:
    cnn = next(path for path in MODELS if path.stem == "cnn")
    with pytest.raises(ConfigurationError, match=r"outputs \(None, 16, 12, 3\), a probability of each class for each"):
        build_model(cnn, contract_for(mask_network), SMALL["cnn"])
    with pytest.raises(ConfigurationError, match=r"outputs \(None, 3\), one per class; it returned outputs \(None, 16"):
        build_model(mask_network, contract_for(cnn), SMALL[mask_network.stem])


def test_network_predicts_a_probability_for_each_class(network: Path) -> None:
    contract = contract_for(network)
    answer = build_model(network, contract, SMALL[network.stem]).predict(inputs_for(contract), verbose=0)
    assert answer.shape == (4, 3)
    assert answer.sum(1) == pytest.approx(np.ones(4), abs=1e-5)


def test_multi_label_network_predicts_independent_probabilities(network: Path) -> None:
    contract = contract_for(network, task="multi_label")
    answers = np.asarray(build_model(network, contract, SMALL[network.stem])(inputs_for(contract)))
    assert answers.shape == (4, 3)
    assert ((answers > 0) & (answers < 1)).all()
    assert (np.abs(answers.sum(1) - 1) > 1e-3).any()


def test_regression_network_predicts_one_unbounded_number(network: Path) -> None:
    contract = contract_for(network, task="regression", classes=())
    model = build_model(network, contract, SMALL[network.stem])
    model.layers[-1].bias.assign([1000.0])
    assert (model.predict(inputs_for(contract), verbose=0) > 900).all()
    assert model.output_shape == (None, 1)


def test_vector_network_predicts_unbounded_components(network: Path) -> None:
    contract = vector_contract(network)
    model = build_model(network, contract, SMALL[network.stem])
    last = next(layer for layer in reversed(model.layers) if isinstance(layer, keras.layers.Dense))
    last.bias.assign([1000.0, -1000.0])
    predicted = model.predict(inputs_for(contract), verbose=0)
    assert (predicted[:, 0] > 900).all()
    assert (predicted[:, 1] < -900).all()


def test_autoencoder_starts_at_the_mean_and_takes_no_categories() -> None:
    """A component that was constant in training has no scale of its own: a new value of it would be infinite."""
    path = next(path for path in MODELS if path.stem == "autoencoder")
    contract = vector_contract(path)
    constant = VectorSpec(statistics=Statistics(mean=(50.0, -3.0), variance=(100.0, 0.0)), column="embedding")
    contract = contract.model_copy(update={"input_specs": {"input": constant}})
    model = build_model(path, contract, SMALL[path.stem])
    assert np.abs(model.predict(np.array([[50, 1e3]], "float32"), verbose=0)).max() < 1e4
    assert model.predict(np.array([[50, -3]], "float32"), verbose=0)[0] == pytest.approx([50, -3], abs=1e-4)
    rows = contract_for(Path("tabular"), task="vector", classes=())
    rows = rows.model_copy(update={"columns": rows.columns | {"label": contract.columns["label"]}})
    with pytest.raises(ConfigurationError, match="The rows have the categories c, d; expected numbers only"):
        build_model(path, rows, SMALL[path.stem])


def test_mixed_precision_network_predicts_in_float32(any_network: Path) -> None:
    contract = contract_for(any_network)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build_model(any_network, contract, SMALL[any_network.stem])
        assert model.predict(inputs_for(contract), verbose=0).dtype == np.float32
        assert "bfloat16" in {layer.compute_dtype for layer in model.layers}
    finally:
        keras.config.set_dtype_policy("float32")


def test_network_has_options_for_width_depth_dropout_penalty_and_activation(any_network: Path) -> None:
    contract = contract_for(any_network)
    options = SMALL[any_network.stem] | {"depth": 2, "dropout": 0.0, "l2": 0.1, "activation": "tanh"}
    small, large = (build_model(any_network, contract, options | {"width": width}) for width in (8, 16))
    assert small.count_params() < large.count_params()
    assert float(sum(small.losses)) > 0


@pytest.mark.parametrize("name", TEXT)
def test_text_network_ignores_padding(name: str) -> None:
    path = next(path for path in MODELS if path.stem == name)
    contract = contract_for(path)
    keras.utils.set_random_seed(2)
    model = build_model(path, contract, SMALL[name] | {"activation": "tanh"})
    tokens = inputs_for(contract)
    padded = np.concatenate([tokens, np.zeros((4, 9), "int32")], axis=1)
    assert model.predict(padded, verbose=0) == pytest.approx(model.predict(tokens, verbose=0), abs=1e-5)


def test_network_refuses_table_of_another_kind(network: Path) -> None:
    kind = dict.fromkeys(TEXT, "text") | dict.fromkeys(SERIES, "windows") | dict.fromkeys(SOUNDS, "sounds")
    kind |= dict.fromkeys(ROWS_OF_CELLS, "rows of numbers and categories")
    kind |= dict.fromkeys(RECORDS, "records of several inputs") | dict.fromkeys(VECTORS, "vectors of numbers")
    wanted, accepted = kind.get(network.stem, "images"), {("mlp", "autoencoder"), ("autoencoder", "tabular")}
    for other in (path for path in MODELS if kind.get(path.stem, "images") != wanted):
        if (network.stem, other.stem) in accepted:
            continue
        records = "|a network for one input cannot take" if other.stem in RECORDS else ""
        with pytest.raises(ConfigurationError, match=f"this network expects a table of {wanted}{records}"):
            build_model(network, contract_for(other), {})


def test_network_memorises_twelve_rows(network: Path) -> None:
    contract = contract_for(network)
    model = build_model(network, contract, SMALL[network.stem] | {"dropout": 0.0})
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    rows, labels = inputs_for(contract, 12), np.arange(12) % 3
    # How many epochs it takes depends on how a CPU rounds.
    history = model.fit(rows, labels, epochs=300, verbose=0, callbacks=[StopAtAccuracyOne()]).history
    assert history["accuracy"][-1] == 1.0


class StopAtAccuracyOne(keras.callbacks.Callback):
    """Stops a training once every row is predicted right."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """See Keras."""
        if logs and logs["accuracy"] == 1.0:
            self.model.stop_training = True


def test_sound_network_predicts_a_row_whatever_rows_are_beside_it() -> None:
    path = next(path for path in MODELS if path.stem == "audio_cnn")
    contract = contract_for(path)
    model = build_model(path, contract, SMALL["audio_cnn"])
    sounds = inputs_for(contract)
    sounds[1:] //= 100
    assert model.predict(sounds[1:], verbose=0) == pytest.approx(model.predict(sounds, verbose=0)[1:], abs=1e-6)


def test_keras_decibels_depend_on_the_loudest_row_of_a_batch() -> None:
    """Which is why the network for sounds takes the logarithm itself."""
    layer = keras.layers.MelSpectrogram(fft_length=64, sequence_stride=32, sampling_rate=2000, num_mel_bins=8)
    quiet, loud = np.full((1, 500), 1e-6, np.float32), np.ones((1, 500), np.float32)
    alone, beside = layer(quiet), layer(np.concatenate([quiet, loud]))[:1]
    assert not np.allclose(alone, beside)

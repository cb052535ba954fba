"""A network is tried on one batch before Spark starts; a mistake is one sentence that names the user's file."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from headrace.config import Configuration
from headrace.engines.keras_settings_reset import own_keras_settings
from headrace.errors import ConfigurationError, DataError
from headrace.networks.network_build_and_checks import build_model
from headrace.project_template import shipped_networks
from headrace.runs.run_folder import RunFolder
from headrace.runs.run_record import RunRecord
from headrace.table import Version
from headrace.train import job
from headrace.train.model_dry_run import subprocess_dry_run as network_check
from headrace.train.model_dry_run.network_dry_run import dry_run_network
from headrace.train.model_dry_run.subprocess_dry_run import require_trainable
from tests.support.small_table import Content, some_rows, write_table
from tests.support.trained_bundles import write

pytestmark = pytest.mark.tensorflow

NETWORK = """
import keras
from keras import layers, ops

{before}

def build(contract, **options):
    inputs = keras.Input({shape}, dtype="uint8")
    x = layers.Flatten()(inputs)
    x = {hidden}(x)
    return {model}
"""
DEFAULTS = {
    "before": "",
    "shape": "contract.input_shape",
    "hidden": "layers.Rescaling(1 / 255)",
    "model": "keras.Model(inputs, layers.Dense(contract.outputs, activation='softmax')(x))",
}
LOGITS = DEFAULTS["model"].replace("softmax", "linear")
NAMED = LOGITS.replace("layers.Dense", "{'y': layers.Dense").replace("(x))", "(x)})").replace("linear", "softmax")
OWN_STEP = DEFAULTS["model"].replace("keras.Model", "Stepping")
STOPPED = "keras.Model(inputs, Stop()(layers.Dense(contract.outputs, activation='softmax')(x)))"
BROKEN = """
class Broken(layers.Layer):
    def call(self, x):
        return ops.matmul(x, ops.ones((3, 3)))

    def compute_output_shape(self, shape):
        return shape
"""
LATE = """
class Late(layers.Layer):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(4)

    def build(self, shape):
        self.built = True

    def call(self, x):
        return self.dense(x)

    def compute_output_shape(self, shape):
        return (shape[0], 4)
"""
SUBCLASSED = """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(20, activation="softmax")

    def call(self, x):
        return self.dense(ops.reshape(ops.cast(x, "float32"), (-1, 64)))

def called(net):
    net(ops.zeros((1, 8, 8, 1)))
    return net
"""
NOISE = """
import tensorflow as tf

class Noise(layers.Layer):
    def call(self, x, training=False):
        return x + tf.random.normal(tf.shape(x), seed=3) if training else x

class HiddenDropout(layers.Layer):
    def __init__(self):
        super().__init__()
        object.__setattr__(self, "drop", layers.Dropout(0.5))

    def call(self, x, training=False):
        return self.drop(x, training=training)
"""
STEPPING = """
class Stepping(keras.Model):
    def train_step(self, data):
        x, y = data
        return super().train_step((x, y))
"""
WEIGHTLESS = """
class Stepping(keras.Model):
    def train_step(self, data):
        x, y, _ = data
        return super().train_step((x, y))
"""
HIDDEN = """
class Hidden(layers.Layer):
    def __init__(self):
        super().__init__()
        object.__setattr__(self, "inner", layers.Dense(8, kernel_initializer="ones"))

    def call(self, x):
        return self.inner(x)
"""
MOVING = """
import tensorflow as tf

class Moving(layers.Layer):
    def build(self, shape):
        self.mean = tf.Variable(tf.zeros(shape[1:]))
        self.built = True

    def call(self, x, training=False):
        if training:
            self.mean.assign(tf.reduce_mean(x, 0))
        return x - self.mean
"""
COMPILING = """
import re

NAME = re.compile("a+")

def compiled(net):
    net.compile(optimizer=keras.optimizers.SGD(5.0), loss="mae")
    return net

class Compiling(keras.Model):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.compile("sgd", "mae")
"""
# A model that was compiled elsewhere, such as by whoever saved it.
RELOADING = """
import re, tempfile

NAME = re.compile("a+")

def reloaded(net):
    getattr(net, "compile")("sgd", "mae")
    with tempfile.TemporaryDirectory() as folder:
        net.save(folder + "/net.keras")
        return keras.models.load_model(folder + "/net.keras")
"""
FROZEN = """
class Stop(layers.Layer):
    def call(self, x):
        return ops.stop_gradient(x)
"""


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """Return a table of images, 8 x 8 x 1, in three classes."""
    return write_table(tmp_path_factory.mktemp("data") / "table", Content(splits={"train": some_rows(40)}))


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return the folder of this test's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "headrace" / "networks"


def begin(
    version: Version, folder: Path, *, train: dict[str, Any] | None = None, dry_run_network: bool = False, **parts: str
) -> tuple[RunFolder, RunRecord]:
    """Begin a run of the network of these parts, as `headrace train` does."""
    (folder / "network.py").write_text(NETWORK.format(**DEFAULTS | parts))
    tree: dict[str, Any] = {
        "data": {"source": {"path": "raw"}, "table": str(version.table)},
        "model": {"file": str(folder / "network.py")},
        "train": {"run": str(folder / "run")} | (train or {}),
    }
    run = RunFolder(folder / "run")
    return run, job._start_or_resume(run, Configuration.model_validate(tree), dry_run_network=dry_run_network)


def test_record_of_a_run_has_the_settings_that_its_table_was_prepared_with(version: Version, tmp_path: Path) -> None:
    """Otherwise a comparison of runs would show settings of the command that had no effect."""
    (tmp_path / "network.py").write_text(NETWORK.format(**DEFAULTS))
    tree = {
        "data": {"source": {"path": "raw"}, "table": str(version.table)},
        "prepare": {"image": {"size": [3, 3]}, "splits": {"method": "stratified"}},
        "model": {"file": str(tmp_path / "network.py")},
        "train": {"run": str(tmp_path / "run")},
    }
    record = job._start_or_resume(RunFolder(tmp_path / "run"), Configuration.model_validate(tree))
    assert record.configuration.prepare.model_dump(mode="json") == version.summary.settings


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"shape": "(28, 28, 1)"}, r"network\.py returned a model for inputs of shape \(28, 28, 1\), but the table"),
        ({"hidden": "Broken()", "before": BROKEN}, r"network\.py failed at line \d+: `return ops\.matmul.* with "),
        ({"model": "called(Net())", "before": SUBCLASSED}, "it gives 20 outputs for a row, expected 3"),
        ({"model": LOGITS}, "its outputs are not probabilities"),
        ({"model": STOPPED, "before": FROZEN}, "No weight of the network .* gets a gradient"),
        (
            {"hidden": "(lambda x: Hidden()(layers.Rescaling(1 / 255)(x)))", "before": HIDDEN},
            r"does not know all variables of hidden\w*/dense\w* \(Dense\) as weights of the model",
        ),
        (
            {"hidden": "(lambda x: Moving()(layers.Rescaling(1 / 255)(x)))", "before": MOVING},
            r"Keras does not know all variables of moving\w* \(Moving\) as weights",
        ),
        (
            {"hidden": "(lambda x: Late()(layers.Rescaling(1 / 255)(x)))", "before": LATE},
            r"late/dense\w*/kernel, .* with its first batch, .* could save but not load them",
        ),
        ({"model": NAMED}, "returns a dict for a batch of rows; expected one tensor"),
        (
            {"model": OWN_STEP, "before": STEPPING},
            r"network\.py failed at line 8: `x, y = data` with ValueError: too many",
        ),
        (
            {"model": OWN_STEP, "before": STEPPING.replace("train_step", "test_step")},
            r"class Stepping in .*network\.py has a `test_step` of its own",
        ),
        (
            {"model": OWN_STEP, "before": WEIGHTLESS},
            r"`train_step` in .*network\.py lets rows of weight 0, which fill up batches, change the gradients",
        ),
        (
            {"model": f"compiled({DEFAULTS['model']})", "before": COMPILING},
            r"network\.py compiles its model in line 11, which would have no effect: train\.optimizer",
        ),
        (
            {"model": DEFAULTS["model"].replace("keras.Model", "Compiling"), "before": COMPILING},
            r"network\.py compiles its model in line 11, which would have no effect: train\.optimizer",
        ),
        (
            {"hidden": "(lambda x: layers.Softmax(axis=0)(ops.cast(x, 'float32') / 255))"},
            "on the other rows of its batch",
        ),
    ],
    ids=[
        "input shape",
        "error in call",
        "outputs of a subclassed model",
        "logits",
        "no gradient",
        "hidden layer",
        "variable that Keras does not know",
        "weights that come with the first batch",
        "named output",
        "training step that unpacks no weights",
        "evaluation step",
        "training step without weights",
        "compiled in a function",
        "compiled in its class",
        "normalised over the batch",
    ],
)
def test_mistake_in_network_is_reported_in_one_sentence(
    version: Version, tmp_path: Path, parts: dict[str, str], sentence: str
) -> None:
    run, record = begin(version, tmp_path, **parts)
    with pytest.raises(ConfigurationError, match=sentence) as refused:
        dry_run_network(tmp_path / "network.py", record, version)
    assert "\n" not in str(refused.value)
    assert "\x1b" not in str(refused.value)


def test_run_on_fewer_rows_than_one_batch_begins_with_a_warning(
    version: Version, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    begin(version, tmp_path, train={"batch_size": 40})
    assert "fewer than the global batch" not in caplog.text
    begin(version, tmp_path, train={"batch_size": 400})
    assert "The training split has 40 rows, fewer than the global batch of 400" in caplog.text


OPTIMIZER = """
def optimizer(contract, rate):
    BEFORE
    return keras.optimizers.SGD(rate)
"""
SETTINGS = [
    ('keras.config.set_dtype_policy("mixed_float16")', "dtype_policy to mixed_float16, but train.precision decides"),
    ('keras.mixed_precision.set_global_policy("mixed_float16")', "dtype_policy to mixed_float16, but train.precision"),
    ('keras.backend.set_floatx("float64")', "floatx to float64, but train.precision decides"),
    ('keras.config.set_image_data_format("channels_first")', "image_data_format to channels_first, which has an"),
    ("keras.config.set_epsilon(0.1)", "epsilon to 0.1, which has an effect on more than its network. Remove the call"),
    ("keras.config.set_max_epochs(1)", "max_epochs to 1, which has an effect .* set train.epochs"),
]


@pytest.mark.parametrize(("call", "sentence"), SETTINGS, ids=[call for call, _ in SETTINGS])
@pytest.mark.parametrize("where", ["{call}", OPTIMIZER.replace("BEFORE", "{call}")], ids=["file", "optimizer"])
def test_network_that_sets_keras_globally_is_refused(
    version: Version, tmp_path: Path, where: str, call: str, sentence: str
) -> None:
    _, record = begin(version, tmp_path, before=where.format(call=call))
    with (
        own_keras_settings(),
        pytest.raises(ConfigurationError, match=rf"network\.py sets Keras's global {sentence}"),
    ):
        dry_run_network(tmp_path / "network.py", record, version)


@pytest.mark.parametrize("call", ['keras.config.set_dtype_policy("mixed_bfloat16")', "keras.utils.clear_session()"])
def test_network_that_sets_the_precision_of_its_run_is_refused_as_bundles_predict_in_float32(
    version: Version, tmp_path: Path, call: str
) -> None:
    _, record = begin(version, tmp_path, before=call, train={"precision": "mixed_bfloat16"})
    with own_keras_settings(), pytest.raises(ConfigurationError, match=r"dtype_policy .* train\.precision decides"):
        dry_run_network(tmp_path / "network.py", record, version)


def test_network_that_sets_float32_is_accepted_in_float32(version: Version, tmp_path: Path) -> None:
    _, record = begin(version, tmp_path, before='keras.config.set_dtype_policy("float32")')
    assert dry_run_network(tmp_path / "network.py", record, version) == []


def test_model_that_was_loaded_compiled_is_accepted(version: Version, tmp_path: Path) -> None:
    _, record = begin(version, tmp_path, model=f"reloaded({DEFAULTS['model']})", before=RELOADING)
    assert build_model(tmp_path / "network.py", version.contract, {}).compiled
    assert dry_run_network(tmp_path / "network.py", record, version) == []


def test_mistake_is_reported_by_another_process_and_not_remembered(
    version: Version, tmp_path: Path, cache: Path
) -> None:
    run, record = begin(version, tmp_path, model=LOGITS)
    with pytest.raises(ConfigurationError, match="its outputs are not probabilities"):
        require_trainable(run, record, version)
    assert not cache.exists()


def test_network_that_can_be_trained_is_tried_once(
    version: Version, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, record = begin(version, tmp_path)
    require_trainable(run, record, version)
    assert len(list(cache.iterdir())) == 1
    monkeypatch.setattr(network_check, "_run_dry_run", lambda *_: pytest.fail("tried again"))
    require_trainable(run, record, version)


def test_trial_of_the_network_is_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(network_check.subprocess, "run", lambda *_, **__: SimpleNamespace(stdout='{"error": null}\n'))
    with caplog.at_level("INFO"):
        assert network_check._run_dry_run(tmp_path, Path("models/mine.py")) == {"error": None}
    assert caplog.messages == ["Trying the network of models/mine.py"]


def test_pretrained_bundle_and_frozen_layers_that_do_not_fit_are_refused_before_the_ranks_start(
    version: Version, tmp_path: Path
) -> None:
    begin(version, tmp_path)
    network = tmp_path / "network.py"
    pretrained = write(tmp_path / "pretrained", network, build_model(network, version.contract, {}), version, {})

    def begin_frozen(*freeze: str) -> None:
        train = {"fine_tune": {"bundle": str(pretrained), "freeze": [*freeze]}}
        begin(version, tmp_path, train=train, dry_run_network=True)

    with pytest.raises(ConfigurationError, match=r"freeze: no layer is named 'conv\*'; the model has"):
        begin_frozen("conv*")
    # A network that was tried without these layers frozen is tried again.
    begin_frozen()
    with pytest.raises(ConfigurationError, match=r"freeze \['\*'\] leaves no layer to train"):
        begin_frozen("*")


def test_inputs_that_are_not_normalized_get_a_warning(version: Version, tmp_path: Path) -> None:
    _, record = begin(version, tmp_path, hidden="layers.Rescaling(100.0)")
    (warning,) = dry_run_network(tmp_path / "network.py", record, version)
    assert "that of guessing among 3 classes is 1.1; check the normalisation of the inputs" in warning


@pytest.mark.parametrize(
    ("hidden", "warned"),
    [
        ("Noise()", True),
        ("HiddenDropout()", True),
        ("layers.GaussianNoise(0.1)", False),
    ],
)
def test_randomness_that_no_checkpoint_has_gets_a_warning(
    version: Version, tmp_path: Path, hidden: str, warned: bool
) -> None:
    """A run that resumes would draw other numbers than an undisturbed one."""
    _, record = begin(version, tmp_path, before=NOISE, hidden=f"(lambda x: {hidden}(layers.Rescaling(1 / 255)(x)))")
    warnings = [
        text
        for text in dry_run_network(tmp_path / "network.py", record, version)
        if "The network draws random numbers" in text
    ]
    assert bool(warnings) == warned


def test_network_that_ships_with_headrace_is_tried_by_its_path(
    version: Version, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, record = begin(version, tmp_path)
    model = record.configuration.model.model_copy(update={"file": "mlp"})
    record = record.model_copy(update={"configuration": record.configuration.model_copy(update={"model": model})})
    tried = list[Path]()
    monkeypatch.setattr(network_check, "_cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(network_check, "_run_dry_run", lambda _, file: tried.append(file))
    require_trainable(run, record, version)
    assert tried == [shipped_networks()["mlp"]]


def test_damaged_shard_is_not_blamed_on_the_network(tmp_path: Path) -> None:
    splits = {"train": some_rows(40), "val": some_rows(10)}
    version = write_table(tmp_path / "table", Content(splits=splits))
    for shard in version.split("val"):
        (version.table / shard.path).write_bytes(b"no Parquet")
    _, record = begin(version, tmp_path)
    with pytest.raises(DataError):
        dry_run_network(tmp_path / "network.py", record, version)

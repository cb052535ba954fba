"""Variables of the environment that change TensorFlow's results do not reach it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from headrace.engines import keras_environment

TRAIN = """
import headrace, hashlib, keras, numpy as np
keras.utils.set_random_seed(3)
layers = keras.layers
model = keras.Sequential([
    keras.Input((28, 28, 3)), layers.Conv2D(16, 3, activation="relu"), layers.BatchNormalization(),
    layers.Conv2D(32, 3, activation="gelu"), layers.Flatten(), layers.Dropout(0.5), layers.Dense(5, "softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)
random = np.random.default_rng(1)
images, labels = random.normal(size=(128, 28, 28, 3)).astype("f4"), random.integers(0, 5, 128)
model.fit(images, labels, epochs=2, shuffle=False, verbose=0)
print(hashlib.sha256(b"".join(weights.tobytes() for weights in model.get_weights())).hexdigest())
"""
HOSTILE = {
    "TF_XLA_FLAGS": "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit",
    "XLA_FLAGS": "--xla_cpu_enable_fast_math=true",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "TF_SET_ONEDNN_FPMATH_MODE": "BF16",
    "TF_DETERMINISTIC_OPS": "1",
    "KERAS_MAX_EPOCHS": "1",
    "KERAS_NNX_ENABLED": "1",
    "KERAS_BACKEND": "jax",
}


def train(**variables: str) -> str:
    """Return the SHA-256 of the weights that a small network gets in an environment with `variables`."""
    done = subprocess.run([sys.executable, "-c", TRAIN], env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


@pytest.mark.tensorflow
@pytest.mark.skipif(keras_environment.GPU_DRIVER.exists(), reason="results on a GPU differ from run to run")
def test_environment_does_not_change_weights() -> None:
    assert train(**HOSTILE) == train()


def test_environment_keeps_choice_of_deterministic_operations_on_a_gpu(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TF_DETERMINISTIC_OPS", "1")
    monkeypatch.setattr(keras_environment, "GPU_DRIVER", tmp_path)
    keras_environment.ignore_foreign_settings()
    assert os.environ["TF_DETERMINISTIC_OPS"] == "1"
    monkeypatch.setattr(keras_environment, "GPU_DRIVER", tmp_path / "none")
    keras_environment.ignore_foreign_settings()
    assert "TF_DETERMINISTIC_OPS" not in os.environ


def test_environment_of_children_has_no_foreign_settings() -> None:
    program = "import headrace, json, os; print(json.dumps(dict(os.environ)))"
    done = subprocess.run([sys.executable, "-c", program], env=HOSTILE, capture_output=True, text=True, check=True)
    inherited = json.loads(done.stdout)
    assert {name: inherited[name] for name in keras_environment.FORCED} == keras_environment.FORCED
    assert not inherited.keys() & set(keras_environment.REMOVED)

"""A bundle of a small network for a small table, written as training writes it; Keras is imported with the first."""

from pathlib import Path
from typing import Any

from headrace import bundle
from headrace.networks.network_build_and_checks import build_model
from headrace.table import Version

OPTIONS = {"width": 4, "dense": 16}
CNN = Path(__file__).parents[2] / "models" / "cnn.py"


def small_model(version: Version, seed: int = 0) -> Any:
    """Return an untrained network whose predictions differ from picture to picture."""
    import keras

    keras.utils.set_random_seed(seed)
    return build_model(CNN, version.contract, OPTIONS)


def write_bundle(target: Path, version: Version, model: Any = None, weights_sha256: str = "0" * 64) -> Path:
    """Write `model`, or an untrained one, as a bundle that was trained on `version`."""
    origin = bundle.Origin(
        run="run",
        table=str(version.table),
        data_version=version.number,
        steps=10,
        weights_sha256=weights_sha256,
        settings=version.summary.settings,
    )
    model = model or small_model(version)
    return bundle.write(target, model, CNN, version.contract, OPTIONS, origin)


def fitted(version: Version, pixels: Any, labels: Any, epochs: int) -> Any:
    """Return a network that has learned these images, without Spark or Horovod."""
    model = small_model(version)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(pixels, labels, epochs=epochs, batch_size=64, verbose=0)
    return model

"""What leaves training: a folder with everything that is needed to use the model, and nothing that is unpickled.

bundle.json       format, hashes of all other files
model.py          the network's source            model.json     its options
model.weights.h5  as Keras writes them
contract.json     input, classes, statistics
origin.json       the run, the data version, how raw records are prepared
evaluation/       added by `headrace evaluate`; not hashed
"""

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from headrace.config.sections import Prepare
from headrace.errors import DataError
from headrace.model_source import build_model
from headrace.schema import Contract

if TYPE_CHECKING:
    import keras

FORMAT = 1
WEIGHTS = "model.weights.h5"


class Origin(BaseModel):
    """Where a bundle comes from; `settings` is the `prepare` section that made its training data."""

    model_config = ConfigDict(frozen=True)

    run: str
    table: str
    data_version: int
    steps: int
    weights_sha256: str
    settings: dict[str, Any]

    @property
    def prepare(self) -> Prepare:
        """How raw records must be prepared for this model."""
        return Prepare.model_validate(self.settings)


class Bundle:
    """A bundle on disk whose hashes were checked."""

    def __init__(self, path: Path, contract: Contract, origin: Origin, options: dict[str, Any]) -> None:
        self.path = path
        self.contract = contract
        self.origin = origin
        self.options = options

    def model(self) -> "keras.Model":
        """The network, built from its source, with its trained weights."""
        model = build_model(self.path / "model.py", self.contract, self.options)
        model.load_weights(self.path / WEIGHTS)
        return model

    def evaluation(self, split: str) -> Path:
        """The file where the evaluation on `split` is kept."""
        return self.path / "evaluation" / f"{split}.json"


def write(
    target: str | Path,
    model: "keras.Model",
    source: Path,
    contract: Contract,
    options: dict[str, Any],
    origin: Origin,
) -> Path:
    """Write a bundle beside `target` and put it in its place when it is complete."""
    target = Path(target).absolute()
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    model.save_weights(temporary / WEIGHTS)
    shutil.copyfile(source, temporary / "model.py")
    (temporary / "model.json").write_text(json.dumps({"options": options}, indent=2))
    (temporary / "contract.json").write_text(contract.model_dump_json(indent=2))
    (temporary / "origin.json").write_text(origin.model_dump_json(indent=2))
    hashes = {path.name: _hash(path) for path in sorted(temporary.iterdir())}
    (temporary / "bundle.json").write_text(json.dumps({"format": FORMAT, "hashes": hashes}, indent=2))
    shutil.rmtree(target, ignore_errors=True)
    temporary.replace(target)
    return target


def load(path: str | Path) -> Bundle:
    """The bundle in folder `path`.

    Raises:
        DataError: it is not a bundle, or a file in it is missing or changed.
    """
    path = Path(path).absolute()
    manifest = _manifest(path)
    for name, expected in manifest["hashes"].items():
        file = path / Path(name).name
        if not file.is_file() or _hash(file) != expected:
            state = "was changed after it was written" if file.is_file() else "is missing"
            raise DataError(f"The bundle {path} is damaged: {name} {state}. Train again or restore the folder.")
    try:
        return Bundle(
            path,
            Contract.model_validate_json((path / "contract.json").read_bytes()),
            Origin.model_validate_json((path / "origin.json").read_bytes()),
            json.loads((path / "model.json").read_bytes())["options"],
        )
    except (OSError, ValidationError, KeyError) as error:
        raise DataError(f"The bundle {path} cannot be read: {' '.join(str(error).split())[:200]}") from None


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((path / "bundle.json").read_bytes())
        if manifest["format"] == FORMAT and isinstance(manifest["hashes"], dict):
            return manifest
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise DataError(f"{path} is not a bundle of this version of Headrace; `headrace train` makes one in RUN/bundle.")


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

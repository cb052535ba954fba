"""What leaves training: a folder with everything that is needed to use the model, and nothing that is unpickled.

bundle.json       format, hashes of all other files
model.py          the network's source            model.json     its options
model.weights.h5  as Keras writes them
contract.json     input, classes, statistics
tokenizer.json    of text: how it becomes numbers of tokens
origin.json       the run, the data version, how raw records are prepared
evaluation/       added by `headrace evaluate`; not hashed
"""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from headrace.config.configuration import Prepare
from headrace.contract import Contract
from headrace.errors import ConfigurationError, DataError
from headrace.networks.source import build_model
from headrace.record_format import FORMAT, require_format
from headrace.storage import is_remote, locate
from headrace.storage.atomic import publish_directory
from headrace.storage.link import read_link
from headrace.storage.local_copy import LocalCopy

if TYPE_CHECKING:
    import keras

    from headrace.table import Version

WEIGHTS = "model.weights.h5"
MANIFEST = "bundle.json"
FILES = {"model.py", "model.json", WEIGHTS, "contract.json", "origin.json"}
TOKENIZER = "tokenizer.json"
# A program that imports model.py leaves compiled code beside it, which is never read here.
UNHASHED = {MANIFEST, "evaluation", "__pycache__"}


class Origin(BaseModel):
    """Where a bundle comes from.

    Attributes:
        settings: the `prepare` section that made its training data.
        text_column: that held the raw texts, where they stood in a column.
    """

    model_config = ConfigDict(frozen=True)

    run: str
    table: str
    data_version: int
    steps: int
    weights_sha256: str
    settings: dict[str, Any]
    text_column: str | None = None

    @property
    def prepare(self) -> Prepare:
        """How raw records must be prepared for this model."""
        return Prepare.model_validate(self.settings)


class Bundle:
    """A bundle whose hashes were checked.

    Attributes:
        path: where it is.
        folder: of this machine, with its files: `path`, or of a bundle on a store a copy that goes with this object.
    """

    def __init__(
        self, path: Path, folder: LocalCopy, contract: Contract, origin: Origin, options: dict[str, Any]
    ) -> None:
        self.path = path
        self._copy = folder
        self.folder = folder.path
        self.contract = contract
        self.origin = origin
        self.options = options

    def model(self) -> "keras.Model":
        """The network, built from its source, with its trained weights."""
        model = build_model(self.folder / "model.py", self.contract, self.options)
        model.load_weights(self.folder / WEIGHTS)
        return model

    @property
    def files(self) -> tuple[str, ...]:
        """Names of those that belong to it; evaluations come later and do not."""
        names = FILES | {MANIFEST} | ({TOKENIZER} if self.contract.tokenizer else set())
        return tuple(sorted(names))

    def require_input_of(self, version: "Version") -> None:
        """Raise if the rows of `version` are no inputs for this model.

        Raises:
            DataError: they have another shape, are the tokens of another tokenizer, or windows cut otherwise.
        """
        mine, theirs = self.contract, version.contract
        if mine.input_shape != theirs.input_shape:
            raise DataError(
                f"The bundle takes inputs of shape {mine.input_shape}, {version.table} holds {theirs.input_shape}."
            )
        if (mine.tokenizer and mine.tokenizer.sha256) != (theirs.tokenizer and theirs.tokenizer.sha256):
            raise DataError(f"The bundle was trained with another tokenizer than {version.table} is prepared with.")
        mine.require_same_windows(theirs)

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
    """Write a bundle beside `target` and put it in its place when it is complete; a bundle there is replaced.

    On a store its files are put one by one, the manifest last: until then there is no bundle.

    Raises:
        ConfigurationError: `target` holds something else.
        StoreError: the store refuses, or does not answer.
        DataError: the tokenizer of the table that `origin` names is missing or was changed.
    """
    target = locate(target).absolute()
    require_replaceable(target)
    with publish_directory(target, last=MANIFEST) as folder:
        contract = _with_tokenizer(contract, locate(origin.table), folder)
        model.save_weights(folder / WEIGHTS)
        (folder / "model.py").write_bytes(source.read_bytes())
        (folder / "model.json").write_text(json.dumps({"options": options}, indent=2))
        (folder / "contract.json").write_text(contract.model_dump_json(indent=2), encoding="utf-8")
        (folder / "origin.json").write_text(origin.model_dump_json(indent=2), encoding="utf-8")
        hashes = {file.name: _hash(file) for file in sorted(folder.iterdir())}
        (folder / MANIFEST).write_text(json.dumps({"format": FORMAT, "hashes": hashes}, indent=2))
    return target


def _with_tokenizer(contract: Contract, table: Path, folder: Path) -> Contract:
    """`contract` with the tokenizer that lies in `folder` from now on."""
    if contract.tokenizer is None:
        return contract
    source = table / contract.tokenizer.file
    try:
        data = source.read_bytes()
    except OSError as error:
        raise DataError(f"The tokenizer {source} cannot be read ({error.strerror}); restore it.") from None
    if hashlib.sha256(data).hexdigest() != contract.tokenizer.sha256:
        raise DataError(f"The tokenizer {source} was changed since its table was prepared; restore it.")
    (folder / TOKENIZER).write_bytes(data)
    return contract.model_copy(update={"tokenizer": contract.tokenizer.model_copy(update={"file": TOKENIZER})})


def require_replaceable(target: Path) -> None:
    """Raise if writing a bundle to `target` would remove anything but a bundle.

    Raises:
        ConfigurationError: it would.
    """
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise ConfigurationError(
            f"The bundle cannot be written to {target}: it is no folder; name another train.bundle."
        )
    names = {entry.name for entry in target.iterdir()} if target.exists() else set()
    # On a store what was not put to its end has no manifest.
    is_bundle = MANIFEST in names or is_remote(target)
    if names and (not is_bundle or names - UNHASHED - FILES - {TOKENIZER}):
        raise ConfigurationError(
            f"The bundle cannot be written to {target}: the folder holds other files, which would be lost; "
            "name another train.bundle, or remove it."
        )


def load(path: str | Path) -> Bundle:
    """The bundle in folder `path`, or that the link `path` stands for.

    Raises:
        DataError: it is not a bundle, or a file in it is missing, changed or not its own.
    """
    path = locate(path).absolute()
    if is_remote(path):
        path = read_link(path) or path
    hashes = _manifest(path)
    others = {entry.name for entry in path.iterdir() if not entry.name.startswith(".")} - UNHASHED - set(hashes)
    if others:
        raise DataError(f"The bundle {path} is damaged: {', '.join(sorted(others))} does not belong to it. Remove it.")
    copy = LocalCopy(path, [MANIFEST, *sorted(hashes)])
    for name in sorted(hashes):
        file = copy.path / name
        if not file.is_file() or _hash(file) != hashes[name]:
            state = "was changed after it was written" if file.is_file() else "is missing"
            raise DataError(f"The bundle {path} is damaged: {name} {state}. Train again or restore the folder.")
    try:
        return Bundle(
            path,
            copy,
            Contract.model_validate_json((copy.path / "contract.json").read_bytes()),
            Origin.model_validate_json((copy.path / "origin.json").read_bytes()),
            json.loads((copy.path / "model.json").read_bytes())["options"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"The bundle {path} cannot be read: {' '.join(str(error).split())[:200]}") from None


def _manifest(path: Path) -> dict[str, str]:
    """The hash of every file, as bundle.json has it."""
    try:
        content = (path / MANIFEST).read_bytes()
        require_format(content, f"The bundle {path}", "train again", DataError)
        manifest = json.loads(content)
        if set(manifest["hashes"]) - {TOKENIZER} == FILES:
            return dict(manifest["hashes"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise DataError(f"{path} is not a bundle of this version of Headrace; `headrace train` makes one in RUN/bundle.")


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

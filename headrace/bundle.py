"""Write and load bundles: folders that hold everything needed to use a trained model, without pickles.

bundle.json       format version, SHA-256 of all other files
model.py          source of the network
model.json        options of the network
model.weights.h5  weights in Keras' format, without the optimizer's state, which checkpoints hold
contract.json     input, classes, statistics
tokenizer.json    tokenizer, for text only; of several inputs tokenizer-NAME.json
origin.json       the run, the data version, and the preparation of raw records
evaluation/       added by `headrace evaluate`; not hashed
"""

import hashlib
import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from headrace.config.configuration_model import Prepare
from headrace.contract import Contract
from headrace.contract_comparison import changed_preparation, require_same_input
from headrace.engines.keras_settings_reset import PRECISION, own_keras_settings
from headrace.errors import ConfigurationError, DataError
from headrace.features.contract_spec import FittedFile, spec_class
from headrace.features.input_kind_loader import SINGLE_KINDS
from headrace.format_version import FORMAT, require_format
from headrace.networks.network_build_and_checks import build_model
from headrace.networks.weights_without_optimizer import load_weights, save_weights
from headrace.storage import is_remote, locate
from headrace.storage.atomic_files_and_folders import publish_directory
from headrace.storage.files_named_by_hash import read_unchanged
from headrace.storage.folder_link import read_link
from headrace.storage.local_copy import LocalCopy

if TYPE_CHECKING:
    import keras

    from headrace.table import Version

log = logging.getLogger(__name__)

WEIGHTS = "model.weights.h5"
MANIFEST = "bundle.json"
FILES = {"model.py", "model.json", WEIGHTS, "contract.json", "origin.json"}
# A program that imports model.py leaves compiled code beside it, which Headrace never reads.
UNHASHED = {MANIFEST, "evaluation", "__pycache__"}


class TrainingData(BaseModel):
    """A version of a table whose training split a model was trained on.

    Attributes:
        table: path of the table.
        table_id: identifier of the table's content, which stays when the table is moved or copied; empty if unknown.
        content_id: identifier of the shards of the version; empty if unknown.
    """

    model_config = ConfigDict(frozen=True)

    table: str
    table_id: str
    version: int
    content_id: str = ""


class Origin(BaseModel):
    """The run and the data that produced a bundle.

    Attributes:
        run: path of the run's folder.
        table: path of the training table.
        table_id: identifier of the table's content, which stays when the table is moved or copied; empty if unknown.
        content_id: identifier of the shards of the version; empty if unknown.
        ancestors: training data of the initial weights, and of the weights that those began from.
        steps: optimizer steps of the saved weights.
        settings: the `prepare` section that the training data was prepared with.
        input_column: source column of the raw inputs; None if they were not read from one column.
        text_column: source column of the raw texts; None if they were not read from a column.
        reader_options: options with which the source's files were read, as in `data.source.options`.
        buckets: lengths that texts were padded to, as in `stream.buckets`; None for the default ones.
    """

    model_config = ConfigDict(frozen=True)

    run: str
    table: str
    data_version: int
    steps: int
    weights_sha256: str
    settings: dict[str, Any]
    text_column: str | None = None
    input_column: str | None = None
    reader_options: dict[str, str] = Field(default_factory=dict)
    buckets: tuple[int, ...] | None = None
    table_id: str = ""
    content_id: str = ""
    ancestors: tuple[TrainingData, ...] = ()

    @property
    def raw_column(self) -> str | None:
        """Source column of the files or texts; None if they were not read from one column."""
        return self.input_column or self.text_column

    @property
    def trained_on(self) -> tuple[TrainingData, ...]:
        """All data that the weights were trained on, each version of a table once."""
        own = TrainingData(
            table=self.table, table_id=self.table_id, version=self.data_version, content_id=self.content_id
        )
        return tuple(dict.fromkeys((own, *self.ancestors)))

    def is_of_table(self, table_id: str, table: str) -> bool:
        """Return whether the data are of the table of this identifier; of this path where one of both is unknown."""
        if self.table_id and table_id:
            return self.table_id == table_id
        return self.table == table

    @property
    def prepare(self) -> Prepare:
        """The preparation that raw records need for this model."""
        return Prepare.model_validate(self.settings)


class Bundle:
    """A bundle whose hashes were verified.

    Attributes:
        path: address of the bundle.
        folder: local folder with its files: `path` itself, or for a bundle on an object store a temporary copy that is
            removed together with this object.
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

    def model(self, precision: str = PRECISION) -> "keras.Model":
        """Build the network from its source and load its trained weights, whatever Keras's global settings are.

        Args:
            precision: of the layers, as in `train.precision`.
        """
        with own_keras_settings(precision):
            model = build_model(self.folder / "model.py", self.contract, self.options)
            load_weights(model, self.folder / WEIGHTS)
        return model

    def of_input(self, name: str) -> "Bundle":
        """Return the bundle as if the input `name` were its only one; itself if it has one.

        Its model still takes all inputs.
        """
        if not self.contract.is_record:
            return self
        origin = self.origin.model_copy(update={"settings": self.origin.prepare.of_input(name).model_dump(mode="json")})
        return Bundle(self.path, self._copy, self.contract.inputs[name], origin, self.options)

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the bundle's files, sorted; without evaluations, which are added later."""
        return tuple(sorted(FILES | {MANIFEST} | set(fitted_files(self.contract))))

    def require_matching_input(self, version: "Version") -> None:
        """Raise if the model cannot take the rows of `version` as inputs; warn if their preparation differed.

        Raises:
            DataError: the kind, shape or type of the inputs, the tokenizer or the windows differ.
        """
        require_same_input(self.contract, version.contract, version.table)
        changed = changed_preparation(self.contract.input_kind, self.origin.settings, version.summary.settings)
        if changed:
            log.warning(
                "%s was prepared with other settings than the training data of the bundle %s: %s. The model sees other "
                "inputs than it was trained on; prepare the table with the bundle's settings.",
                version.table,
                self.path,
                changed,
            )

    def evaluation(self, split: str) -> Path:
        """Return the path of the evaluation file of `split`."""
        return self.path / "evaluation" / f"{split}.json"


def write(
    target: str | Path,
    model: "keras.Model",
    source: Path,
    contract: Contract,
    options: dict[str, Any],
    origin: Origin,
    verify: Callable[[Path], None] | None = None,
) -> Path:
    """Write a bundle to `target` atomically and return its path; an existing bundle is replaced.

    On an object store the files are written one by one, the manifest last: without it the folder is not a bundle.

    Args:
        verify: called with the local folder of the complete bundle before it is published; if it raises, the bundle is
            removed and an existing one at `target` stays.

    Raises:
        ConfigurationError: `target` holds something other than a bundle.
        StoreError: the object store rejects the request or does not respond.
        DataError: a file that the contract names, such as the tokenizer, is missing in the table of `origin`, or was
            changed.
    """
    target = locate(target).absolute()
    require_replaceable(target)
    with publish_directory(target, last=MANIFEST) as folder:
        contract = _with_fitted_files(contract, locate(origin.table), folder)
        save_weights(model, folder / WEIGHTS)
        (folder / "model.py").write_bytes(source.read_bytes())
        (folder / "model.json").write_text(json.dumps({"options": options}, indent=2))
        (folder / "contract.json").write_text(contract.model_dump_json(indent=2), encoding="utf-8")
        (folder / "origin.json").write_text(origin.model_dump_json(indent=2), encoding="utf-8")
        hashes = {file.name: _hash(file) for file in sorted(folder.iterdir())}
        (folder / MANIFEST).write_text(json.dumps({"format": FORMAT, "hashes": hashes}, indent=2))
        if verify is not None:
            verify(folder)
    return target


def copy(source: str | Path, target: str | Path) -> None:
    """Copy the bundle `source` to `target` atomically; an existing bundle is replaced.

    Raises:
        ConfigurationError: `target` holds something other than a bundle.
        DataError: `source` is not a bundle, or is damaged.
        StoreError: the object store rejects the request or does not respond.
    """
    target = locate(target).absolute()
    require_replaceable(target)
    bundle = load(source)
    with publish_directory(target, last=MANIFEST) as folder:
        for name in bundle.files:
            (folder / name).write_bytes((bundle.folder / name).read_bytes())


def _with_fitted_files(contract: Contract, table: Path, folder: Path) -> Contract:
    """Copy the files of the table that `contract` names into `folder`, and return it with their new paths."""
    specs = dict(contract.input_specs)
    for name, (part, file) in fitted_files(contract).items():
        (folder / name).write_bytes(read_unchanged(table / file.path, file.sha256, "The file"))
        specs[part] = specs[part].with_fitted(name)
    return contract.model_copy(update={"input_specs": specs})


def fitted_files(contract: Contract) -> dict[str, tuple[str, FittedFile]]:
    """Return the input and the file that preparation fitted for it, by the file's name in a bundle."""
    found: dict[str, tuple[str, FittedFile]] = {}
    for part, spec in contract.input_specs.items():
        if spec.fitted is not None:
            own, suffix = spec.fitted.name.rsplit(".", 1)
            found[f"{own}-{part}.{suffix}" if contract.is_record else spec.fitted.name] = part, spec.fitted
    return found


def _is_fitted_file(name: str) -> bool:
    """Return whether preparation may have fitted the file `name` of a bundle, such as tokenizer-title.json."""
    fitted = filter(None, (spec_class(kind).fitted_name for kind in SINGLE_KINDS))
    return any(re.fullmatch(rf"{Path(one).stem}(-[A-Za-z][A-Za-z0-9_]*)?\.json", name) for one in fitted)


def require_replaceable(target: Path) -> None:
    """Raise if writing a bundle to `target` would remove anything but a bundle.

    Raises:
        ConfigurationError: `target` is not a directory, or holds files that do not belong to a bundle.
    """
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise ConfigurationError(
            f"The bundle cannot be written to {target}: it is not a directory. Set train.bundle to another path."
        )
    names = {entry.name for entry in target.iterdir()} if target.exists() else set()
    # On an object store an interrupted write leaves files without a manifest.
    is_bundle = MANIFEST in names or is_remote(target)
    others = {name for name in names - UNHASHED - FILES if not _is_fitted_file(name)}
    if names and (not is_bundle or others):
        raise ConfigurationError(
            f"The bundle cannot be written to {target}: the folder holds other files, which would be lost. "
            "Set train.bundle to another path, or remove the folder."
        )


def load(path: str | Path) -> Bundle:
    """Load the bundle in the folder `path`, or in the folder that the link `path` points to.

    Raises:
        DataError: the folder is not a bundle, or a file in it is missing, changed or unexpected.
    """
    path = locate(path).absolute()
    if is_remote(path):
        path = read_link(path) or path
    hashes = _manifest(path)
    unexpected = {entry.name for entry in path.iterdir() if not entry.name.startswith(".")} - UNHASHED - set(hashes)
    if unexpected:
        names = ", ".join(sorted(unexpected))
        raise DataError(f"The bundle {path} is damaged: {names} does not belong to it. Remove the extra files.")
    copy = LocalCopy(path, [MANIFEST, *sorted(hashes)])
    for name in sorted(hashes):
        file = copy.path / name
        if not file.is_file() or _hash(file) != hashes[name]:
            state = "was changed after it was written" if file.is_file() else "is missing"
            raise DataError(f"The bundle {path} is damaged: {name} {state}. Restore the folder, or train again.")
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
    """Return the SHA-256 of every file from bundle.json, by name."""
    try:
        content = (path / MANIFEST).read_bytes()
        require_format(content, f"The bundle {path}", "train again", DataError)
        manifest = json.loads(content)
        if {name for name in manifest["hashes"] if not _is_fitted_file(name)} == FILES:
            return dict(manifest["hashes"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise DataError(_describe_missing(path))


def _describe_missing(path: Path) -> str:
    """Return what is at `path` instead of a bundle."""
    if (path / "bundle" / MANIFEST).is_file():
        return f"{path} is not a bundle, but holds one; expected {path / 'bundle'}."
    if not path.exists():
        return f"The bundle {path} does not exist; `headrace train` writes a bundle to RUN/bundle."
    return f"{path} is not a bundle of this version of Headrace; `headrace train` writes a bundle to RUN/bundle."


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

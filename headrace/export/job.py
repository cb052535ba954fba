"""From bundle to exported folder: convert, ask both, and keep it only if they agree."""

import time
from pathlib import Path
from typing import Any

from headrace import bundle as bundles
from headrace.bundle import Bundle
from headrace.errors import ConfigurationError
from headrace.export.formats import Exported, Format
from headrace.export.inputs import SEED, Batches, encoded_images, random_inputs, table_inputs
from headrace.export.metadata import write_metadata
from headrace.export.parity import ParityReport, compare
from headrace.export.saved_model import SavedModel
from headrace.export.serving import ServingModel
from headrace.inference import Inference
from headrace.storage.atomic import atomic_directory
from headrace.table import read


def export(path: Path, output: Path, format: Format, table: Path | None = None, split: str = "test") -> dict[str, Any]:
    """Write the bundle at `path` to the new folder `output`, in `format`.

    Args:
        table: rows of whose `split` both are asked about; random inputs if not given.

    Raises:
        ConfigurationError: `output` exists, the format cannot be written here, or it cannot hold this network.
        DataError: bundle or table are missing, damaged, or do not fit each other.
        GateError: the exported model does not give the bundle's answers; nothing is left of it.
    """
    began = time.monotonic()
    _require_free(output)
    format.require_usable()
    bundle = bundles.load(path)
    inference = Inference(bundle)
    batches, whence = _inputs(bundle, inference, table, split)
    with atomic_directory(output.absolute()) as folder:
        served = ServingModel.of(bundle)
        exported = format.write(served, folder)
        pairs = ((batch, batch) for batch in batches)
        proof = compare(exported.running.predict, inference.predict, pairs, format.tolerance)
        _require_same_of_files(exported, inference, bundle, format)
        about = _about(format, exported, proof) | {"compared_with": whence}
        write_metadata(folder, bundle, served, about)
        _require_free(output)
    return {"output": str(output.absolute())} | about | {"seconds": round(time.monotonic() - began, 3)}


def _require_free(output: Path) -> None:
    if output.exists() or output.is_symlink():
        raise ConfigurationError(f"The output {output} exists; name a new folder, or remove it.")


def _inputs(bundle: Bundle, inference: Inference, table: Path | None, split: str) -> tuple[Batches, str]:
    """What both are asked about, and in words what that is."""
    if table is None:
        return random_inputs(bundle.contract), f"random inputs, seed {SEED}; --table compares real ones"
    version = read(table)
    bundle.require_matching_input(version)
    words = f"the {split} split of version {version.number} of {version.table}"
    return table_inputs(inference, version, split), words


def _require_same_of_files(exported: Exported, inference: Inference, bundle: Bundle, format: Format) -> None:
    """Images also come as files, which must be decoded to the same pixels."""
    if isinstance(exported.running, SavedModel) and bundle.contract.input_kind == "image":
        pairs = encoded_images(bundle.contract)
        compare(exported.running.predict_files, inference.predict, pairs, format.tolerance)


def _about(format: Format, exported: Exported, proof: ParityReport) -> dict[str, Any]:
    size = sum(file.stat().st_size for file in (exported.path, *exported.path.rglob("*")) if file.is_file())
    about: dict[str, Any] = {"format": format.name, "quantised": format.quantise, "bytes": size}
    compared = {"compared": proof.inputs, "greatest_difference": proof.difference, "tolerance": format.tolerance}
    return about | compared

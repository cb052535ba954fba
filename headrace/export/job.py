"""The export command: convert a bundle, compare it with the original, and keep it only if they agree."""

import time
from pathlib import Path
from typing import Any

from headrace import bundle as bundles
from headrace.bundle import Bundle
from headrace.bundle_inference import Inference
from headrace.export.export_description_and_test_files_interfaces import noise_files
from headrace.export.formats import ExportedModel, Format, RunningModel
from headrace.export.metadata import write_metadata
from headrace.export.parity import ParityReport, compare
from headrace.export.parity_inputs import SEED, Batches, noise, table_inputs
from headrace.export.query_and_item_vectors import (
    QUERY,
    describe_vectors,
    item_vectors,
    product_odds,
    relative_to_best,
    write_items,
)
from headrace.export.saved_model import SavedModel
from headrace.export.serving_function import ServingModel
from headrace.storage.atomic_files_and_folders import atomic_directory, require_absent
from headrace.table import read


def export(path: Path, output: Path, format: Format, table: Path | None = None, split: str = "test") -> dict[str, Any]:
    """Write the bundle at `path` to the new folder `output`, in `format`.

    Args:
        table: table whose rows of `split` compare both models; None uses random inputs.

    Raises:
        ConfigurationError: `output` exists, or this machine or the format does not support the export.
        DataError: the bundle or the table is missing or damaged, or they do not match.
        GateError: the exported model's predictions differ from the bundle's; nothing is written.
    """
    start = time.monotonic()
    require_absent(output)
    format.require_usable()
    bundle = bundles.load(path)
    inference = Inference(bundle)
    batches, source = _inputs(bundle, inference, table, split)
    with atomic_directory(output.absolute()) as folder:
        served = ServingModel.from_bundle(bundle)
        exported = format.write(served, folder)
        pairs = ((batch, batch) for batch in batches)
        parity = compare(exported.running.predict, inference.predict, pairs, format.tolerance)
        _compare_files(exported, inference, bundle, format)
        summary = _summarize(format, exported, parity) | {"compared_with": source}
        if exported.queries is not None:
            batches, _ = _inputs(bundle, inference, table, split)
            summary |= _add_vectors(served, exported, exported.queries, inference, batches, format)
        signatures = {"signatures": exported.signatures} if exported.signatures else {}
        write_metadata(folder, bundle, served, summary | signatures)
        require_absent(output)
    return {"output": str(output.absolute())} | summary | {"seconds": round(time.monotonic() - start, 3)}


def _add_vectors(
    served: ServingModel,
    exported: ExportedModel,
    queries: RunningModel,
    inference: Inference,
    batches: Batches,
    format: Format,
) -> dict[str, Any]:
    """Write the vectors of items beside a model that computes those of rows; return a description of both.

    Args:
        queries: the network of a row's vector.
        inference: the bundle's model.
        batches: the inputs that compare both.

    Raises:
        GateError: their products give other probabilities than the bundle.
    """
    vectors = item_vectors(served)
    pairs = ((batch, batch) for batch in batches)
    compare(
        lambda batch: product_odds(queries.predict(batch), vectors),
        lambda batch: relative_to_best(inference.predict(batch)),
        pairs,
        format.tolerance,
    )
    write_items(vectors, served, exported.path.parent)
    where = exported.query_file or f"the signature {QUERY} of {exported.path.name}/"
    return {"vectors": describe_vectors(served, where, vectors.shape[1])}


def _inputs(bundle: Bundle, inference: Inference, table: Path | None, split: str) -> tuple[Batches, str]:
    """Return the inputs that compare both models, and a description of them."""
    if table is None:
        return noise(bundle.contract), f"random inputs, seed {SEED}; use --table to compare real ones"
    version = read(table)
    bundle.require_matching_input(version)
    description = f"the {split} split of version {version.number} of {version.table}"
    return table_inputs(inference, version, split), description


def _compare_files(exported: ExportedModel, inference: Inference, bundle: Bundle, format: Format) -> None:
    """Compare predictions for encoded images, which a SavedModel must decode to the same pixels as preparation."""
    pairs = noise_files(bundle.contract)
    if isinstance(exported.running, SavedModel) and pairs is not None:
        compare(exported.running.predict_files, inference.predict, pairs, format.tolerance)


def _summarize(format: Format, exported: ExportedModel, parity: ParityReport) -> dict[str, Any]:
    size = sum(file.stat().st_size for file in (exported.path, *exported.path.rglob("*")) if file.is_file())
    name = f"{exported.path.name}/" if exported.path.is_dir() else exported.path.name
    summary: dict[str, Any] = {"format": format.name, "model": name, "quantised": format.quantise, "bytes": size}
    comparison = {"compared": parity.inputs, "greatest_difference": parity.difference, "tolerance": format.tolerance}
    return summary | comparison

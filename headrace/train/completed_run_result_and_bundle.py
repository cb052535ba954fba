"""Return the result of a completed run, and restore its bundle if needed."""

import logging
from pathlib import Path
from typing import Any

from headrace.bundle import MANIFEST
from headrace.bundle import copy as copy_bundle
from headrace.bundle import load as load_bundle
from headrace.errors import DataError
from headrace.runs.run_folder import RunFolder, bundle_path
from headrace.runs.run_record import RunRecord
from headrace.storage import locate

log = logging.getLogger(__name__)


def completed_result(folder: RunFolder, record: RunRecord) -> dict[str, Any] | None:
    """Return the result of a complete run, as of this folder; None if there is none, or no bundle of its weights.

    If another folder than before is to hold the bundle, because `train.bundle` has changed or the run was copied, the
    bundle is copied there. A bundle of other weights, such as that of another run with the same `train.bundle`, or of
    the original of a copied run, which was continued, is not this run's: the last checkpoint gives its bundle again.
    """
    result = folder.result()
    if result is None:
        return None
    target, weights = locate(record.bundle), result["weights_sha256"]
    places = (target, bundle_path(folder.path, None, None), locate(result["bundle"]))
    source = next((place for place in places if _has_weights(place, weights)), None)
    if source is None:
        log.warning("The bundle of the run %s is missing or has other weights; it is written again.", folder.path)
        return None
    answer = result | {"run": str(folder.path), "bundle": record.bundle}
    if source == target:
        log.info("The run %s is complete; nothing to do.", folder.path)
    else:
        copy_bundle(source, target)
        log.info("The run %s is complete; its bundle was copied to %s.", folder.path, record.bundle)
    if answer != result:
        folder.finish(answer)
    return answer


def _has_weights(path: Path, weights_sha256: str) -> bool:
    """Return whether an intact bundle at `path` has these weights."""
    if not (path / MANIFEST).is_file():
        return False
    try:
        return load_bundle(path).origin.weights_sha256 == weights_sha256
    except DataError:
        return False

"""Test a network on one batch in a separate process, before Spark and the ranks start.

The ranks test the network again; the user's cache remembers networks that passed, as the process takes seconds.
"""

import hashlib
import json
import logging
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from headrace.bundle import load as load_bundle
from headrace.config.sections.training import FineTune
from headrace.contract import Contract
from headrace.engines.supported_versions import installed_versions
from headrace.errors import ConfigurationError, DataError
from headrace.networks.network_source import network_path
from headrace.runs.run_folder import RunFolder
from headrace.runs.run_record import RunRecord
from headrace.table import Version

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 300


def require_trainable(folder: RunFolder, record: RunRecord, version: Version) -> None:
    """Raise unless the network accepts a batch of the table and yields outputs, a loss and gradients; log warnings.

    Raises:
        ConfigurationError: the network cannot be trained; the message names the line.
        DataError: the pretrained bundle of the initial weights is damaged, or its inputs are of another kind.
    """
    known = _cache_folder() / _fingerprint(record, version)
    if known.exists():
        return
    answer = _run_dry_run(folder.path, network_path(record.configuration.model.file))
    if answer is None:
        return
    if answer["error"] is not None:
        kind = DataError if answer.get("kind") == DataError.__name__ else ConfigurationError
        raise kind(str(answer["error"]))
    warnings = answer["warnings"] if isinstance(answer["warnings"], list) else []
    for warning in warnings:
        log.warning("%s", warning)
    if not warnings:
        # Without a cache the network is tried again.
        with suppress(OSError):
            known.parent.mkdir(parents=True, exist_ok=True)
            known.touch()


def _run_dry_run(run: Path, file: Path) -> dict[str, object] | None:
    """Return the answer of the process; None if it gives none, as the ranks will report the cause."""
    log.info("Trying the network of %s", file)
    command = [sys.executable, "-m", "headrace.train.model_dry_run", str(run), str(file)]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, IndexError, ValueError):
        log.info("The network could not be tried before the training; the ranks try it.")
        return None
    return answer


def _fingerprint(record: RunRecord, version: Version) -> str:
    """Return a hash of what decides whether the network can be trained; for the table its structure, not its values."""
    contract, configuration = version.contract, record.configuration
    described = {
        "network": record.model_sha256,
        "options": configuration.model.options,
        "inputs": {name: _describe_input(one) for name, one in contract.inputs.items()},
        "outputs": [contract.task, contract.outputs],
        "loss": configuration.train.loss.model_dump(),
        "precision": configuration.train.precision,
        "initial weights": _describe_pretrained(configuration.train.fine_tune, version),
        "engines": installed_versions(),
    }
    return hashlib.sha256(json.dumps(described, sort_keys=True, default=str).encode()).hexdigest()


def _describe_input(contract: Contract) -> list[object]:
    """Return what a network depends on in one input."""
    return [contract.input_kind, contract.input_shape, contract.model_dtype, contract.spec.structure]


def _describe_pretrained(fine_tune: FineTune | None, version: Version) -> object:
    """Return all that the fit of pretrained weights depends on: the weights, frozen layers, and the table's names."""
    if fine_tune is None:
        return None
    specs = version.contract.input_specs.values()
    tokenizers = [spec.vocabulary.sha256 if spec.vocabulary else "" for spec in specs]
    weights = load_bundle(fine_tune.bundle).origin.weights_sha256
    return [weights, fine_tune.freeze, version.contract.classes, tokenizers]


def _cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "headrace" / "networks"

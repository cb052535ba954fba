"""`headrace models compare`: run the gate's checks for two versions of a model on the same test split."""

from pathlib import Path
from typing import Any

from headrace.bundle import load
from headrace.config import Configuration
from headrace.config.sections.retraining import Gate
from headrace.evaluate.training_overlap import TrainingOverlap, training_overlap
from headrace.quantities import quantity
from headrace.registry.bundle_store import stored_bundle
from headrace.registry.model_registry import open_registry
from headrace.registry.versions import version_named
from headrace.retrain.gate.checks import Check, Comparison, run_checks
from headrace.retrain.gate.scored_model import compute_metrics
from headrace.retrain.journal import Journal
from headrace.storage import locate
from headrace.table import Version, read

SPLIT = "test"


def compare(configuration: Configuration, first: str, second: str) -> dict[str, Any]:
    """Compare version or alias `second` with `first`; promote nothing.

    Raises:
        ConfigurationError: a version or alias does not exist.
        DataError: a bundle or the table is missing or damaged, or they do not match.
    """
    from headrace.retrain.gate.scoring import score_models

    registry = open_registry(configuration)
    version = read(configuration.data.table, frozen_version(configuration))
    records = [version_named(registry, name) for name in (first, second)]
    bundles = {str(record.version): stored_bundle(registry, record) for record in records}
    models = score_models(bundles, version, SPLIT)
    before, after = (models[str(record.version)] for record in records)
    gate = configuration.retrain.gate if configuration.retrain else Gate()
    comparison = Comparison(
        task=version.contract.task,
        classes=version.contract.classes,
        champion=before,
        challenger=after,
        violations=(),
        overlaps={f"version {name}": bundle_overlap(bundle, version) for name, bundle in bundles.items()},
    )
    checks = run_checks(comparison, gate)
    return {
        "table": str(version.table),
        "data_version": version.number,
        "split": SPLIT,
        "rows": after.predictions.rows,
        "models": [
            {"version": record.version} | compute_metrics(comparison.task, model)
            for record, model in zip(records, (before, after), strict=True)
        ],
        "checks": [check.model_dump() for check in checks],
        "passed": all(check.passed for check in checks),
    }


def bundle_overlap(bundle: Path, version: Version) -> TrainingOverlap:
    """Return the rows of the test split of `version` that the bundle was trained on."""
    return training_overlap(load(bundle).origin.trained_on, version, SPLIT)


def frozen_version(configuration: Configuration) -> int | None:
    """Return the table version whose test split is used; None for the newest, or if nothing was promoted yet."""
    settings = configuration.retrain
    if settings is None or settings.test_version == "newest":
        return None
    if isinstance(settings.test_version, int):
        return settings.test_version
    return first_test_version(Journal(locate(settings.folder).absolute()))


def first_test_version(journal: Journal) -> int | None:
    """Return the table version that the first champion was tested on; None if there is no champion yet."""
    for cycle in journal.cycles():
        outcome = cycle.outcome
        if outcome is not None and outcome.decision == "promoted":
            return int(cycle.output("validate")["test_version"])
    return None


def as_text(result: dict[str, Any]) -> str:
    """Format the result of `compare` as text: the metrics of both versions, then the checks."""
    lines = [f"{quantity(result['rows'], 'row')} of the {result['split']} split of version {result['data_version']}"]
    for model in result["models"]:
        metrics = ", ".join(f"{name.replace('_', ' ')} {value:.4f}" for name, value in model["metrics"].items())
        lines.append(
            f"  version {model['version']}: {metrics}, {model['milliseconds']:g} ms, {model['size_bytes']:,} B"
        )
    for check in result["checks"]:
        lines.append(f"  {'pass' if check['passed'] else 'FAIL'}  {Check(**check)}")
    return "\n".join(lines)

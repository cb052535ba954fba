"""`headrace models compare`: run the gate's checks for two versions of a model on the same test split."""

from typing import Any

from headrace.config import Configuration
from headrace.config.sections.retraining import Gate
from headrace.errors import ConfigurationError
from headrace.registry.bundle_retrieval import stored_bundle
from headrace.registry.registry_connection import open_registry
from headrace.registry.version_registration_and_lookup import version_named
from headrace.retrain.gate.few_rows_warning import few_rows_warning
from headrace.retrain.gate.model_predictions_latency_and_size import compute_metrics
from headrace.retrain.gate.promotion_checks import AGAINST_CHAMPION, Check, Comparison, run_checks
from headrace.retrain.gate.tested_table_version import SPLIT, bundle_overlap, outdated_rows_warning, read_test_version
from headrace.table import read
from headrace.wording import figure, quantity


def compare(configuration: Configuration, first: str, second: str) -> dict[str, Any]:
    """Compare version or alias `second` with `first`; promote nothing.

    Raises:
        ConfigurationError: a version or alias does not exist, or both are the same version.
        DataError: a bundle or the table is missing or damaged, or they do not match.
    """
    registry = open_registry(configuration)
    version = read_test_version(configuration)
    records = [version_named(registry, name) for name in (first, second)]
    if len({record.version for record in records}) == 1:
        raise ConfigurationError(f"{first} and {second} are version {records[0].version} both; name another version.")
    # It imports TensorFlow, which takes three seconds and no refusal needs.
    from headrace.retrain.gate.model_predictions_latency_and_size import score_models

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
        training_rows=version.summary.training_rows,
    )
    checks = [_name_version(check, records[0].version) for check in run_checks(comparison, gate)]
    rows = after.predictions.rows
    few = few_rows_warning(rows, gate.confidence, f"version {version.number} of {version.table}")
    warnings = [warning for warning in (few, outdated_rows_warning(version, read(version.table))) if warning]
    return {
        "table": str(version.table.absolute()),
        "data_version": version.number,
        "split": SPLIT,
        "rows": rows,
        "models": [
            {"version": record.version} | compute_metrics(comparison.task, model)
            for record, model in zip(records, (before, after), strict=True)
        ],
        "checks": [check.model_dump() for check in checks],
        "passed": all(check.passed for check in checks),
        "warnings": warnings,
    }


def _name_version(check: Check, version: int) -> Check:
    """Return the check of the gate, which compares with the champion, for a comparison with any `version`."""
    name = check.name
    if name.endswith(AGAINST_CHAMPION):
        name = f"{name.removesuffix(AGAINST_CHAMPION)} against that of version {version}"
    return check.model_copy(update={"name": name})


def as_text(result: dict[str, Any]) -> str:
    """Format the result of `compare` as text: the metrics of both versions, then the checks."""
    lines = [f"{quantity(result['rows'], 'row')} of the {result['split']} split of version {result['data_version']}"]
    for model in result["models"]:
        metrics = ", ".join(f"{name.replace('_', ' ')} {figure(value)}" for name, value in model["metrics"].items())
        lines.append(
            f"  version {model['version']}: {metrics}, {model['milliseconds']:g} ms, {model['size_bytes']:,} B"
        )
    for check in result["checks"]:
        lines.append(f"  {'pass' if check['passed'] else 'FAIL'}  {Check(**check)}")
    return "\n".join([*lines, *(f"  {warning}" for warning in result["warnings"])])

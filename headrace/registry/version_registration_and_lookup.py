"""The versions of a model: registration of a run's bundle, listing, look-up by alias, and recorded decisions."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from headrace import bundle as bundles
from headrace.errors import ConfigurationError
from headrace.registry.pyfunc_model_files import flavor_files
from headrace.registry.registry_connection import CHALLENGER, CHAMPION, RegistryConnection, registry_error
from headrace.registry.tracking.artifact_store import upload_files
from headrace.storage import files_below

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

# Artifacts of a version: a model of MLflow, and in it the bundle.
MODEL, BUNDLE_FOLDER = "model", "bundle"
BUNDLE = f"{MODEL}/{BUNDLE_FOLDER}"
# Tags of a model version.
DECISION, REASONS, ROLLBACK_TO, PROMOTED = (
    "headrace.decision",
    "headrace.reasons",
    "headrace.rollback_to",
    "headrace.promoted",
)
DATA, WEIGHTS, CYCLE, RUN = "headrace.data.version", "headrace.weights.sha256", "headrace.cycle", "headrace.run"


class ModelRecord(BaseModel):
    """One version of the model, as recorded in the registry.

    Attributes:
        rollback_to: the version that was champion before this one was promoted, to which a rollback returns; None if
            this version was never promoted, or was the first.
    """

    model_config = ConfigDict(frozen=True)

    version: int
    aliases: tuple[str, ...]
    run_id: str
    run: str
    data_version: int
    weights_sha256: str
    created: int
    cycle: str
    decision: str
    reasons: str
    rollback_to: int | None
    source: str


def register(registry: RegistryConnection, run_id: str, path: Path, cycle: str) -> int:
    """Register the bundle at `path` as a version with the alias challenger, unless its run has a version already.

    Returns:
        The number of the version.

    Raises:
        DataError: the bundle is damaged.
        HeadraceError: the registry does not respond.
    """
    from mlflow.exceptions import MlflowException

    bundle = bundles.load(path)
    try:
        with registry.transaction.hold(f"register {path}"):
            ensure_model(registry)
            existing = registry.client.search_model_versions(f"name='{registry.name}' and run_id='{run_id}'")
            version = int(existing[0].version) if existing else create_version(registry, run_id, bundle, cycle)
            registry.client.set_registered_model_alias(registry.name, CHALLENGER, str(version))
    except MlflowException as error:
        raise registry_error(registry, error) from error
    return version


def create_version(registry: RegistryConnection, run_id: str, bundle: bundles.Bundle, cycle: str) -> int:
    """Upload a bundle as artifacts of an MLflow run and return its new version; call it within `Transaction.hold`."""
    client = registry.client
    upload_files(registry, run_id, bundle.folder, sorted(entry.path for entry in files_below(bundle.folder)), BUNDLE)
    _upload_flavor(registry, run_id, bundle)
    tags = {
        RUN: bundle.origin.run,
        DATA: str(bundle.origin.data_version),
        WEIGHTS: bundle.origin.weights_sha256,
        CYCLE: cycle,
    }
    source = f"{client.get_run(run_id).info.artifact_uri}/{MODEL}"
    return int(client.create_model_version(registry.name, source, run_id, tags=tags).version)


def _upload_flavor(registry: RegistryConnection, run_id: str, bundle: bundles.Bundle) -> None:
    """Upload what lets MLflow itself load the version."""
    with TemporaryDirectory(prefix="headrace-") as scratch:
        files = flavor_files(bundle, run_id, MODEL, BUNDLE_FOLDER)
        for name, content in files.items():
            Path(scratch, name).write_bytes(content)
        upload_files(registry, run_id, Path(scratch), files, MODEL)


def ensure_model(registry: RegistryConnection) -> None:
    """Create the registered model if there is none; call it within `Transaction.hold`."""
    if not any(model.name == registry.name for model in registry.client.search_registered_models()):
        registry.client.create_registered_model(registry.name)


def record_decision(registry: RegistryConnection, version: int, decision: str, reasons: list[str]) -> None:
    """Record the decision about a version and its reasons."""
    with registry.transaction.hold(f"record the decision about version {version}"):
        tag(registry, version, {DECISION: decision, REASONS: "; ".join(reasons)[:4000]})


def tag(registry: RegistryConnection, version: int, tags: dict[str, str]) -> None:
    """Set `tags` of a version; call it within `Transaction.hold`."""
    for key, value in tags.items():
        registry.client.set_model_version_tag(registry.name, str(version), key, value)


def versions(registry: RegistryConnection) -> list[ModelRecord]:
    """Return all versions, newest first.

    Raises:
        HeadraceError: the registry does not respond.
    """
    from mlflow.exceptions import MlflowException

    try:
        registry.transaction.refresh()
        models = [model for model in registry.client.search_registered_models() if model.name == registry.name]
        aliases = models[0].aliases if models else {}
        results = registry.client.search_model_versions(f"name='{registry.name}'", max_results=10_000)
    except MlflowException as error:
        raise registry_error(registry, error) from error
    records = [_record(version, aliases) for version in results]
    return sorted(records, key=lambda record: -record.version)


def _record(version: "ModelVersion", aliases: dict[str, Any]) -> ModelRecord:
    tags = version.tags
    return ModelRecord(
        version=int(version.version),
        aliases=tuple(sorted(name for name, number in aliases.items() if int(number) == int(version.version))),
        run_id=str(version.run_id),
        run=tags.get(RUN, ""),
        data_version=int(tags.get(DATA, -1)),
        weights_sha256=tags.get(WEIGHTS, ""),
        created=int(version.creation_timestamp),
        cycle=tags.get(CYCLE, ""),
        decision=tags.get(DECISION, ""),
        reasons=tags.get(REASONS, ""),
        rollback_to=int(tags[ROLLBACK_TO]) if tags.get(ROLLBACK_TO) else None,
        source=str(version.source),
    )


def champion(registry: RegistryConnection) -> ModelRecord | None:
    """Return the champion; None if no version was promoted yet."""
    return next((record for record in versions(registry) if CHAMPION in record.aliases), None)


def version_named(registry: RegistryConnection, name: str) -> ModelRecord:
    """Return the version with this number or alias.

    Raises:
        ConfigurationError: the version does not exist.
    """
    records = versions(registry)
    for record in records:
        if name == str(record.version) or name in record.aliases:
            return record
    available = ", ".join(str(record.version) for record in records) or "none"
    raise ConfigurationError(f"The model {registry.name} has no version or alias {name!r}; its versions: {available}.")

"""The versions of a model: registered from a run's bundle, listed, and told apart by what they were decided to be."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from headrace import bundle as bundles
from headrace.errors import ConfigurationError
from headrace.registry.store import CHALLENGER, CHAMPION, Registry, registry_error
from headrace.registry.tracking.artifacts import keep_files
from headrace.storage import files_below

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

BUNDLE = "bundle"
# Tags of a version.
DECISION, REASONS, REPLACED, PROMOTED = (
    "headrace.decision",
    "headrace.reasons",
    "headrace.replaced",
    "headrace.promoted",
)
DATA, WEIGHTS, CYCLE, RUN = "headrace.data.version", "headrace.weights.sha256", "headrace.cycle", "headrace.run"


class ModelRecord(BaseModel):
    """One version of the model, as the registry has it."""

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
    replaced: int | None
    source: str


def register(registry: Registry, run_id: str, path: Path, cycle: str) -> int:
    """Make the bundle at `path` a version with the alias challenger; one that this run has made is found again.

    Raises:
        DataError: the bundle is damaged.
        HeadraceError: the registry does not answer.
    """
    from mlflow.exceptions import MlflowException

    bundle = bundles.load(path)
    try:
        with registry.transaction.hold(f"register {path}"):
            _require_model(registry)
            known = registry.client.search_model_versions(f"name='{registry.name}' and run_id='{run_id}'")
            version = int(known[0].version) if known else _register(registry, run_id, bundle, cycle)
            registry.client.set_registered_model_alias(registry.name, CHALLENGER, str(version))
    except MlflowException as error:
        raise registry_error(registry, error) from error
    return version


def _register(registry: Registry, run_id: str, bundle: bundles.Bundle, cycle: str) -> int:
    client = registry.client
    keep_files(registry, run_id, bundle.folder, sorted(entry.path for entry in files_below(bundle.folder)), BUNDLE)
    tags = {
        RUN: bundle.origin.run,
        DATA: str(bundle.origin.data_version),
        WEIGHTS: bundle.origin.weights_sha256,
        CYCLE: cycle,
    }
    source = f"{client.get_run(run_id).info.artifact_uri}/{BUNDLE}"
    return int(client.create_model_version(registry.name, source, run_id, tags=tags).version)


def _require_model(registry: Registry) -> None:
    if not any(model.name == registry.name for model in registry.client.search_registered_models()):
        registry.client.create_registered_model(registry.name)


def record_decision(registry: Registry, version: int, decision: str, reasons: list[str]) -> None:
    """Keep with a version what was decided about it, and why."""
    with registry.transaction.hold(f"note what was decided of version {version}"):
        tag(registry, version, {DECISION: decision, REASONS: "; ".join(reasons)[:4000]})


def tag(registry: Registry, version: int, tags: dict[str, str]) -> None:
    """Keep `tags` with a version, within `Changes.hold`."""
    for key, value in tags.items():
        registry.client.set_model_version_tag(registry.name, str(version), key, value)


def versions(registry: Registry) -> list[ModelRecord]:
    """All versions, newest first.

    Raises:
        HeadraceError: the registry does not answer.
    """
    from mlflow.exceptions import MlflowException

    try:
        registry.transaction.refresh()
        models = [m for m in registry.client.search_registered_models() if m.name == registry.name]
        aliases = models[0].aliases if models else {}
        found = registry.client.search_model_versions(f"name='{registry.name}'", max_results=10_000)
    except MlflowException as error:
        raise registry_error(registry, error) from error
    records = [_record(version, aliases) for version in found]
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
        replaced=int(tags[REPLACED]) if tags.get(REPLACED) else None,
        source=str(version.source),
    )


def champion(registry: Registry) -> ModelRecord | None:
    """The version that serves; None before the first."""
    return next((record for record in versions(registry) if CHAMPION in record.aliases), None)


def version_named(registry: Registry, name: str) -> ModelRecord:
    """The version with this number or alias.

    Raises:
        ConfigurationError: there is none.
    """
    known = versions(registry)
    for record in known:
        if name == str(record.version) or name in record.aliases:
            return record
    have = ", ".join(str(record.version) for record in known) or "none"
    raise ConfigurationError(f"The model {registry.name} has no version or alias {name!r}; its versions: {have}.")

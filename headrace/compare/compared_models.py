"""The models to compare: each from the folder of a run or of a bundle, with its settings and its training curves."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headrace import bundle as bundles
from headrace.bundle import Bundle
from headrace.contract_comparison import ClassMatch
from headrace.errors import ConfigurationError, DataError
from headrace.runs.metrics_log_reader import MetricsLog, read_metrics
from headrace.runs.read_json_records import read_object
from headrace.runs.run_folder import RunFolder, bundle_path
from headrace.runs.run_record import RunRecord, load_record
from headrace.runs.settings_differences import flatten, run_settings
from headrace.storage import locate
from headrace.wording import join_names, shortest_suffixes


@dataclass(frozen=True, kw_only=True)
class ComparedModel:
    """One model.

    Attributes:
        name: the end of its path that no other candidate has.
        record: record of the run that trained it; None if that run is gone or was trained again since.
        history: metrics of that run.
    """

    name: str
    path: Path
    bundle: Bundle
    record: RunRecord | None
    history: MetricsLog

    @property
    def bundle_settings(self) -> dict[str, Any]:
        """Settings that the bundle itself records: those of the network and of the preparation."""
        return flatten({"model": {"options": self.bundle.options}, "prepare": self.bundle.origin.settings})


def open_compared_models(paths: Sequence[Path]) -> list[ComparedModel]:
    """Return the candidates in this order.

    Raises:
        ConfigurationError: fewer than two folders, or one of them twice.
        DataError: a folder is neither a complete run nor a bundle, a file is damaged or of another format, or the
            models have different tasks or classes.
    """
    folders = [locate(path).absolute() for path in paths]
    # A run and its bundle are the same model.
    places = [str(folder).removesuffix("/bundle") for folder in folders]
    if len(set(places)) < max(len(places), 2):
        raise ConfigurationError(
            f"headrace compare needs two or more different folders of runs or bundles; received "
            f"{join_names(folders) or 'none'}."
        )
    names = shortest_suffixes(places, "/")
    candidates = [_open(folder, name) for folder, name in zip(folders, names, strict=True)]
    for other in candidates[1:]:
        _require_comparable(candidates[0], other)
    return candidates


def settings(candidates: Sequence[ComparedModel]) -> dict[str, dict[str, Any]]:
    """Return the settings of each model by dotted key: all if every run is known, else those that bundles record."""
    records = {one.name: one.record for one in candidates if one.record is not None}
    if len(records) == len(candidates):
        return {name: run_settings(record) for name, record in records.items()}
    return {one.name: one.bundle_settings for one in candidates}


def _open(path: Path, name: str) -> ComparedModel:
    if not (path / "run.json").is_file():
        bundle = bundles.load(path)
        run = locate(bundle.origin.run)
        record = _record_of(run, bundle)
        return ComparedModel(
            name=name,
            path=path,
            bundle=bundle,
            record=record,
            history=read_metrics(run / "metrics.jsonl") if record else MetricsLog(),
        )
    record, result = load_record(path), read_object(RunFolder(path).result_file)
    if result is None:
        raise DataError(
            f"The run {path} is not complete, and so has no bundle to compare; resume it with headrace train."
        )
    bundle = bundles.load(bundle_path(path, record.configuration.train.bundle, result.get("bundle")))
    if bundle.origin.weights_sha256 != result.get("weights_sha256"):
        raise DataError(
            f"The bundle {bundle.path} no longer has the weights of the run {path}: the run {bundle.origin.run} has "
            "replaced it; train the run again with another train.bundle."
        )
    return ComparedModel(
        name=name, path=path, bundle=bundle, record=record, history=read_metrics(path / "metrics.jsonl")
    )


def _record_of(run: Path, bundle: Bundle) -> RunRecord | None:
    """Return the record of the run that wrote the bundle, unless the folder is gone or holds another training now."""
    try:
        result = read_object(RunFolder(run).result_file)
        is_same = result is not None and result.get("weights_sha256") == bundle.origin.weights_sha256
        return load_record(run) if is_same else None
    except DataError:
        return None


def _require_comparable(first: ComparedModel, other: ComparedModel) -> None:
    one, two = first.bundle.contract, other.bundle.contract
    if one.task != two.task:
        raise DataError(
            f"{first.name} was trained for {one.task} and {other.name} for {two.task}; compare models of the same task."
        )
    match = ClassMatch(one.classes, two.classes)
    if not match.has_same_names:
        raise DataError(
            f"{first.name} and {other.name} were trained on different classes: only {first.name} has "
            f"{join_names(match.dropped) or 'none'}, only {other.name} has {join_names(match.new) or 'none'}; compare "
            "models of the same classes."
        )

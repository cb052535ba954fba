"""Create a study, or resume one that has the same settings."""

from typing import Any

from headrace.config import Configuration
from headrace.networks.network_source import read_network, source_hash
from headrace.processes.own_command_line_and_utc_now import command_line, utc_now
from headrace.runs.resume_check import ResumeChecks
from headrace.table import read
from headrace.train.monitored_metric import is_lower_better, metric_names, monitored_metric
from headrace.train.validate_settings import require_settings_fit_table
from headrace.tune.search_space import require_comparable, require_space
from headrace.tune.study.study_folder import StudyFolder, StudyRecord

# The length and the resources of a study may change when it is resumed; the definition of its trials may not.
CHANGEABLE_KEYS = {"trials", "time_limit_seconds", "parallel", "keep", "study"}
SECTIONS = ("model", "stream", "train", "tune")


def open_or_create(folder: StudyFolder, configuration: Configuration) -> StudyRecord:
    """Return the record of the study in `folder`: a new one, or the existing one with the changeable settings updated.

    Raises:
        ConfigurationError: the study was started with other settings, or the space does not fit the configuration.
        DataError: the table is missing or damaged.
    """
    model_hash = source_hash(read_network(configuration.model.file))
    record = folder.record()
    if record is None:
        record = _new(configuration, model_hash)
    else:
        study = ResumeChecks("study", folder.path, "tune.study")
        study.require_network(model_hash == record.model_sha256, configuration.model.file)
        study.require_settings(fixed_settings(record.configuration), fixed_settings(configuration))
        version = read(configuration.data.table, record.data_version)
        study.require_table(version, record.table_id, record.content_id)
        record = record.model_copy(update={"configuration": _in_recorded_order(configuration, record)})
    folder.write_record(record)
    return record


def _in_recorded_order(configuration: Configuration, record: StudyRecord) -> Configuration:
    """Return the configuration with its search space in the order of the record: a grid and a sampler go through it."""
    if configuration.tune is None:
        return configuration
    space = {key: configuration.tune.space[key] for key in record.tune.space}
    return configuration.model_copy(update={"tune": configuration.tune.model_copy(update={"space": space})})


def _new(configuration: Configuration, model_hash: str) -> StudyRecord:
    settings = configuration.train
    table = read(configuration.data.table, settings.data_version)
    require_settings_fit_table(settings, table)
    names = metric_names(settings.metrics, table.contract)
    validates = bool(table.summary.counts.get("val"))
    metric = monitored_metric(settings.monitor, names, validates)
    if configuration.tune is not None:
        in_batch = settings.loss.negatives == "batch"
        require_comparable(metric, configuration.tune.space, validates, in_batch=in_batch)
    record = StudyRecord(
        configuration=configuration,
        model_sha256=model_hash,
        table_id=table.table_id,
        data_version=table.number,
        content_id=table.content_id,
        metric=metric,
        direction="minimize" if is_lower_better(metric) else "maximize",
        created=utc_now(),
        command=command_line(),
    )
    require_space(configuration, record.tune.space)
    return record


def fixed_settings(configuration: Configuration) -> dict[str, Any]:
    """Return the settings that must not change while a study runs, by section and key."""
    tree = configuration.model_dump(mode="json", include=set(SECTIONS))
    changeable = {f"tune.{key}" for key in CHANGEABLE_KEYS} | {"train.run"}
    flat = {f"{section}.{key}": value for section in SECTIONS for key, value in (tree[section] or {}).items()}
    return {key: value for key, value in flat.items() if key not in changeable}

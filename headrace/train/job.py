"""Train on the driver: start or resume a run, launch its ranks, and record the result."""

import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from headrace.bundle import TrainingData
from headrace.bundle import load as load_bundle
from headrace.config import Configuration
from headrace.config.configuration_model import Prepare
from headrace.config.sections.training import FineTune
from headrace.engines.supported_versions import require_engines
from headrace.errors import DataError, HeadraceError, TrainingError
from headrace.networks.network_source import read_network, source_hash
from headrace.processes.interruption import raise_if_requested
from headrace.processes.own_command_line_and_utc_now import command_line, utc_now
from headrace.runs.resume_check import require_resumable
from headrace.runs.run_folder import RunFolder
from headrace.runs.run_record import Continuation, RunRecord
from headrace.storage import locate
from headrace.stream.batch_plan import lanes_for
from headrace.table import Version, read
from headrace.train.completed_run_result_and_bundle import completed_result
from headrace.train.kept_epoch_message import describe_ending, describe_worse_epoch
from headrace.train.launch.rank_message_channel import Message
from headrace.train.model_dry_run.subprocess_dry_run import require_trainable
from headrace.train.rank_message_receiver import RankMessageReceiver
from headrace.train.tuner_controls import StoppedError, TunerControls
from headrace.train.validate_settings import (
    changed_length_warning,
    log_newer_version,
    require_optimizer_updates,
    require_settings_fit_table,
    small_split_warning,
    warn_of_other_preparation,
)

log = logging.getLogger(__name__)

# TensorFlow is one of the first two: its CPU build is a separate package.
PACKAGES = (
    "tensorflow-cpu", "tensorflow",
    "headrace", "pyspark", "keras", "horovod", "petastorm", "pyarrow", "deltalake", "numpy",
)  # fmt: skip


def train(
    configuration: Configuration, observer: TunerControls | None = None, *, restart: bool = False
) -> dict[str, Any]:
    """Start or resume the run `train.run`, and return its result; return at once if the run is complete.

    A run with a larger `train.epochs` than before continues; with a smaller one an incomplete run ends earlier.

    Args:
        restart: start over; what the run has trained is lost.
        observer: is called after each epoch and may stop the run; several runs may then train at once, in threads.

    Raises:
        StoppedError: the observer stopped the run.
        CommandInterruptedError: a signal stopped the run.
        ConfigurationError: the run was started with other settings, the model's file is invalid, or an engine is
            missing, broken or of another version than on the executors.
        DataError: the table is missing or damaged, or has no training split.
        TrainingError: too few slots, a rank failed, or the ranks drifted apart.
    """
    start = time.monotonic()
    require_engines()
    folder = RunFolder(configuration.train.run)
    with folder.locked(), folder.withdrawn_if_not_started():
        if restart:
            folder.discard()
        record = _start_or_resume(folder, configuration, dry_run_network=observer is None)
        if observer is not None:
            record = record.model_copy(update={"observed": True, "threads": observer.threads})
            folder.write_record(record)
        result = completed_result(folder, record)
        if result is not None:
            return result
        raise_if_requested()
        with _recorded_failure(folder):
            result = _launch(folder, record, start, observer)
        folder.finish(result)
        raise_if_requested(f"the run {folder.path} is complete")
        return result


@contextmanager
def _recorded_failure(folder: RunFolder) -> Iterator[None]:
    """Remove the last failure of the run, and record the error that ends the block; an early stop is no failure."""
    folder.failure_file.unlink(missing_ok=True)
    try:
        yield
    except StoppedError:
        raise
    except HeadraceError as error:
        folder.fail(str(error))
        raise


def _start_or_resume(folder: RunFolder, configuration: Configuration, *, dry_run_network: bool = False) -> RunRecord:
    """Return the record of the run.

    Args:
        dry_run_network: whether one batch goes through the network of a new run before anything starts.
    """
    source = read_network(configuration.model.file)
    configuration = _with_absolute_paths(configuration)
    record = folder.record()
    if record is None or not folder.has_progress():
        version = read(configuration.data.table, configuration.train.data_version)
        record = _new_record(folder, configuration, source_hash(source), version)
        folder.begin(record, source)
        if dry_run_network:
            log_newer_version(version)
            with _recorded_failure(folder):
                require_trainable(folder, record, version)
        return record
    version = require_resumable(folder.path, record, configuration, source_hash(source))
    return _resume(folder, record, _with_settings_of_table(configuration, version))


def _resume(folder: RunFolder, record: RunRecord, configuration: Configuration) -> RunRecord:
    """Return the record with the settings that may change; more epochs continue the run, fewer end it earlier."""
    table, bundle = locate(configuration.data.table).absolute(), _bundle_path(folder, configuration)
    changes = {"configuration": configuration, "table": str(table), "bundle": str(bundle)}
    epochs = configuration.train.epochs
    if epochs == record.epochs:
        record = record.model_copy(update=changes)
        folder.write_record(record)
        return record
    if epochs > record.epochs:
        log.info("The run %s continues from %s to %s epochs.", folder.path, record.epochs, epochs)
    else:
        log.info("The run %s ends after %s epochs instead of %s.", folder.path, epochs, record.epochs)
    if warning := changed_length_warning(configuration.train, record.epochs):
        log.warning("%s", warning)
    require_optimizer_updates(configuration.train, record.steps_per_epoch)
    before = Continuation(epochs=record.epochs, complete=folder.result() is not None)
    record = record.model_copy(update=changes | {"epochs": epochs, "continuations": (*record.continuations, before)})
    folder.extend(record)
    return record


def _with_absolute_paths(configuration: Configuration) -> Configuration:
    """Make the path of the pretrained bundle absolute, because ranks run in another working directory."""
    settings = configuration.train
    if settings.fine_tune is None:
        return configuration
    pretrained = settings.fine_tune.model_copy(update={"bundle": str(locate(settings.fine_tune.bundle).absolute())})
    return configuration.model_copy(update={"train": settings.model_copy(update={"fine_tune": pretrained})})


def _with_settings_of_table(configuration: Configuration, version: Version) -> Configuration:
    """Return the configuration with the section `prepare` that the table was prepared with, which the run describes."""
    return configuration.model_copy(update={"prepare": Prepare.model_validate(version.summary.settings)})


def _bundle_path(folder: RunFolder, configuration: Configuration) -> Path:
    return locate(configuration.train.bundle or folder.path / "bundle").absolute()


def _new_record(folder: RunFolder, configuration: Configuration, model_hash: str, table: Version) -> RunRecord:
    settings = configuration.train
    rows = sum(shard.rows for shard in table.split("train"))
    require_settings_fit_table(settings, table)
    warn_of_other_preparation(configuration.prepare, table)
    if not table.summary.counts.get("test"):
        log.warning(
            "Version %s of %s has no test split to evaluate the model on; set prepare.splits, or evaluate another.",
            table.number, table.table,
        )  # fmt: skip
    global_batch = settings.ranks * settings.batch_size
    steps_per_epoch = -(-rows // global_batch)
    require_optimizer_updates(settings, steps_per_epoch)
    if rows < settings.ranks:
        raise DataError(f"{table.table} has {rows} training rows, fewer than train.ranks = {settings.ranks}.")
    if warning := small_split_warning(settings, rows):
        log.warning("%s", warning)
    return RunRecord(
        configuration=_with_settings_of_table(configuration, table),
        table=str(table.table.absolute()),
        table_id=table.table_id,
        data_version=table.number,
        content_id=table.content_id,
        model_sha256=model_hash,
        ranks=settings.ranks,
        global_batch=global_batch,
        lanes=lanes_for(settings.ranks, settings.batch_size),
        steps_per_epoch=steps_per_epoch,
        epochs=settings.epochs,
        versions=_versions(),
        command=command_line(),
        created=utc_now(),
        bundle=str(_bundle_path(folder, configuration)),
        ancestors=_ancestors(settings.fine_tune),
    )


def _ancestors(fine_tune: FineTune | None) -> tuple[TrainingData, ...]:
    """Return the training data of the initial weights; read now, as the bundle's folder may change later."""
    return () if fine_tune is None else load_bundle(fine_tune.bundle).origin.trained_on


def _versions() -> dict[str, str]:
    """Return the versions of Python and of the installed packages among `PACKAGES`."""
    versions = {"python": sys.version.split()[0]}
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            versions[name] = installed_version(name)
    return versions


def _launch(folder: RunFolder, record: RunRecord, start: float, observer: TunerControls | None) -> dict[str, Any]:
    # Import Spark and Horovod's runner only if there is something to train.
    from headrace.spark.session import session
    from headrace.train.launch.launch_and_restart_ranks import train_with_restarts
    from headrace.train.launch.signal_stop import stop_on_signal

    spark = session("train", record.configuration.spark, record.configuration.train.ranks)
    progress = _progress(folder, record, observer)
    with stop_on_signal(folder, progress):
        restarts = train_with_restarts(spark, folder, record, progress)
    if not progress.outcome:
        raise TrainingError(f"The ranks exited without a result; see their logs in {folder.logs}.")
    if progress.outcome["kind"] == "stopped":
        step = progress.outcome["step"]
        raise_if_requested(f"{folder.path} stopped at step {step} after a checkpoint; the same command resumes")
        raise StoppedError(f"The run {folder.path} was stopped at step {progress.outcome['step']}.")
    return _result(folder, record, progress, start, restarts)


def _progress(folder: RunFolder, record: RunRecord, observer: TunerControls | None) -> RankMessageReceiver:
    monitored = record.configuration.train.monitor.metric
    if observer is None:
        return RankMessageReceiver(record.total_steps, monitored=monitored)

    def epoch_done(metrics: Message) -> None:
        if observer.epoch_done(metrics):
            folder.stop_file.touch()

    return RankMessageReceiver(record.total_steps, observer.name, epoch_done, monitored)


def _result(
    folder: RunFolder, record: RunRecord, progress: RankMessageReceiver, start: float, restarts: int
) -> dict[str, Any]:
    outcome = progress.outcome
    first_step_at = progress.first_step_at
    ending = describe_ending(outcome)
    if ending:
        log.info("%s", ending)
    if not record.observed and record.configuration.train.monitor.bundle == "auto":
        warn_of_worse_epoch(folder, outcome)
    return {
        "run": str(folder.path),
        "bundle": outcome["bundle"],
        "steps": outcome["steps"],
        "ranks": record.configuration.train.ranks,
        "weights_sha256": outcome["weights_sha256"],
        "metrics": _epoch_metrics(folder, outcome["bundle_epoch"]),
        "monitored": outcome["monitored"],
        "best_epoch": outcome["best_epoch"] + 1,
        "bundle_epoch": outcome["bundle_epoch"] + 1,
        "stopped_early": outcome["stopped_early"] or outcome["stopped_by_callback"],
        "restarts": restarts,
        "parameters": outcome["parameters"],
        "penalties": outcome["penalties"],
        "checkpoint_seconds": outcome["checkpoint_seconds"],
        "samples_per_second": outcome["samples_per_second"],
        "seconds_to_first_step": round(first_step_at - start, 3) if first_step_at else None,
        "seconds": round(time.monotonic() - start, 3),
    }


def warn_of_worse_epoch(folder: RunFolder, outcome: Message) -> None:
    """Warn if the epoch in the bundle is clearly worse than the best one."""
    shipped, best = (_epoch_metrics(folder, outcome[key]) for key in ("bundle_epoch", "best_epoch"))
    warning = describe_worse_epoch(outcome, shipped, best)
    if warning:
        log.warning("%s", warning)


def _epoch_metrics(folder: RunFolder, epoch: int) -> dict[str, float]:
    """Return the metrics of `epoch`, counted from 0, over all ranks."""
    lines = folder.metrics_file.read_text().splitlines() if folder.metrics_file.exists() else []
    epochs = [json.loads(line) for line in lines if line.startswith('{"kind": "epoch"') and line.endswith("}")]
    logged: dict[str, float] = next((line for line in reversed(epochs) if line["epoch"] == epoch), {})
    hidden = ("kind", "step", "epoch", "seconds")
    return {name: value for name, value in logged.items() if name not in hidden}

"""`headrace stream`: the training split as one rank would be given it, with no model behind it."""

import logging
import time
from collections.abc import Callable
from typing import Any

from headrace.engines.log_filter import quiet_tensorflow

quiet_tensorflow()

from headrace.config import Configuration  # noqa: E402  before TensorFlow is imported
from headrace.errors import ConfigurationError  # noqa: E402
from headrace.stream.build import training_plan  # noqa: E402
from headrace.stream.dataset import Batches, training_batches  # noqa: E402
from headrace.stream.plan import lanes_for  # noqa: E402
from headrace.table import read  # noqa: E402

log = logging.getLogger(__name__)


def stream(configuration: Configuration, rank: int, show: Callable[[str], None] | None = None) -> dict[str, Any]:
    """Read an epoch of the training split as `rank` of `train.ranks`.

    Args:
        show: is given a picture of where time went in a second epoch; only one is read if there is none.

    Raises:
        ConfigurationError: there is no such rank, or the stream's settings do not fit the table.
        DataError: the table is missing or damaged, or has no training split.
    """
    settings = configuration.train
    if rank >= settings.ranks:
        raise ConfigurationError(f"--rank is {rank}, but train.ranks is {settings.ranks}; ranks begin at 0.")
    version = read(configuration.data.table, settings.data_version)
    lanes = lanes_for(settings.ranks, settings.batch_size)
    plan = training_plan(version, "train", settings.ranks * settings.batch_size, lanes, settings.seed)
    batches = training_batches(version, plan, configuration.stream, rank, settings.ranks)
    about = {"table": str(version.table), "version": version.number, "rank": rank, "ranks": settings.ranks}
    about |= {"batch_size": settings.batch_size, "lanes": lanes, "steps": plan.steps}
    return about | (_measured(batches, show) if show else _taken(batches))


def _taken(batches: Batches) -> dict[str, Any]:
    began, rows, first = time.monotonic(), 0, 0.0
    for _, _, weights in batches.steps(0, 0, 1):
        first = first or time.monotonic() - began
        rows += int((weights.numpy() > 0).sum())
    seconds = time.monotonic() - began
    return {"rows": rows, "seconds": round(seconds, 3), "seconds_to_first_batch": round(first, 3)}


def _measured(batches: Batches, show: Callable[[str], None]) -> dict[str, Any]:
    from headrace.stream.profile import bars, profile_batches

    log.info("Reading two epochs, one to warm up and one to measure.")
    figures = profile_batches(batches)
    show(bars(figures))
    return {
        "rows": figures.rows,
        "seconds": round(figures.wait, 3),
        "seconds_to_first_batch": round(figures.first, 3),
        "samples_per_second": round(figures.rows / figures.wait, 1),
        "bytes_read_per_second": round(figures.read / figures.wait),
        "bytes_given_per_second": round(figures.given / figures.wait),
        "cores_busy": round(figures.cores, 2),
        "work_seconds": {stage: round(seconds, 4) for stage, seconds in figures.work.items()},
        "wait_seconds": {"shards": round(figures.wait_for_shards, 4), "batches": round(figures.wait, 4)},
    }

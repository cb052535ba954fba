"""`headrace read-epoch`: read the training split as one rank does, without a model, and measure the speed."""

import logging
import time
from collections.abc import Callable
from typing import Any

from headrace.engines.stderr_noise_filter import quiet_tensorflow

quiet_tensorflow()

from headrace.config import Configuration  # noqa: E402  before TensorFlow is imported
from headrace.errors import ConfigurationError  # noqa: E402
from headrace.stream.batch_plan import lanes_for  # noqa: E402
from headrace.stream.build_plan_and_rank_stream import training_plan  # noqa: E402
from headrace.stream.tf_data_pipeline import Batches, training_batches  # noqa: E402
from headrace.table import read  # noqa: E402

log = logging.getLogger(__name__)


def read_epoch(configuration: Configuration, rank: int, show: Callable[[str], None] | None = None) -> dict[str, Any]:
    """Read one epoch of the training split as `rank` of `train.ranks`, and return its number of rows and times.

    Args:
        configuration: the whole configuration.
        rank: index of the rank.
        show: function that receives a bar chart of the time per stage; with it a second epoch is read and profiled.

    Raises:
        ConfigurationError: the rank does not exist, or the stream's settings do not fit the table.
        DataError: the table is missing or damaged, or has no training split.
    """
    settings = configuration.train
    if rank >= settings.ranks:
        raise ConfigurationError(
            f"--rank is {rank}, but train.ranks is {settings.ranks}; expected 0 to {settings.ranks - 1}."
        )
    version = read(configuration.data.table, settings.data_version)
    lanes = lanes_for(settings.ranks, settings.batch_size)
    plan = training_plan(version, "train", settings.ranks * settings.batch_size, lanes, settings.seed)
    batches = training_batches(version, plan, configuration.stream, rank, settings.ranks)
    result = {"table": str(version.table.absolute()), "version": version.number, "rank": rank, "ranks": settings.ranks}
    result |= {"batch_size": settings.batch_size, "lanes": lanes, "steps": plan.steps}
    return result | (_profile_epoch(batches, show) if show else _read_epoch(batches))


def _read_epoch(batches: Batches) -> dict[str, Any]:
    began, rows, first = time.monotonic(), 0, 0.0
    for _, _, weights in batches.steps(0, 0, 1):
        first = first or time.monotonic() - began
        rows += int((weights.numpy() > 0).sum())
    seconds = time.monotonic() - began
    return {"rows": rows, "seconds": round(seconds, 3), "seconds_to_first_batch": round(first, 3)}


def _profile_epoch(batches: Batches, show: Callable[[str], None]) -> dict[str, Any]:
    from headrace.stream.stage_profile import draw_bars, profile_batches

    log.info("Reading two epochs: one to warm up and one to measure.")
    profile = profile_batches(batches)
    show(draw_bars(profile))
    return {
        "rows": profile.rows,
        "seconds": round(profile.wait, 3),
        "seconds_to_first_batch": round(profile.first, 3),
        "samples_per_second": round(profile.rows / profile.wait, 1),
        "bytes_read_per_second": round(profile.bytes_read / profile.wait),
        "bytes_given_per_second": round(profile.bytes_delivered / profile.wait),
        "cores_busy": round(profile.cores, 2),
        "work_seconds": {stage: round(seconds, 4) for stage, seconds in profile.work.items()},
        "wait_seconds": {"shards": round(profile.wait_for_shards, 4), "batches": round(profile.wait, 4)},
    }

"""The fetch command: downloads a data set into a folder that `headrace prepare` reads."""

import dataclasses
import difflib
import logging
import time
from pathlib import Path
from typing import Any

from headrace.errors import ConfigurationError, DiskError
from headrace.fetch import dataset_marker
from headrace.fetch.dataset_base import Dataset
from headrace.fetch.dataset_marker import Marker
from headrace.fetch.datasets import (
    diamonds,
    digits,
    emoji_categories,
    fashion_mnist,
    garment_scenes,
    hourly_city_temperatures,
    manual_page_languages,
    movie_choices,
    nyc_flight_delays,
    photo_crops,
    rated_movie_sentences,
    sentences_labelled_by_source,
    spoken_languages,
)

_ALL: tuple[Dataset[Any], ...] = (
    digits.DATASET,
    fashion_mnist.DATASET,
    photo_crops.DATASET,
    rated_movie_sentences.DATASET,
    sentences_labelled_by_source.DATASET,
    manual_page_languages.DATASET,
    spoken_languages.DATASET,
    hourly_city_temperatures.DATASET,
    diamonds.DATASET,
    nyc_flight_delays.DATASET,
    emoji_categories.DATASET,
    garment_scenes.DATASET,
    movie_choices.DATASET,
)
DATASETS: dict[str, Dataset[Any]] = {dataset.name: dataset for dataset in _ALL}

log = logging.getLogger(__name__)


def fetch(name: str, folder: Path, limit: int | None = None) -> dict[str, object]:
    """Download the data set `name` into `folder`; do nothing if it is complete already.

    Images are written as SPLIT/CLASS/INDEX.png, or CLASS/INDEX.png if no splits are fixed; sounds as
    SPLIT/CLASS/NAME.wav; texts and series as records.jsonl, one JSON object per line; rows of numbers and categories
    as NAME.csv with a header; rows with a picture each likewise, beside the pictures; images with masks as
    SPLIT/images/INDEX.png and SPLIT/masks/INDEX.png.

    Args:
        name: one of `DATASETS`.
        folder: new, empty, or filled by an earlier call with the same name and limit, complete or interrupted.
        limit: maximum number of training records; None means the whole data set. Images are the first of every
            class in equal numbers (or one more); records and rows are spaced evenly over the file. The other splits
            shrink in proportion, but keep at least ten records per class, or `limit` records if that is less.

    Returns:
        name, folder, records, splits (records by split), licence, source, seconds, and `fetched`: whether this call
        wrote anything.

    Raises:
        ConfigurationError: the name is unknown, the limit is below 1, or the folder contains something else.
        DataError: the data set cannot be downloaded, or differs from the original.
        DiskError: it cannot be written.
    """
    started = time.monotonic()
    dataset = _find(name)
    if limit is not None and limit < 1:
        raise ConfigurationError(f"The limit is {limit}; expected 1 or more.")
    wanted = Marker(name=name, splits=dataset.counts(limit), digest=dataset.digest)
    current = dataset_marker.read_marker(folder, wanted)
    fetched = current is None or not _is_complete(current, dataset, folder)
    if current is None or fetched:
        current = _fill(folder, dataset, wanted)
    return {
        "name": name,
        "folder": str(folder.absolute()),
        "records": sum(current.splits.values()),
        "splits": current.splits,
        "licence": dataset.licence,
        "source": current.source,
        "seconds": round(time.monotonic() - started, 3),
        "fetched": fetched,
    }


def listing() -> dict[str, object]:
    """Return name, licence, size and description of each data set, for JSON."""
    keys = ("name", "licence", "size", "description")
    return {"datasets": [{key: getattr(dataset, key) for key in keys} for dataset in DATASETS.values()]}


def _find(name: str) -> Dataset[Any]:
    if name not in DATASETS:
        near = difflib.get_close_matches(name, DATASETS, n=1, cutoff=0.3)
        hint = f"did you mean {near[0]}?" if near else f"available are: {', '.join(DATASETS)}."
        raise ConfigurationError(f"There is no data set {name!r}; {hint}")
    return DATASETS[name]


def _is_complete(current: Marker, dataset: Dataset[Any], folder: Path) -> bool:
    is_valid = current.complete and current.digest == dataset.digest
    return is_valid and dataset.count(current.splits, folder) == current.splits


def _fill(folder: Path, dataset: Dataset[Any], wanted: Marker) -> Marker:
    splits, source = dataset.read()
    log.info("Downloaded %s from %s; writing %s.", dataset.name, source, wanted.description)
    complete = dataclasses.replace(wanted, source=source, complete=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        wanted.write(folder)
        dataset.write(splits, wanted.splits, folder)
        complete.write(folder)
    except OSError as error:
        raise DiskError(f"{dataset.name} cannot be written to {folder}: {error.strerror}.") from None
    return complete

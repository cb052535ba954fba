"""A data set by its name -> a folder that `headrace prepare` can read."""

import dataclasses
import difflib
import logging
import time
from pathlib import Path
from typing import Any

from headrace.errors import ConfigurationError, DataError
from headrace.fetch import marker
from headrace.fetch.dataset import Dataset
from headrace.fetch.datasets import (
    digits,
    fashion_mnist,
    four_sources,
    manual_pages,
    movie_reviews,
    photo_crops,
    temperatures,
)
from headrace.fetch.marker import Marker

_ALL: tuple[Dataset[Any], ...] = (
    digits.DATASET,
    fashion_mnist.DATASET,
    photo_crops.DATASET,
    movie_reviews.DATASET,
    four_sources.DATASET,
    manual_pages.DATASET,
    temperatures.DATASET,
)
DATASETS: dict[str, Dataset[Any]] = {dataset.name: dataset for dataset in _ALL}

log = logging.getLogger(__name__)


def fetch(name: str, folder: Path, limit: int | None = None) -> dict[str, object]:
    """Bring the data set `name` into `folder`; do nothing where it is there already.

    Images come as SPLIT/CLASS/INDEX.png, or CLASS/INDEX.png where no split is fixed; texts and numbers as
    records.jsonl, a JSON object a line.

    Args:
        name: one of `DATASETS`.
        folder: new, empty, or filled by an earlier call with the same name and limit, finished or not.
        limit: training records at most, the whole data set when None. Of images the first of every class are
            taken, equally many (or one more); of records some from all over the file. The other splits shrink in
            proportion, but keep ten records of each class, or have `limit` records.

    Returns:
        name, folder, records, splits (records by split), licence, source, seconds, and `fetched`: whether anything
        was written.

    Raises:
        ConfigurationError: an unknown name, a limit below 1, a folder that holds something else.
        DataError: the data set cannot be brought, is not the original, or cannot be written.
    """
    started = time.monotonic()
    dataset = _find(name)
    if limit is not None and limit < 1:
        raise ConfigurationError(f"The limit is {limit}; expected 1 record or more.")
    wanted = Marker(name=name, splits=dataset.counts(limit), digest=dataset.digest)
    found = marker.read_marker(folder, wanted)
    fetched = found is None or not _is_whole(found, dataset, folder)
    if found is None or fetched:
        found = _fill(folder, dataset, wanted)
    return {
        "name": name,
        "folder": str(folder),
        "records": sum(found.splits.values()),
        "splits": found.splits,
        "licence": dataset.licence,
        "source": found.source,
        "seconds": round(time.monotonic() - started, 3),
        "fetched": fetched,
    }


def listing() -> dict[str, object]:
    """What can be fetched: name, licence, size and description of each data set, for JSON."""
    shown = ("name", "licence", "size", "description")
    return {"datasets": [{key: getattr(dataset, key) for key in shown} for dataset in DATASETS.values()]}


def _find(name: str) -> Dataset[Any]:
    if name not in DATASETS:
        near = difflib.get_close_matches(name, DATASETS, n=1, cutoff=0.3)
        hint = f"did you mean {near[0]}?" if near else f"known are: {', '.join(DATASETS)}."
        raise ConfigurationError(f"There is no data set {name!r}; {hint}")
    return DATASETS[name]


def _is_whole(found: Marker, dataset: Dataset[Any], folder: Path) -> bool:
    is_current = found.complete and found.digest == dataset.digest
    return is_current and dataset.count(found.splits, folder) == found.splits


def _fill(folder: Path, dataset: Dataset[Any], wanted: Marker) -> Marker:
    splits, source = dataset.read()
    log.info("%s is here from %s; writing %s.", dataset.name, source, wanted.what)
    done = dataclasses.replace(wanted, source=source, complete=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        wanted.write(folder)
        dataset.write(splits, wanted.splits, folder)
        done.write(folder)
    except OSError as error:
        raise DataError(f"{dataset.name} cannot be written to {folder}: {error.strerror}.") from None
    return done

"""New rows are compared with the champion's, class by class; rows that both versions have are not read."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headrace.config.sections.retraining import Drift
from headrace.contract import Column, Contract
from headrace.retrain.drift.assessment import EVERY_CLASS, SHARES, RowChanges, changed_rows, drift
from headrace.table import Version, read
from headrace.table.log import FileChanges, commit, open_base
from tests.support.small_table import CLASSES, Content, Rows, write_shards, write_table

OLD, NEW = 600, 300


def rows(count: int, seed: int, *, darker: float = 1.0, labels: tuple[int, ...] = (0, 1, 2)) -> Rows:
    random = np.random.default_rng(seed)
    brightness = random.normal(130, 20, (count, 1, 1, 1))
    pixels = np.clip(brightness + random.normal(0, 15, (count, 6, 6, 1)), 0, 255) * darker
    return Rows(
        pixels=pixels.astype(np.uint8), labels=[labels[row % len(labels)] for row in range(count)], shards=[count]
    )


def grown(table: Path, new: Rows) -> tuple[Version, Version]:
    """A version, and one with `new` appended to its training split."""
    before = write_table(table, Content(splits={"train": rows(OLD, seed=1), "test": rows(30, seed=2)}))
    content = Content(
        splits={"train": new}, paths={"train": [f"train/new-{row}.png" for row in range(len(new.labels))]}
    )
    base = open_base(table)
    from headrace.prepare.columns import arrow_schema, image_columns

    added = write_shards(table, "train", new, content)
    schema = arrow_schema(image_columns(content.image))
    commit(base, FileChanges(added, []), schema, before.summary.model_dump_json())
    return before, read(table)


def distances(changes: RowChanges, statistic: str) -> dict[str, tuple[float, bool]]:
    return {one.of_class: (one.psi, one.drifted) for one in changes.distances if one.statistic == statistic}


def test_rows_like_the_champions_have_not_drifted(spark: Any, tmp_path: Path) -> None:
    changes = drift(spark, *grown(tmp_path / "table", rows(NEW, seed=3)), Drift())
    assert (changes.new, changes.gone) == (NEW, 0)
    assert changes.drifted == []
    assert set(distances(changes, "brightness")) == {EVERY_CLASS, *CLASSES}
    assert {one.rows for one in changes.distances if one.of_class == EVERY_CLASS} == {(OLD, NEW)}


def test_darker_rows_have_drifted_in_every_class(spark: Any, tmp_path: Path) -> None:
    changes = drift(spark, *grown(tmp_path / "table", rows(NEW, seed=3, darker=0.6)), Drift())
    assert all(drifted for _, drifted in distances(changes, "brightness").values())
    assert not distances(changes, SHARES)[EVERY_CLASS][1]
    assert changes.drifted[0].of_class == EVERY_CLASS


def test_other_shares_of_classes_are_drift_of_their_own(spark: Any, tmp_path: Path) -> None:
    changes = drift(spark, *grown(tmp_path / "table", rows(NEW, seed=3, labels=(0, 0, 0, 1))), Drift())
    assert [one.statistic for one in changes.drifted] == [SHARES]


def test_nothing_new_has_no_distance(spark: Any, tmp_path: Path) -> None:
    before, _ = grown(tmp_path / "table", rows(NEW, seed=3))
    changes = drift(spark, before, before, Drift())
    assert changes == RowChanges(new=0, gone=0)


def test_a_shard_that_was_only_written_anew_changes_no_row(tmp_path: Path) -> None:
    before, after = grown(tmp_path / "table", rows(NEW, seed=3))
    assert changed_rows(before, after) == RowChanges(new=NEW, gone=0)
    assert changed_rows(after, before) == RowChanges(new=0, gone=NEW)
    other = Content(splits={"train": rows(OLD, seed=1)})
    same_rows = write_shards(
        tmp_path / "table", "train", Rows(**vars(rows(OLD, seed=1)) | {"shards": [200, 400]}), other
    )
    rewritten = Version(table=before.table, number=9, shards=tuple(same_rows), summary=before.summary)
    assert changed_rows(before, rewritten).rows == 0


@pytest.mark.parametrize("codec", ["png", "jpeg"])
def test_images_are_decoded_as_they_are_stored(codec: str) -> None:
    from headrace.config.configuration import Image
    from headrace.prepare.encoders.image import encode
    from headrace.retrain.drift.profile import _statistics

    pixels = np.full((6, 6, 3), (200, 100, 0), np.uint8)
    form = Image.model_validate({"mode": "RGB", "size": (6, 6), "codec": codec, "quality": 100})
    column = Column(role="input", codec=codec, dtype="uint8", shape=(6, 6, 3))  # type: ignore[arg-type]
    found = _statistics(encode(pixels, form), column)
    assert found["red"] == pytest.approx(200, abs=2)
    assert found["blue"] == pytest.approx(0, abs=2)
    assert found["brightness"] == pytest.approx(100, abs=2)


def test_texts_are_told_by_their_length_and_their_unknown_tokens() -> None:
    from headrace.retrain.drift.profile import _statistics

    column = Column(role="input", codec="tokens", dtype="int32", shape=(None,))
    stored = np.array([5, 1, 7, 1], "<i4").tobytes()
    assert _statistics(stored, column) == {"tokens": 4.0, "unknown": 0.5}
    assert _statistics(b"", column) == {"tokens": 0.0, "unknown": 0}


def test_labels_are_counted_one_by_one_and_a_row_without_any_counts_too() -> None:
    from headrace.retrain.drift.profile import _labels

    column = Column(role="target", codec="labels", dtype="int32")
    contract = Contract(columns={"label": column}, classes=CLASSES, task="multi_label")
    assert _labels(np.array([0, 2], "<i4").tobytes(), contract) == [CLASSES[0], CLASSES[2]]
    assert _labels(b"", contract) == ["no label"]

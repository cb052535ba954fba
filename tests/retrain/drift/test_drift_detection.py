"""New rows are compared with the champion's rows, class by class; shards shared by both versions are not read."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from headrace.config.sections.retraining import Drift
from headrace.contract import Column, Contract
from headrace.features.contract_spec import Statistics
from headrace.features.image.contract_spec import ImageSpec
from headrace.features.image.drift_values import statistics as image_statistics
from headrace.features.image.record_encoder_in_preparation import image_columns
from headrace.features.text.drift_values import statistics as text_statistics
from headrace.prepare.arrow_schema_and_columns import arrow_schema
from headrace.prepare.encoders.images.image_transcoding import encode
from headrace.retrain.drift.drift_detection import EVERY_CLASS, SHARES, RowChanges, changed_rows, describe_drift, drift
from headrace.table import Version, read
from headrace.table.shard_writer import write_shard
from headrace.table.transaction_log import FileChanges, commit, open_base
from headrace.targets.multi_label.gate_slices_and_drift_statistics import profile_groups, target_label
from headrace.targets.regression.label_encoder import COLUMN as NUMBER
from tests.support.small_table import CLASSES, Content, Rows, write_shards, write_table
from tests.support.table_columns import table_columns
from tests.support.table_versions import summary

OLD, NEW = 600, 300


def image_rows(count: int, seed: int, *, darker: float = 1.0, labels: tuple[int, ...] = (0, 1, 2)) -> Rows:
    """Return rows of noise images of normally distributed brightness."""
    random = np.random.default_rng(seed)
    brightness = random.normal(130, 20, (count, 1, 1, 1))
    pixels = np.clip(brightness + random.normal(0, 15, (count, 6, 6, 1)), 0, 255) * darker
    return Rows(
        pixels=pixels.astype(np.uint8), labels=[labels[row % len(labels)] for row in range(count)], shards=[count]
    )


def append_rows(table: Path, new: Rows) -> tuple[Version, Version]:
    """Return a version, and a second one with `new` appended to its training split."""
    before = write_table(table, Content(splits={"train": image_rows(OLD, seed=1), "test": image_rows(30, seed=2)}))
    content = Content(
        splits={"train": new}, paths={"train": [f"train/new-{row}.png" for row in range(len(new.labels))]}
    )
    base = open_base(table)

    added = write_shards(table, "train", new, content)
    schema = arrow_schema(table_columns(image_columns(content.image)))
    commit(base, FileChanges(added, []), schema, before.summary.model_dump_json())
    return before, read(table)


def distances_by_class(changes: RowChanges, statistic: str) -> dict[str, tuple[float, bool]]:
    """Return the PSI of the statistic and whether it has drifted, by class."""
    return {
        distance.class_name: (distance.psi, distance.drifted)
        for distance in changes.distances
        if distance.statistic == statistic
    }


def test_similar_rows_have_not_drifted(spark: Any, tmp_path: Path) -> None:
    changes = drift(spark, *append_rows(tmp_path / "table", image_rows(NEW, seed=3)), Drift())
    assert (changes.new, changes.removed) == (NEW, 0)
    assert changes.drifted == []
    assert set(distances_by_class(changes, "brightness")) == {EVERY_CLASS, *CLASSES}
    assert {distance.rows for distance in changes.distances if distance.class_name == EVERY_CLASS} == {(OLD, NEW)}


@pytest.mark.parametrize("offset", [0.0, 1.702e9])
@pytest.mark.parametrize("shift", [0.0, 2e6])
def test_drift_of_the_number_does_not_depend_on_its_distance_from_0(
    spark: Any, tmp_path: Path, offset: float, shift: float
) -> None:
    """Rounding to a few digits would make all numbers equal, such as seconds since 1970."""
    before, now = (write_numbers(tmp_path / str(seed), offset + part, seed) for seed, part in enumerate((0.0, shift)))
    changes = drift(spark, before, now, Drift())
    assert [distance.statistic for distance in changes.drifted] == (["value"] if shift else [])


def write_numbers(table: Path, mean: float, seed: int) -> Version:
    """Write a table of equal images whose targets have a standard deviation of 1e6."""
    content, rows = Content(splits={"train": image_rows(1, seed=1)}), range(400)
    columns = table_columns(image_columns(content.image), NUMBER)
    values = {
        "path": [f"train/{seed}-{row}.png" for row in rows],
        "label": np.random.default_rng(seed).normal(mean, 1e6, len(rows)).astype(np.float32),
        "image": [encode(content.splits["train"].pixels[0], content.image)] * len(rows),
        "content_hash": [f"{seed}-{row}" for row in rows],
    }
    schema = arrow_schema(columns)
    shard = write_shard(pa.Table.from_pydict(values, schema=schema), table, "part-0", "train")
    spec = ImageSpec(statistics=Statistics(mean=(0.0,), variance=(1.0,)))
    contract = Contract(columns=columns, classes=(), task="regression", input_specs={"image": spec})
    about = summary(contract=contract, rows_in=400, written=400, counts={"train": {"all": 400}})
    commit(open_base(table), [shard], schema, about.model_dump_json())
    return read(table)


def test_relative_table_is_read_by_executors_in_another_folder(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of a cluster, whose working directories are not that of the driver."""
    append_rows(tmp_path / "table", image_rows(NEW, seed=3))
    monkeypatch.chdir(tmp_path)
    assert drift(spark, read(Path("table"), 0), read(Path("table")), Drift()).new == NEW


def test_darker_rows_drift_in_every_class(spark: Any, tmp_path: Path) -> None:
    changes = drift(spark, *append_rows(tmp_path / "table", image_rows(NEW, seed=3, darker=0.6)), Drift())
    assert all(drifted for _, drifted in distances_by_class(changes, "brightness").values())
    assert not distances_by_class(changes, SHARES)[EVERY_CLASS][1]
    assert changes.drifted[0].class_name == EVERY_CLASS


def test_changed_class_shares_are_drift(spark: Any, tmp_path: Path) -> None:
    changes = drift(spark, *append_rows(tmp_path / "table", image_rows(NEW, seed=3, labels=(0, 0, 0, 1))), Drift())
    assert [distance.statistic for distance in changes.drifted] == [SHARES]


def test_vanished_class_is_named(spark: Any, tmp_path: Path) -> None:
    """Rows that are gone are in no distribution of the new rows."""
    before = write_table(tmp_path / "table", Content(splits={"train": image_rows(12, seed=1)}))
    now = write_table(tmp_path / "table", Content(splits={"train": image_rows(8, seed=1, labels=(0, 1))}))
    changes = drift(spark, before, now, Drift())
    assert changes.vanished_classes == (CLASSES[2],)
    assert describe_drift(changes)[0] == f"class {CLASSES[2]} has no training row any more"
    assert drift(spark, now, before, Drift()).vanished_classes == ()


def test_unchanged_version_has_no_distances(spark: Any, tmp_path: Path) -> None:
    before, _ = append_rows(tmp_path / "table", image_rows(NEW, seed=3))
    changes = drift(spark, before, before, Drift())
    assert changes == RowChanges(new=0, removed=0)


def test_rewritten_shards_change_no_rows(tmp_path: Path) -> None:
    before, after = append_rows(tmp_path / "table", image_rows(NEW, seed=3))
    assert changed_rows(before, after) == RowChanges(new=NEW, removed=0)
    assert changed_rows(after, before) == RowChanges(new=0, removed=NEW)
    other = Content(splits={"train": image_rows(OLD, seed=1)})
    same_rows = write_shards(
        tmp_path / "table", "train", Rows(**vars(image_rows(OLD, seed=1)) | {"shards": [200, 400]}), other
    )
    rewritten = Version(table=before.table, number=9, shards=tuple(same_rows), summary=before.summary)
    assert changed_rows(before, rewritten).rows == 0


def test_renumbered_classes_change_no_rows(tmp_path: Path) -> None:
    """As after a full preparation without the class that was the first one."""
    wider = Content(splits={"train": image_rows(30, seed=1, labels=(1, 2))}, classes=("ghost", "bag", "boot"))
    before = write_table(tmp_path / "table", wider)
    narrow = Content(splits={"train": image_rows(30, seed=1, labels=(0, 1))}, classes=("bag", "boot"))
    assert changed_rows(before, write_table(tmp_path / "table", narrow)).rows == 0
    swapped = Content(splits={"train": image_rows(30, seed=1, labels=(1, 0))}, classes=("bag", "boot"))
    assert changed_rows(before, write_table(tmp_path / "table", swapped)).rows == 60


@pytest.mark.parametrize("codec", ["png", "jpeg"])
def test_image_statistics_use_decoded_pixels(codec: str) -> None:
    from headrace.config.configuration_model import Image

    pixels = np.full((6, 6, 3), (200, 100, 0), np.uint8)
    image = Image.model_validate({"mode": "RGB", "size": (6, 6), "codec": codec, "quality": 100})
    column = Column(role="input", codec=codec, dtype="uint8", shape=(6, 6, 3))  # type: ignore[arg-type]
    contract = Contract(columns={"image": column}, classes=CLASSES)
    statistics = image_statistics(encode(pixels, image), contract)
    assert statistics["red"] == pytest.approx(200, abs=2)
    assert statistics["blue"] == pytest.approx(0, abs=2)
    assert statistics["brightness"] == pytest.approx(100, abs=2)


def test_text_statistics_are_length_and_unknown_share() -> None:
    column = Column(role="input", codec="tokens", dtype="int32", shape=(None,))
    contract = Contract(columns={"tokens": column}, classes=CLASSES)
    stored = np.array([5, 1, 7, 1], "<i4").tobytes()
    assert text_statistics(stored, contract) == {"tokens": 4.0, "unknown": 0.5}
    assert text_statistics(b"", contract) == {"tokens": 0.0, "unknown": 0}


def test_labels_are_counted_and_unlabelled_rows_too() -> None:
    column = Column(role="target", codec="labels", dtype="int32")
    contract = Contract(columns={"label": column}, classes=CLASSES, task="multi_label")
    assert profile_groups(np.array([0, 2], "<i4").tobytes(), contract) == (CLASSES[0], CLASSES[2])
    assert profile_groups(b"", contract) == ("no label",)
    assert target_label(np.array([0, 2], "<i4").tobytes(), contract) == tuple(sorted((CLASSES[0], CLASSES[2])))

"""A preparation that has nothing usable left says which records were rejected, and why."""

import io
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from headrace.config.configuration_model import Prepare
from headrace.errors import DataError
from headrace.prepare.incremental_plan_and_task_context import Chunk, PrepareContext
from headrace.prepare.labels.class_discovery import discover_classes
from headrace.prepare.rejects.reject_summary import LISTED, list_refused, unusable_error
from headrace.prepare.sources import Listing
from headrace.prepare.sources.archives.archive_source import list_archives
from headrace.table.rejects_and_duplicates_reader import SCHEMA, Reject, rejects_path
from headrace.table.shard_writer import write_shard

PROBLEM, REMEDY = "No text is left", "Check prepare.splits."


def test_unusable_error_says_the_rejects_first_with_their_commonest_reasons() -> None:
    examples = {"bad_label": Reject("t.csv/line 2", "bad_label", "'0,5' is no number")}
    message = str(unusable_error(PROBLEM, REMEDY, 20, {"empty": 2, "bad_label": 9, "gap": 1, "damaged": 1}, examples))
    assert message == (
        "13 of 20 records were rejected (bad_label: 9, such as 't.csv/line 2': '0,5' is no number; empty: 2; gap: 1; "
        "...). No text is left; nothing was committed."
    )


def test_unusable_error_without_rejects_says_what_to_do() -> None:
    assert str(unusable_error(PROBLEM, REMEDY, 12, {}, {})) == f"{PROBLEM}; nothing was committed. {REMEDY}"


def test_refused_records_are_listed_up_to_a_number_of_each_reason(tmp_path: Path) -> None:
    table = tmp_path / "table"
    rejects = [Reject(f"cat/{number}.png", "empty", "no bytes") for number in range(LISTED + 2)]
    rejects.append(Reject("dog/1.png", "damaged", "a cut stream"))
    rows = pa.Table.from_pylist([reject._asdict() for reject in rejects], SCHEMA)
    shard = write_shard(rows, rejects_path(table), "r")
    lines = list_refused(table, [shard], {"empty": LISTED + 2, "damaged": 1})
    assert lines[0] == "empty: 'cat/0.png': no bytes (similar: 'cat/1.png', 'cat/2.png', 'cat/3.png' and 16 more)"
    assert lines[1] == "damaged: 'dog/1.png': a cut stream"
    assert lines[2].startswith("... and 2 more; ")
    assert len(lines) == 3


def test_refused_records_whose_details_differ_in_values_share_a_line(tmp_path: Path) -> None:
    table = tmp_path / "table"
    details = [
        "rooms is 'two', which is no number",
        "rooms is 'a 3', which is no number",
        "price is 'x', which is none",
    ]
    rows = pa.Table.from_pylist([Reject(f"{n}", "bad_value", one)._asdict() for n, one in enumerate(details)], SCHEMA)
    lines = list_refused(table, [write_shard(rows, rejects_path(table), "r")], {"bad_value": 3})
    assert lines == [f"bad_value: '0': {details[0]} (similar: '1')", f"bad_value: '2': {details[2]}"]


def archive_refusal(spark: SparkSession, folder: Path, members: dict[str, bytes]) -> str:
    """Return why an archive of `members` has no classes."""
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    listing: Listing = list_archives(str(folder))
    context = PrepareContext(
        identity="a", root=listing.root, table=folder, labels={}, settings=Prepare(), kind="archive"
    )
    with pytest.raises(DataError) as refused:
        discover_classes(spark, context, listing, listing.files, [Chunk(0, listing.files)])
    return str(refused.value)


def test_archive_without_classes_says_why_its_members_were_rejected(spark: SparkSession, tmp_path: Path) -> None:
    inner = io.BytesIO()
    zipfile.ZipFile(inner, "w").close()
    message = archive_refusal(spark, tmp_path, {"cat/a.zip": inner.getvalue(), "cat/b.zip": inner.getvalue()})
    assert message.startswith("2 of 2 records were rejected (nested_archive: 2, such as 'a.zip/cat/a.zip'"), message
    assert "holds 0 classes" in message or "holds 1 class " in message


def test_archive_whose_labels_are_not_beside_their_images_says_so(spark: SparkSession, tmp_path: Path) -> None:
    message = archive_refusal(spark, tmp_path, {"1.cls": b"0", "2.cls": b"1", "1.png": b"x", "2.png": b"y"})
    assert "4 of 4 records were rejected (no_label: 4, such as 'a.zip/1.cls'" in message
    assert "no .cls or .json of its name is next to it" in message

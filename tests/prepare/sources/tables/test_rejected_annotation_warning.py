"""Records that annotators refused are warned of, as no row is left out."""

import json
from pathlib import Path

import pytest

from headrace.prepare.sources.tables.listing.table_file_listing import list_table
from headrace.prepare.sources.tables.rejected_annotation_warning import warn_of_rejected_annotations
from tests.support.table_rows import text_source


@pytest.mark.parametrize(
    ("answers", "shown"),
    [
        (["accept", "reject", "ignore", "reject"], "holds 2 reject, 1 ignore among its first 1000 rows"),
        (["accept", "accept"], None),
        (["ignore", "42"], None),
        ([None], None),
    ],
)
def test_answers_of_annotators_are_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, answers: list[str | None], shown: str | None
) -> None:
    rows = [{"text": "a", "label": "x"} | ({"answer": answer} if answer else {}) for answer in answers]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = text_source(tmp_path, "json")
    listing = list_table(source)
    warn_of_rejected_annotations(source, listing.root, listing.files)
    assert shown in caplog.text if shown else not caplog.text

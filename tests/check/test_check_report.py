"""A report as a text table and as JSON."""

import json

from headrace.check import CheckRow, Report

GOOD = CheckRow(name="Java", found="17.0.15", needed="17 to 23", ok=True)
FREE = CheckRow(name="GPUs", found="none", needed="", ok=True)
BAD = CheckRow(name="Horovod", found="none", needed="0.28.1", ok=False, fix="compile it")


def test_report_table_shows_ok_and_fix_of_each_row() -> None:
    assert Report((GOOD, FREE, BAD)).table().splitlines() == [
        "✓ Java     17.0.15  needs 17 to 23",
        "✓ GPUs     none",
        "✗ Horovod  none     needs 0.28.1",
        "  → compile it",
    ]


def test_report_is_not_ok_with_one_bad_row() -> None:
    assert Report((GOOD, FREE)).ok
    assert not Report((GOOD, BAD)).ok


def test_report_json_has_every_row() -> None:
    report = Report((GOOD, BAD)).as_json()
    assert json.loads(json.dumps(report)) == report
    assert report == {
        "ok": False,
        "rows": [
            {"name": "Java", "found": "17.0.15", "needed": "17 to 23", "ok": True, "fix": ""},
            {"name": "Horovod", "found": "none", "needed": "0.28.1", "ok": False, "fix": "compile it"},
        ],
    }

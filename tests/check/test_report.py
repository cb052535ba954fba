"""A report is read by people as a table and by programs as JSON."""

import json

from headrace.check import Report, Row

GOOD = Row(name="Java", found="17.0.15", needed="17 to 23", ok=True)
FREE = Row(name="GPUs", found="none", needed="", ok=True)
BAD = Row(name="Horovod", found="none", needed="0.28.1", ok=False, fix="compile it")


def test_the_table_has_a_tick_or_a_cross_a_row_and_says_how_to_mend() -> None:
    assert Report((GOOD, FREE, BAD)).table().splitlines() == [
        "✓ Java     17.0.15  needs 17 to 23",
        "✓ GPUs     none",
        "✗ Horovod  none     needs 0.28.1",
        "  → compile it",
    ]


def test_one_bad_row_makes_the_report_bad() -> None:
    assert Report((GOOD, FREE)).ok
    assert not Report((GOOD, BAD)).ok


def test_json_has_every_row_with_all_it_says() -> None:
    answer = Report((GOOD, BAD)).as_json()
    assert json.loads(json.dumps(answer)) == answer
    assert answer == {
        "ok": False,
        "rows": [
            {"name": "Java", "found": "17.0.15", "needed": "17 to 23", "ok": True, "fix": ""},
            {"name": "Horovod", "found": "none", "needed": "0.28.1", "ok": False, "fix": "compile it"},
        ],
    }

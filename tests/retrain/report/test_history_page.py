"""The retraining page shows each cycle's data, model and reasons, fits a phone and is readable."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from headrace.registry.version_registration_and_lookup import ModelRecord
from headrace.retrain.journal import Cycle, Journal
from headrace.retrain.journal_records import Decision, Outcome, StepRecord
from headrace.retrain.report import history_page
from headrace.retrain.report.history_page import write_page
from tests.report.test_browser import BROWSER, channels, contrast, dump_document, luminance, probe_page
from tests.support.small_disk import read_only

pytestmark = [pytest.mark.tensorflow, pytest.mark.browser]

NAME = "clothes & <others>"


def add_cycle(journal: Journal, decision: Decision, reasons: tuple[str, ...], **outputs: dict[str, Any]) -> Cycle:
    """Add an ended cycle with the outputs of its steps."""
    cycle = journal.begin(f"data {len(journal.cycles())}", "settings", None, forced=False)
    cycle.write_record(cycle.record.model_copy(update={"created": "2026-03-01T03:00:00+00:00"}))
    for step, output in outputs.items():
        cycle.write_step(step, StepRecord(inputs={}, output=output, seconds=12.5, finished="2026-03-01T03:01:00+00:00"))
    cycle.end(Outcome(decision=decision, reasons=reasons))
    return cycle


def evaluation_output(challenger: float, champion: float | None) -> dict[str, Any]:
    """Return the output of the step `evaluate`."""
    output: dict[str, Any] = {"version": 0, "rows": 500, "challenger": {"metrics": {"accuracy": challenger}}}
    return output | ({"champion": {"metrics": {"accuracy": champion}}} if champion else {})


def drift_output(psi: float) -> dict[str, Any]:
    """Return the drift in the output of the step `validate`."""
    distance = {"statistic": "brightness", "psi": psi, "noise_threshold": 0.1, "rows": (600, 600), "drifted": psi > 0.2}
    return {
        "new": 600,
        "removed": 0,
        "distances": [distance | {"class_name": name} for name in ("coat", "every class")],
    }


def make_version(number: int, *aliases: str, **others: Any) -> ModelRecord:
    """Return the record of a registered version."""
    fields: dict[str, Any] = {
        "run_id": "r", "run": "run", "data_version": number - 1, "weights_sha256": f"{number}" * 64, "created": 0,
        "cycle": "c", "decision": "promoted", "reasons": "", "rollback_to": number - 1 or None, "source": "s",
    }  # fmt: skip
    return ModelRecord(version=number, aliases=aliases, **fields | others)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Return a journal of five cycles."""
    journal = Journal(tmp_path / "retraining")
    prepared = {"version": 0, "written": 1100, "rejected": 3}
    validated = {"champion": None, "changed_rows": 600, "reasons": ["no model yet"], "warnings": ["5 test rows"]}
    check = {"name": "accuracy against the champion's", "passed": False, "expected": "0 or more", "received": "-0.1"}
    add_cycle(
        journal, "promoted", ("version 1 is the first champion",),
        prepare=prepared, validate=validated, train={"bundle": "b"}, evaluate=evaluation_output(0.7, None),
        register={"version": 1}, gate={"checks": [check | {"passed": True}]},
    )  # fmt: skip
    add_cycle(
        journal, "refused by the gate", ("accuracy against the champion's: expected 0 or more, received -0.1",),
        prepare=prepared | {"version": 1}, validate=validated | {"champion": 1, "drift": drift_output(0.9)},
        train={"bundle": "b"}, evaluate=evaluation_output(0.6, 0.7), register={"version": 2}, gate={"checks": [check]},
    )  # fmt: skip
    add_cycle(journal, "data refused", ("300 of 900 records were rejected <script>alert(1)</script>",))
    add_cycle(
        journal,
        "not needed",
        ("2 training rows changed",),
        prepare=prepared,
        validate=validated | {"drift": drift_output(0.1)},
    )
    journal.begin("data 9", "settings", None, forced=False)
    return journal


@pytest.fixture
def page(journal: Journal) -> Path:
    """Write the page of the journal and two versions."""
    return write_page(journal, NAME, [make_version(2, "challenger"), make_version(1, "champion")])


def test_page_shows_decision_and_reasons_of_every_cycle(page: Path) -> None:
    text = page.read_text()
    decisions = re.findall(r'<h3>Cycle (\d) <span class="decision (\w+)">([^<]+)', text)
    assert decisions == [
        ("5", "quiet", "in progress"),
        ("4", "quiet", "not needed"),
        ("3", "wrong", "data refused"),
        ("2", "wrong", "refused by the gate"),
        ("1", "right", "promoted"),
    ]
    assert "300 of 900 records were rejected" in text
    assert "Drift in 2 of 2 distributions" in text
    assert "<p>5 test rows</p>" in text
    assert "1 check of the gate, 1 failed" in text
    assert "Version 1 is the champion, trained on data version 0" in text


def test_same_journal_gives_same_bytes(page: Path, journal: Journal) -> None:
    before = page.read_bytes()
    assert (
        write_page(journal, NAME, [make_version(2, "challenger"), make_version(1, "champion")]).read_bytes() == before
    )


def test_versions_have_the_reasons_of_their_decisions(journal: Journal) -> None:
    by_hand = make_version(2, "champion", decision="promoted by hand", reasons="requested by the user; first refused")
    text = write_page(journal, NAME, [by_hand, make_version(1)]).read_text()
    assert "promoted by hand<small>requested by the user; first refused</small>" in text
    assert ">promoted</td>" in text


def test_page_escapes_markup(page: Path) -> None:
    assert "<script" not in page.read_text()
    assert "clothes &amp; &lt;others&gt;" in page.read_text()


def test_empty_journal_has_a_page(tmp_path: Path) -> None:
    text = write_page(Journal(tmp_path / "retraining"), NAME, []).read_text()
    assert "No version has been promoted yet." in text
    assert "No cycle yet." in text


def test_page_that_cannot_be_written_does_not_hide_that_the_champion_has_changed(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(history_page, "open_registry", lambda _: SimpleNamespace(name=NAME))
    monkeypatch.setattr(history_page, "versions", lambda _: [])
    settings = SimpleNamespace(folder=str(journal.folder), gate=SimpleNamespace(metric=None))
    with read_only(journal.folder):
        history_page.refresh_page(cast(Any, SimpleNamespace(retrain=settings)))
    assert f"The page is not up to date. {journal.report}: Read-only file system" in caplog.text


@pytest.mark.skipif(BROWSER is None, reason="chromium is not installed")
def test_page_is_complete_and_readable_in_browser(page: Path) -> None:
    assert re.findall(r"<h2[^>]*>([^<]*)</h2>", dump_document(page)) == ["Lineage", "Cycles", "Versions"]
    assert probe_page(page, width=360)["overflow"] == 0
    # A window of a tablet, the narrowest with titles beside the content, and that of a laptop.
    for width in (800, 1024, 1280):
        assert probe_page(page, f"--window-size={width},900")["clipped"] == 0
    for scheme in (0, 1):
        found = probe_page(page, f"--blink-settings=preferredColorScheme={scheme}", "--window-size=1280,900")
        assert found["clipped"] == 0
        assert (luminance(channels(found["background"])[:3]) < 0.5) == (scheme == 0)
        assert min(contrast(color, grounds) for color, grounds in found["pairs"]) >= 4.5

"""Detection of new data, and the choice between a new cycle, an open one and none."""

from pathlib import Path
from typing import Any

import pytest

from headrace.config import Configuration
from headrace.errors import ConfigurationError, DataError
from headrace.prepare.sources import list_source
from headrace.retrain.cycle_selection import retrain_settings, select_cycle
from headrace.retrain.journal import Cycle, Journal
from headrace.retrain.journal_records import Decision, Outcome, StepRecord
from headrace.retrain.source_fingerprint import SourceState, detect

FIRST = SourceState("day 1", 10, "settings")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Return an empty journal."""
    return Journal(tmp_path / "retraining")


def start_cycle(journal: Journal, detected: SourceState = FIRST, name: str | None = None) -> Cycle:
    """Return the cycle selected for the detected data."""
    cycle = select_cycle(journal, detected, name, force=False)
    assert isinstance(cycle, Cycle), cycle
    return cycle


def end_cycle(journal: Journal, decision: Decision, detected: SourceState = FIRST) -> Cycle:
    """Start a cycle and end it with this decision."""
    cycle = start_cycle(journal, detected)
    cycle.end(Outcome(decision=decision, reasons=("because",)))
    return cycle


def complete_step(cycle: Cycle, step: str) -> None:
    """Write the record of a completed step."""
    cycle.write_step(step, StepRecord(inputs={}, output={"version": 0}, seconds=1.0, finished="now"))


def make_configuration(tmp_path: Path, **sections: Any) -> Configuration:
    """Return a configuration with a registry and retraining."""
    defaults = {
        "data": {"source": {"path": str(tmp_path / "raw")}, "table": str(tmp_path / "table")},
        "model": {"file": "models/cnn.py"},
        "train": {"run": "run"},
        "registry": {"folder": "registry", "model": "clothes"},
        "retrain": {"folder": str(tmp_path / "retraining")},
    }
    return Configuration.model_validate(defaults | sections)


@pytest.mark.parametrize("decision", ["promoted", "refused by the gate", "not needed"])
def test_ended_cycle_is_not_repeated_until_data_change(journal: Journal, decision: Decision) -> None:
    end_cycle(journal, decision)
    assert select_cycle(journal, FIRST, None, force=False) == f"No new data since cycle 1 ({decision})."
    assert start_cycle(journal, SourceState("day 2", 20, "settings")).number == 2


def test_refusal_is_repeated_with_the_two_ways_to_accept_the_challenger(journal: Journal) -> None:
    """Settings of the gate are no new data, so that they take effect with --force alone."""
    cycle = start_cycle(journal)
    cycle.write_step("register", StepRecord(inputs={}, output={"version": 4}, seconds=1.0, finished="now"))
    cycle.end(Outcome(decision="refused by the gate", reasons=("worse",), exit_code=5))
    message = select_cycle(journal, FIRST, None, force=False)
    assert isinstance(message, str)
    assert "--force trains and evaluates once more" in message
    assert "`headrace models promote CONF 4` makes version 4 the champion" in message


def test_changed_settings_start_cycle_only_with_force(journal: Journal) -> None:
    end_cycle(journal, "promoted")
    other = SourceState("day 1", 10, "other settings")
    message = select_cycle(journal, other, None, force=False)
    assert isinstance(message, str)
    assert "use --force to train with it" in message
    forced = select_cycle(journal, other, None, force=True)
    assert isinstance(forced, Cycle)
    assert forced.record.forced


def test_interrupted_cycle_is_resumed(journal: Journal) -> None:
    assert start_cycle(journal).number == start_cycle(journal).number == 1


@pytest.mark.parametrize("decision", ["data refused", "failed"])
def test_refused_or_failed_cycle_is_repeated(journal: Journal, decision: Decision) -> None:
    end_cycle(journal, decision)
    again = start_cycle(journal)
    assert again.number == 1
    assert again.outcome is None


def test_unprepared_cycle_is_abandoned_for_new_data(journal: Journal) -> None:
    refused = end_cycle(journal, "data refused")
    assert start_cycle(journal, SourceState("fixed", 10, "settings")).number == 2
    assert refused.outcome is not None
    assert refused.outcome.decision == "data refused"
    assert refused.outcome.reasons[0] == "because"
    assert not refused.is_open


def test_prepared_cycle_is_completed_before_new_data(journal: Journal) -> None:
    complete_step(start_cycle(journal), "prepare")
    assert start_cycle(journal, SourceState("day 2", 20, "settings")).number == 1


def test_cycle_with_other_settings_is_abandoned(journal: Journal) -> None:
    complete_step(start_cycle(journal), "prepare")
    assert start_cycle(journal, SourceState("day 1", 10, "other settings")).number == 2


def test_forced_cycle_abandons_the_open_one(journal: Journal) -> None:
    complete_step(start_cycle(journal), "prepare")
    forced = select_cycle(journal, FIRST, None, force=True)
    assert isinstance(forced, Cycle)
    assert forced.number == 2
    assert not journal.cycles()[0].is_open


def test_scheduler_name_refers_to_the_same_cycle(journal: Journal) -> None:
    cycle = start_cycle(journal, name="night 1")
    cycle.end(Outcome(decision="refused by the gate", reasons=("worse",), exit_code=5))
    newer = SourceState("day 2", 20, "settings")
    assert start_cycle(journal, newer, name="night 1").number == 1
    assert start_cycle(journal, newer, name="night 2").number == 2


def test_resumed_cycle_records_new_scheduler_name(journal: Journal) -> None:
    start_cycle(journal, name="night 1")
    assert start_cycle(journal, name="night 2").record.names == ("night 1", "night 2")


def test_folder_without_record_is_not_a_cycle(journal: Journal) -> None:
    (journal.folder / "cycles" / "000001").mkdir(parents=True)
    assert journal.cycles() == []
    assert start_cycle(journal).number == 1


def test_damaged_record_is_reported(journal: Journal) -> None:
    cycle = start_cycle(journal)
    (cycle.path / "cycle.json").write_text("{")
    with pytest.raises(DataError, match="restore it, or remove the cycle's folder"):
        select_cycle(journal, FIRST, None, force=False)


def test_database_always_starts_a_cycle(journal: Journal) -> None:
    unlisted = SourceState("", 0, "settings")
    end_cycle(journal, "promoted", unlisted)
    assert start_cycle(journal, unlisted).number == 2


def test_new_files_and_changed_preparation_are_detected(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "raw" / name).mkdir(parents=True)
        (tmp_path / "raw" / name / "1.png").write_bytes(b"1")
    first = detect(make_configuration(tmp_path))
    assert detect(make_configuration(tmp_path, prepare={"max_rejects": 0.5})).fingerprint == first.fingerprint
    assert detect(make_configuration(tmp_path, prepare={"image": {"mode": "L"}})).fingerprint != first.fingerprint
    assert detect(make_configuration(tmp_path, train={"run": "run", "epochs": 9})).configuration != first.configuration
    assert detect(make_configuration(tmp_path, spark={"slots": 3})).configuration == first.configuration
    (tmp_path / "raw" / "dog" / "2.png").write_bytes(b"2")
    assert detect(make_configuration(tmp_path)).fingerprint != first.fingerprint


def test_detection_leaves_warnings_to_the_preparation(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A cycle would show each of them twice, and a night without new data once more."""
    for name in ("cat/day 1", "cat/day 2", "dog/day 1", "dog/day 2"):
        (tmp_path / "raw" / name).mkdir(parents=True)
        (tmp_path / "raw" / name / "1.png").write_bytes(b"1")
    configuration = make_configuration(tmp_path)
    detect(configuration)
    assert "are in every class folder" not in caplog.text
    list_source(configuration.data.source)
    assert "'day 1', 'day 2' are in every class folder" in caplog.text


@pytest.mark.parametrize("section", ["retrain", "registry"])
def test_missing_section_is_reported(tmp_path: Path, section: str) -> None:
    with pytest.raises(ConfigurationError, match=f"no section `{section}`.*`headrace init --kind retrain` writes"):
        retrain_settings(make_configuration(tmp_path, **{section: None}))

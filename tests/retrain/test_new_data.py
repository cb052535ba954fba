"""Nothing happens unless it should: what is new, what is to be gone on with, and what is left."""

from pathlib import Path
from typing import Any

import pytest

from headrace.config import Configuration
from headrace.errors import ConfigurationError, DataError
from headrace.retrain.journal import Cycle, Journal
from headrace.retrain.new_data import Detected, cycle_for, detect, retrain_settings
from headrace.retrain.records import Decision, Outcome, StepRecord

FIRST = Detected("day 1", 10, "settings")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "retraining")


def begun(journal: Journal, detected: Detected = FIRST, name: str | None = None) -> Cycle:
    found = cycle_for(journal, detected, name, force=False)
    assert isinstance(found, Cycle), found
    return found


def ended(journal: Journal, decision: Decision, detected: Detected = FIRST) -> Cycle:
    cycle = begun(journal, detected)
    cycle.end(Outcome(decision=decision, reasons=("because",)))
    return cycle


def complete(cycle: Cycle, step: str) -> None:
    cycle.keep_step(step, StepRecord(inputs={}, output={"version": 0}, seconds=1.0, finished="now"))


def configured(tmp_path: Path, **sections: Any) -> Configuration:
    given = {
        "data": {"source": {"path": str(tmp_path / "raw")}, "table": str(tmp_path / "table")},
        "model": {"file": "models/cnn.py"},
        "train": {"run": "run"},
        "registry": {"folder": "registry", "model": "clothes"},
        "retrain": {"folder": str(tmp_path / "retraining")},
    }
    return Configuration.model_validate(given | sections)


@pytest.mark.parametrize("decision", ["promoted", "refused by the gate", "not needed"])
def test_after_a_decision_there_is_nothing_to_do_until_the_data_change(journal: Journal, decision: Decision) -> None:
    ended(journal, decision)
    assert cycle_for(journal, FIRST, None, force=False) == f"No new data since cycle 1 ({decision})."
    assert begun(journal, Detected("day 2", 20, "settings")).number == 2


def test_other_settings_are_told_and_trained_with_only_when_asked_for(journal: Journal) -> None:
    ended(journal, "promoted")
    other = Detected("day 1", 10, "other settings")
    told = cycle_for(journal, other, None, force=False)
    assert isinstance(told, str)
    assert "--force trains with it" in told
    forced = cycle_for(journal, other, None, force=True)
    assert isinstance(forced, Cycle)
    assert forced.record.forced


def test_a_cycle_that_was_cut_off_is_gone_on_with(journal: Journal) -> None:
    assert begun(journal).number == begun(journal).number == 1


@pytest.mark.parametrize("decision", ["data refused", "failed"])
def test_what_was_refused_or_failed_is_tried_again(journal: Journal, decision: Decision) -> None:
    ended(journal, decision)
    again = begun(journal)
    assert again.number == 1
    assert again.outcome is None


def test_a_cycle_without_prepared_data_is_left_for_newer_ones_and_keeps_its_reasons(journal: Journal) -> None:
    refused = ended(journal, "data refused")
    assert begun(journal, Detected("mended", 10, "settings")).number == 2
    assert refused.outcome is not None
    assert refused.outcome.decision == "data refused"
    assert refused.outcome.reasons[0] == "because"
    assert not refused.is_open


def test_a_cycle_with_prepared_data_is_completed_before_newer_ones(journal: Journal) -> None:
    complete(begun(journal), "prepare")
    assert begun(journal, Detected("day 2", 20, "settings")).number == 1


def test_a_cycle_that_was_begun_with_other_settings_is_left(journal: Journal) -> None:
    complete(begun(journal), "prepare")
    assert begun(journal, Detected("day 1", 10, "other settings")).number == 2


def test_a_new_cycle_that_is_asked_for_leaves_the_open_one(journal: Journal) -> None:
    complete(begun(journal), "prepare")
    forced = cycle_for(journal, FIRST, None, force=True)
    assert isinstance(forced, Cycle)
    assert forced.number == 2
    assert not journal.cycles()[0].is_open


def test_a_schedulers_name_stands_for_the_same_cycle_also_when_it_has_ended(journal: Journal) -> None:
    cycle = begun(journal, name="night 1")
    cycle.end(Outcome(decision="refused by the gate", reasons=("worse",), exit_code=5))
    newer = Detected("day 2", 20, "settings")
    assert begun(journal, newer, name="night 1").number == 1
    assert begun(journal, newer, name="night 2").number == 2


def test_an_open_cycle_takes_the_name_of_the_scheduler_that_goes_on_with_it(journal: Journal) -> None:
    begun(journal, name="night 1")
    assert begun(journal, name="night 2").record.names == ("night 1", "night 2")


def test_a_folder_of_a_process_that_died_before_the_cycle_began_is_not_a_cycle(journal: Journal) -> None:
    (journal.folder / "cycles" / "000001").mkdir(parents=True)
    assert journal.cycles() == []
    assert begun(journal).number == 1


def test_a_damaged_record_is_a_sentence(journal: Journal) -> None:
    cycle = begun(journal)
    (cycle.path / "cycle.json").write_text("{")
    with pytest.raises(DataError, match="restore it, or remove the cycle's folder"):
        cycle_for(journal, FIRST, None, force=False)


def test_a_database_always_may_have_something_new(journal: Journal) -> None:
    unlisted = Detected("", 0, "settings")
    ended(journal, "promoted", unlisted)
    assert begun(journal, unlisted).number == 2


def test_new_files_and_other_ways_to_prepare_them_are_detected_and_bounds_are_not(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "raw" / name).mkdir(parents=True)
        (tmp_path / "raw" / name / "1.png").write_bytes(b"1")
    first = detect(configured(tmp_path))
    assert detect(configured(tmp_path, prepare={"max_rejects": 0.5})).fingerprint == first.fingerprint
    assert detect(configured(tmp_path, prepare={"image": {"mode": "L"}})).fingerprint != first.fingerprint
    assert detect(configured(tmp_path, train={"run": "run", "epochs": 9})).configuration != first.configuration
    assert detect(configured(tmp_path, spark={"slots": 3})).configuration == first.configuration
    (tmp_path / "raw" / "dog" / "2.png").write_bytes(b"2")
    assert detect(configured(tmp_path)).fingerprint != first.fingerprint


@pytest.mark.parametrize("section", ["retrain", "registry"])
def test_a_configuration_without_its_section_is_a_sentence(tmp_path: Path, section: str) -> None:
    with pytest.raises(ConfigurationError, match=f"no section `{section}`"):
        retrain_settings(configured(tmp_path, **{section: None}))

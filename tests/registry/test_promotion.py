"""The champion is one whole version, before and after, and wherever a promotion is killed; rollback gives its bytes."""

import hashlib
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from headrace import bundle
from headrace.errors import ConfigurationError, DataError
from headrace.registry import promotion
from headrace.registry.bundle_store import champion_link, linked_bundle, stored_bundle
from headrace.registry.promotion import ChampionChangedError, finish_promotion, promote, rollback
from headrace.registry.store import Registry
from headrace.registry.versions import champion, version_named, versions
from tests.registry.dying import killed_before
from tests.support.runs import Runs

Enter = Callable[[int], int]
NAMED = [step.__name__ for step in promotion.STEPS].index("_name_champion")


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


def the_champion(registry: Registry) -> int | None:
    found = champion(registry)
    return found.version if found else None


def make_champion(registry: Registry, version: int) -> None:
    promote(registry, str(version), "promoted", "it is better")


def test_the_promoted_version_serves_with_the_bytes_of_its_run(registry: Registry, runs: Runs, enter: Enter) -> None:
    assert champion(registry) is None
    make_champion(registry, enter(1))
    assert the_champion(registry) == linked_bundle(registry) == 1
    assert hashes(champion_link(registry)) == hashes(runs[1] / "bundle")
    assert bundle.load(champion_link(registry).resolve()).origin.weights_sha256 == f"{1:064x}"
    assert version_named(registry, "champion").decision == "promoted"


def test_the_challenger_is_the_last_one_entered_until_it_is_promoted(registry: Registry, enter: Enter) -> None:
    make_champion(registry, enter(1))
    enter(2)
    assert [(record.version, record.aliases) for record in versions(registry)] == [
        (2, ("challenger",)),
        (1, ("champion",)),
    ]
    make_champion(registry, 2)
    assert [(record.version, record.aliases) for record in versions(registry)] == [(2, ("champion",)), (1, ())]


def test_a_run_makes_one_version_however_often_it_is_entered(registry: Registry, enter: Enter) -> None:
    assert enter(1) == enter(1) == 1
    assert len(versions(registry)) == 1


def test_rollback_restores_the_exact_bytes_and_goes_further_back_each_time(
    registry: Registry, runs: Runs, enter: Enter
) -> None:
    for number in (1, 2, 3):
        make_champion(registry, enter(number))
    for number in (2, 1):
        assert rollback(registry).version == number == the_champion(registry)
        assert hashes(champion_link(registry)) == hashes(runs[number] / "bundle")
    assert version_named(registry, "3").decision == "rolled back"
    with pytest.raises(ConfigurationError, match="nothing to roll back to"):
        rollback(registry)


def test_bytes_that_were_changed_or_lost_here_come_from_the_registry(
    registry: Registry, runs: Runs, enter: Enter
) -> None:
    make_champion(registry, enter(1))
    make_champion(registry, enter(2))
    here = stored_bundle(registry, version_named(registry, "1"))
    (here / "model.weights.h5").write_bytes(b"changed")
    assert hashes(rollback(registry) and champion_link(registry)) == hashes(runs[1] / "bundle")
    shutil.rmtree(registry.folder / "bundles")
    make_champion(registry, 2)
    assert hashes(champion_link(registry)) == hashes(runs[2] / "bundle")


def test_a_bundle_that_the_registry_has_lost_is_a_sentence_and_changes_nothing(
    registry: Registry, enter: Enter
) -> None:
    make_champion(registry, enter(1))
    enter(2)
    run_id = version_named(registry, "2").run_id
    shutil.rmtree(registry.folder / "artifacts" / run_id / "artifacts" / "bundle")
    with pytest.raises(DataError, match="restore the registry's artifacts"):
        make_champion(registry, 2)
    assert the_champion(registry) == linked_bundle(registry) == 1


@pytest.mark.parametrize("step", range(len(promotion.STEPS)))
def test_killed_before_any_step_the_champion_is_the_old_or_the_new_one_whole(
    registry: Registry, runs: Runs, enter: Enter, step: int
) -> None:
    make_champion(registry, enter(1))
    enter(2)
    assert killed_before(step, registry, "promote", "2") == -signal.SIGKILL
    # What serves meanwhile is whole, and what is named is what was decided.
    assert hashes(champion_link(registry)) == hashes(runs[1] / "bundle")
    assert the_champion(registry) == (2 if step > NAMED else 1)
    # The next command finds it whole, and the same command again finishes it.
    finish_promotion(registry)
    assert linked_bundle(registry) == the_champion(registry)
    make_champion(registry, 2)
    assert the_champion(registry) == linked_bundle(registry) == 2
    assert hashes(champion_link(registry)) == hashes(runs[2] / "bundle")
    assert [record.aliases for record in versions(registry)] == [("champion",), ()]
    assert rollback(registry).version == 1


@pytest.mark.parametrize("step", [NAMED, NAMED + 1, len(promotion.STEPS) - 1])
def test_a_rollback_that_was_killed_and_is_asked_for_again_goes_back_once(
    registry: Registry, enter: Enter, step: int
) -> None:
    for number in (1, 2, 3):
        make_champion(registry, enter(number))
    assert killed_before(step, registry, "rollback") == -signal.SIGKILL
    assert rollback(registry).version == 2
    assert the_champion(registry) == linked_bundle(registry) == 2


def test_a_decision_against_a_champion_that_is_none_any_more_does_not_count(registry: Registry, enter: Enter) -> None:
    make_champion(registry, enter(1))
    make_champion(registry, enter(2))
    enter(3)
    with pytest.raises(ChampionChangedError, match="is version 2 by now"):
        promote(registry, "3", "promoted", "it is better than 1", instead_of=1)
    assert the_champion(registry) == 2


def test_an_unknown_version_is_a_sentence_that_lists_those_there_are(registry: Registry, enter: Enter) -> None:
    enter(1)
    with pytest.raises(ConfigurationError, match="no version or alias '7'; its versions: 1"):
        make_champion(registry, 7)

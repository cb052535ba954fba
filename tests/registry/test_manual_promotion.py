"""Promotions by hand and rollbacks warn of what clients of the served model must know."""

from collections.abc import Callable
from pathlib import Path

import pytest

from headrace.registry.champion_link import champion_link
from headrace.registry.manual_promotion import promote_by_hand, roll_back
from headrace.registry.registry_connection import RegistryConnection
from headrace.registry.tracking.training_run_tracking import track
from headrace.registry.version_registration_and_lookup import register
from tests.registry.finished_run import write_run
from tests.support.commands import headrace_within
from tests.support.small_table import CLASSES

pytestmark = pytest.mark.tensorflow


def test_promotion_by_hand_and_rollback_name_changed_classes(
    registry: RegistryConnection, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Clients that read class indices would be silently wrong."""
    for number, classes in enumerate((CLASSES, CLASSES[::-1]), 1):
        run = write_run(tmp_path / str(number) / "run", seed=number, classes=classes)
        register(registry, track(registry, run), run / "bundle", f"cycle {number}")
    assert promote_by_hand(registry, "1")["changes"] == []
    assert promote_by_hand(registry, "1")["changes"] == []
    result = promote_by_hand(registry, "2")
    assert (result["replaced"], result["rollback_to"]) == (1, 1)
    promoted = result["changes"]
    assert promoted == [
        "The outputs are the same 3 classes in another order: coat, bag, boot before, boot, bag, coat now."
    ]
    assert f"Version 2 of clothes differs from the last champion. {promoted[0]}" in caplog.messages
    back = roll_back(registry)
    assert "boot, bag, coat before" in back["changes"][0]
    assert (back["champion"], back["replaced"], back["rollback_to"]) == (1, 2, None)


def test_promotion_says_that_a_damaged_champion_cannot_be_compared(
    registry: RegistryConnection, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An empty list of changes would claim that clients need to know nothing."""
    for number, classes in enumerate((CLASSES, CLASSES[::-1]), 1):
        run = write_run(tmp_path / str(number) / "run", seed=number, classes=classes)
        register(registry, track(registry, run), run / "bundle", f"cycle {number}")
    promote_by_hand(registry, "1")
    (champion_link(registry) / "contract.json").write_text("damaged")
    assert promote_by_hand(registry, "2")["changes"] == []
    assert "whether version 2 differs from it is not known" in caplog.text


def test_commands_say_what_they_changed_beside_their_json(
    registry: RegistryConnection, register_run: Callable[[int], int], tmp_path: Path
) -> None:
    for number in (1, 2):
        register_run(number)
    (tmp_path / "c.yaml").write_text(
        "data: {source: {path: raw}, table: table}\nmodel: {file: m.py}\ntrain: {run: run}\n"
        "registry: {folder: registry, model: clothes}\n"
    )
    first, second, back, repaired = (
        headrace_within("models", *words, cwd=tmp_path)
        for words in (
            ("promote", "c.yaml", "1"),
            ("promote", "c.yaml", "2"),
            ("rollback", "c.yaml"),
            ("repair", "c.yaml"),
        )
    )
    assert first.json["champion"] == back.json["champion"] == repaired.json["champion"] == 1
    assert "champion of clothes: version 1\n" in first.stderr
    assert "champion of clothes: version 2, which replaces version 1\n" in second.stderr
    assert "`headrace models rollback c.yaml` makes version 1 the champion again" in second.stderr
    assert "champion of clothes: version 1, which replaces version 2\n" in back.stderr
    assert "the registry knows every version\nchampion: version 1" in repaired.stderr

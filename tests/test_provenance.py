"""The command that a run keeps can be given to a shell again."""

import sys

import pytest

from headrace.provenance import command_line


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (["/opt/venv/bin/headrace", "train", "my conf.yaml"], "headrace train 'my conf.yaml'"),
        (["/opt/headrace/headrace/__main__.py", "tune", "c.yaml"], "headrace tune c.yaml"),
        (["jobs/train.py", "c.yaml", "train.seed=2"], "jobs/train.py c.yaml train.seed=2"),
        (["/opt/headrace/jobs/train.py", "c.yaml"], "/opt/headrace/jobs/train.py c.yaml"),
    ],
)
def test_the_program_goes_by_its_name_and_a_job_by_its_path(
    words: list[str], kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", words)
    assert command_line() == kept

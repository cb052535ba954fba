"""The recorded command line can be run in a shell again."""

import sys

import pytest

from headrace.processes.own_command_line_and_utc_now import command_line


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["/opt/venv/bin/headrace", "train", "my conf.yaml"], "headrace train 'my conf.yaml'"),
        (["/opt/headrace/headrace/__main__.py", "tune", "c.yaml"], "headrace tune c.yaml"),
        (["jobs/train.py", "c.yaml", "train.seed=2"], "jobs/train.py c.yaml train.seed=2"),
        (["/opt/headrace/jobs/train.py", "c.yaml"], "/opt/headrace/jobs/train.py c.yaml"),
    ],
)
def test_command_line_has_name_of_headrace_and_path_of_job(
    arguments: list[str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", arguments)
    assert command_line() == expected

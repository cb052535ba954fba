"""Which code trained a model."""

import subprocess
from pathlib import Path

from headrace import __version__


def code_version(folder: Path = Path()) -> str:
    """The release of Headrace, and where `folder` is in a git checkout its commit, `-dirty` if it has changes."""
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return f"headrace {__version__}"
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return f"headrace {__version__}, git {commit}{'-dirty' if changed else ''}"


def _git(folder: Path, *words: str) -> str | None:
    """What git says; None where there is no git or no checkout."""
    try:
        done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None

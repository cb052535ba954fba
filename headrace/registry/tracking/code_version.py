"""The version of the code that trained a model."""

import subprocess
from pathlib import Path

from headrace import __version__


def code_version(folder: Path = Path()) -> str:
    """Return Headrace's release and, if `folder` is in a git checkout, its commit, with `-dirty` if it has changes."""
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return f"headrace {__version__}"
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return f"headrace {__version__}, git {commit}{'-dirty' if changed else ''}"


def _git(folder: Path, *arguments: str) -> str | None:
    """Return the output of a git command; None without git or outside of a checkout."""
    try:
        result = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return result.stdout.strip() if result.returncode == 0 else None

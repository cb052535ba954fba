"""The commands that made a run, and the ones that would fill what is missing."""

import re
import shlex
from pathlib import Path

from headrace.config.secret_names import is_hidden

WITHHELD = "(withheld)"


def is_withheld(key: str, value: object) -> bool:
    """Whether the value of `key` must not be shown; a section, such as prepare.text.tokens, may."""
    return isinstance(value, str) and is_hidden(key)


def configuration_file(training: str) -> str | None:
    """The file that the `training` command names."""
    _, words = _split(training)
    return next((word for word in words if not _is_override(word) and not word.startswith("-")), None)


def to_prepare(training: str) -> str:
    """Prepares the data of the `training` command, with those of its overrides that concern them."""
    program, words = _split(training)
    kept = [word for word in words if _is_override(word) and word.startswith(("data.", "prepare."))]
    return shlex.join([*program, configuration_file(training) or "CONF", *kept])


def to_evaluate(bundle: Path, table: str, version: int) -> str:
    """Evaluates the bundle on the test split of the version it was trained on."""
    return shlex.join(["headrace", "evaluate", str(bundle), "--table", table, "--version", str(version)])


def to_report(run: Path) -> str:
    """Writes the page anew."""
    return shlex.join(["headrace", "report", str(run)])


def without_secrets(line: str) -> str:
    """`line` with the values of overrides that name a secret left out."""
    words = _words(line)
    masked = [_masked(word) for word in words]
    return line if masked == words else shlex.join(masked)


def _split(training: str) -> tuple[list[str], list[str]]:
    """The words that prepare as the command trained, by verb or by job, and what follows them."""
    words = _words(training)
    for index, word in enumerate(words):
        if word == "train" or Path(word).name == "train.py":
            return [*words[:index], re.sub(r"train(?=$|\.py$)", "prepare", word)], words[index + 1 :]
    return ["headrace", "prepare"], []


def _masked(word: str) -> str:
    key, _, _ = word.partition("=")
    return f"{key}={WITHHELD}" if _is_override(word) and is_hidden(key) else word


def _is_override(word: str) -> bool:
    return re.match(r"[\w.]+=", word) is not None


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()

"""Normalise the name of a class, and recognise what stands for a missing one."""

import unicodedata

from headrace.prepare.text.invisible_characters import INVISIBLE

# Texts that pandas, databases and Hive write for a missing value.
MISSING = frozenset(("nan", "null", "<na>", "\\n"))


def normalize_name(text: str) -> str:
    """Return a name of a class in Unicode NFC, without invisible characters and without white space around it."""
    return unicodedata.normalize("NFC", text.translate(INVISIBLE)).strip()


def normalize_label(text: str | None) -> str | None:
    """Return the label in a cell as `normalize_name` has it; None if it stands for a missing value.

    An empty label stays empty: for a multi_label record it means that the record has no class.
    """
    name = None if text is None else normalize_name(text)
    return None if name is None or name.lower() in MISSING else name

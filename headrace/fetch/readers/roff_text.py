"""Extraction of running text from the roff source of a manual page.

Requests, macros, literal blocks and escapes, as described in groff(7), are removed.
"""

import re

# Changes of font and size, and escapes without width.
INVISIBLE = re.compile(r"\\f(?:\[[^]]*\]|\(..|.)|\\s[-+]?\d|\\[&,/|^:%]")
SPECIAL = re.compile(r"\\\((..)|\\\[([^]]*)\]")
CHARACTERS = {"aq": "'", "dq": '"', "lq": "“", "rq": "”", "oq": "‘", "cq": "’", "en": "–", "em": "—"}
LITERAL, RUNNING = ("nf", "EX"), ("fi", "EE")


def running_text(page: str) -> list[str]:
    """Return the lines that are neither requests nor in a literal block, without escapes."""
    lines, is_literal = [], False
    for line in page.splitlines():
        if line.startswith((".", "'")):
            request = line[1:].strip()[:2]
            is_literal = request in LITERAL or (is_literal and request not in RUNNING)
        elif not is_literal:
            lines.append(_without_escapes(line))
    return lines


def _without_escapes(line: str) -> str:
    line = INVISIBLE.sub("", line).replace("\\-", "-").replace("\\e", "\\").replace("\\ ", " ").replace("\\~", " ")
    line = SPECIAL.sub(lambda match: CHARACTERS.get(match[1] or match[2], " "), line)
    return " ".join(line.split())

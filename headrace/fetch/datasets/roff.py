"""The source of a manual page -> its lines of running text.

Requests, macros, literal blocks and escapes are left out, as groff(7) has them.
"""

import re

# Fonts, sizes, and what has no width.
UNSEEN = re.compile(r"\\f(?:\[[^]]*\]|\(..|.)|\\s[-+]?\d|\\[&,/|^:%]")
SPECIAL = re.compile(r"\\\((..)|\\\[([^]]*)\]")
CHARACTERS = {"aq": "'", "dq": '"', "lq": "“", "rq": "”", "oq": "‘", "cq": "’", "en": "–", "em": "—"}
LITERAL, RUNNING = ("nf", "EX"), ("fi", "EE")


def running_text(page: str) -> list[str]:
    """Every line that is neither a request nor in a literal block, without escapes."""
    lines, is_literal = [], False
    for line in page.splitlines():
        if line.startswith((".", "'")):
            request = line[1:].strip()[:2]
            is_literal = request in LITERAL or (is_literal and request not in RUNNING)
        elif not is_literal:
            lines.append(_without_escapes(line))
    return lines


def _without_escapes(line: str) -> str:
    line = UNSEEN.sub("", line).replace("\\-", "-").replace("\\e", "\\").replace("\\ ", " ").replace("\\~", " ")
    line = SPECIAL.sub(lambda found: CHARACTERS.get(found[1] or found[2], " "), line)
    return " ".join(line.split())

"""Removal of HTML from texts: tags, comments, scripts and styles, and the decoding of entities.

A tag has the name of an element of HTML, and attributes as HTML has them: `<b>`, `<b class=x>`, `<input checked>`. What
is between `<` and `>` otherwise stays, such as `b and c` in `a<b and c>d`.
"""

import html
import re
from html.entities import html5

ELEMENTS = (
    "a abbr address area article aside audio b base bdi bdo big blockquote body br button canvas caption center cite "
    "code col colgroup data datalist dd del details dfn dialog div dl dt em embed fieldset figcaption figure font "
    "footer form frame frameset h[1-6] head header hr html i iframe img input ins kbd label legend li link main map "
    "mark menu meta meter nav noscript object ol optgroup option output p param picture pre progress q rp rt ruby s "
    "samp script section select small source span strike strong style sub summary sup svg table tbody td template "
    "textarea tfoot th thead time title tr track tt u ul var video wbr"
)
# Attributes that have no value.
FLAGS = (
    "allowfullscreen async autofocus autoplay checked compact controls default defer disabled download formnovalidate "
    r"hidden inert ismap itemscope loop multiple muted nohref nomodule noshade novalidate nowrap open playsinline "
    r"readonly required reversed scoped seamless selected data-[\w-]+"
)
NAMES, FLAG, NAME = "|".join(ELEMENTS.split()), "|".join(FLAGS.split()), r"[\w:@.*-]++"
# Flags alone; or flags and `name=value`; or any names before `name="value"`, whose quotes no sentence has.
ATTRIBUTES = (
    rf"(?:\s++(?:(?:(?:{FLAG})\s++)*(?:{NAME}=[^<>]*|(?:{FLAG})\s*)|(?:{NAME}\s++)*{NAME}\s*=\s*[\"'][^<>]*))?\s*/?\s*"
)
# A pattern that starts again inside text it has just scanned without a match takes quadratic time. So an opening tag
# ends before the next "<".
HIDDEN = re.compile(
    rf"<(script|style){ATTRIBUTES}>.*?(?P<end></\1\s*>|\Z)|<!--.*?(?P<close>-->|\Z)|<!(?:doctype|entity)\b[^<>]*>",
    re.DOTALL | re.IGNORECASE,
)
TAG = re.compile(rf"<(?:/(?:{NAMES})\s*|(?:{NAMES}){ATTRIBUTES})>", re.IGNORECASE)
# What stays although it begins like a tag.
LIKE_TAG = re.compile(rf"</?(?:{NAMES})\s[^<>]*>", re.IGNORECASE)
# Elements that need an end tag, and whose names formulas use, too.
LETTER = re.compile(r"<([abiqsu])>", re.IGNORECASE)
ENTITY = re.compile(r"&(?:#(?:\d{1,8}|[xX][0-9a-fA-F]{1,8});?|([A-Za-z][A-Za-z0-9]*+)(?:;|(?![A-Za-z0-9=])))")


def remove_html(text: str, doubtful: list[str] | None = None) -> str:
    """Return `text` with a space in place of each tag, comment, script and style, and with entities decoded.

    Args:
        doubtful: receives the first thing that stayed or was removed, and may have been meant otherwise.
    """
    if "<" in text:
        kept = TAG.sub(" ", HIDDEN.sub(" ", text))
        if doubtful is not None and (found := _find_doubtful(text, kept)) is not None:
            doubtful.append(found)
        text = kept
    return ENTITY.sub(_decode, text) if "&" in text else text


def _find_doubtful(text: str, kept: str) -> str | None:
    """Return the first text that was kept but may be a tag, or was removed but may not be one; None without such."""
    like_tag = LIKE_TAG.search(kept) if "<" in kept else None
    if like_tag is not None:
        return like_tag[0]
    for found in HIDDEN.finditer(text):
        if "" in (found["end"], found["close"]):
            return found[0]
    lower = text.lower()
    letters = dict.fromkeys(found[1] for found in LETTER.finditer(lower))
    letter = next((one for one in letters if f"</{one}" not in lower), None)
    return None if letter is None else f"<{letter}>"


def _decode(found: re.Match[str]) -> str:
    """Return the character of an entity; names without a semicolon are those that HTML knows so, as whole words.

    `html.unescape` alone would decode the beginning of a word, and so turn `?x=1&region=eu` into `?x=1®ion=eu`.
    """
    name = found[1]
    is_known = name is None or found[0][1:] in html5
    return html.unescape(found[0]) if is_known else found[0]

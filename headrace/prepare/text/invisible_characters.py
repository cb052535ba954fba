"""Remove invisible characters, so that words that look equal are equal.

Characters that a script needs are kept: Persian and the languages of India are not readable without joiners.
"""

import re

# Soft hyphen, spaces of no width, marks of direction and the like.
INVISIBLE = dict.fromkeys(
    (0xAD, 0x61C, 0x200B, 0x200E, 0x200F, 0xFEFF, *range(0x202A, 0x202F), *range(0x2060, 0x2070)), ""
)
# The same in texts, and the combining grapheme joiner and variation selectors: the heart that people type is the sign
# U+2764 with U+FE0F on a phone and without it elsewhere.
INVISIBLE_IN_TEXTS = INVISIBLE | dict.fromkeys((0x34F, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)), "")
# Between words of Thai, Lao, Burmese and Khmer, which are written without spaces, it is the only sign of a border.
WORD_BORDER = re.compile(r"(?<=[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff])\u200b+")
# Scripts that are written with joiners lie in these blocks, from Arabic to Vedic. Elsewhere joiners are invisible, or
# build one picture of several emoji, which without them are still one run of signs and so one token.
JOINED = r"\u0600-\u1cff\ua800-\uabff\U00010a00-\U00011fff"
USELESS_JOINERS = re.compile(rf"(?<![{JOINED}])[\u200c\u200d]+|[\u200c\u200d]+(?![{JOINED}\u200c\u200d])")
# Most texts have none of them. Written as ranges, as `re` compares with 240 single characters one by one.
ANY = re.compile(r"[\xad\u034f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]")


def drop_invisible(text: str) -> str:
    """Return a text without invisible characters that no script needs."""
    if text.isascii() or ANY.search(text) is None:
        return text
    text = WORD_BORDER.sub(" ", text).translate(INVISIBLE_IN_TEXTS)
    return USELESS_JOINERS.sub("", text)

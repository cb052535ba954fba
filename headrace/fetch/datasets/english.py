"""Which lines of translated pages are still English: common words give some away, and those teach the others' words.

A line with two English words that none of the eight languages has, or with three of a longer list, is English. Of all
other words it is counted how often they stand in such lines and how often in the rest, whatever language they are
filed under; what these counts make more likely English than not is English too (naive Bayes, two rounds). Labels play
no part in it, and splits none.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable

# Two of the first, which none of the eight languages has, or three of both are taken for English.
ENGLISH = frozenset(
    (
        "the",
        "and",
        "this",
        "that",
        "which",
        "with",
        "from",
        "not",
        "should",
        "would",
        "when",
        "you",
        "your",
        "can",
        "may",
    )
)
ALSO_ENGLISH = ENGLISH | frozenset(
    ("is", "of", "to", "be", "are", "for", "or", "by", "if", "as", "an", "it", "at", "has", "have")
)
ROUNDS = 2
# As so many occurrences more of each word.
PRIOR = 2.0


def english_lines(lines: Collection[str]) -> set[str]:
    """Those of `lines` that are English."""
    words = {line: split_words(line) for line in lines}
    found = {line for line, own in words.items() if _has_common_words(own)}
    for _ in range(ROUNDS):
        found |= _likely(words, found)
    return found


def split_words(line: str) -> list[str]:
    """In small letters, without what stands between them."""
    return [word for word in re.findall(r"[^\W\d_]+", line.lower()) if len(word) > 1]


def _has_common_words(words: Iterable[str]) -> bool:
    found = set(words)
    return len(found & ENGLISH) >= 2 or len(found & ALSO_ENGLISH) >= 3


def _likely(words: dict[str, list[str]], english: set[str]) -> set[str]:
    """The lines whose words are more likely in `english` ones than in the others."""
    inside, outside = Counter[str](), Counter[str]()
    for line, own in words.items():
        (inside if line in english else outside).update(own)
    if not inside or not outside:
        return set()
    share = inside.total() / (inside.total() + outside.total())

    def weight(word: str) -> float:
        # Rare words are drawn towards the share of English in all, so that they say little.
        english, other = (inside[word] + PRIOR * share) / share, (outside[word] + PRIOR * (1 - share)) / (1 - share)
        return math.log(english / other)

    weights = {word: weight(word) for word in inside | outside}
    return {line for line, own in words.items() if sum(weights[word] for word in own) > 0}

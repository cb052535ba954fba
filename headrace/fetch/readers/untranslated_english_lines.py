"""Detection of untranslated English lines in translated pages, by common words and naive Bayes.

A line with two English words that none of the eight languages has, or with three words of a longer list, is English.
The words of these lines and of all other lines are counted, regardless of their language; a line that the counts make
more likely English than not is English too (naive Bayes, two rounds). Neither labels nor splits are used.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable

# Words that none of the eight languages has. Two of these, or three of both lists, make a line English.
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
# Pseudo-count that is added to the occurrences of each word.
PRIOR = 2.0


def english_lines(lines: Collection[str]) -> set[str]:
    """Return the English lines among `lines`."""
    words = {line: split_words(line) for line in lines}
    english = {line for line, own_words in words.items() if _has_common_words(own_words)}
    for _ in range(ROUNDS):
        english |= _likely_english(words, english)
    return english


def split_words(line: str) -> list[str]:
    """Return the lower-case words of two letters or more, without punctuation and digits."""
    return [word for word in re.findall(r"[^\W\d_]+", line.lower()) if len(word) > 1]


def _has_common_words(words: Iterable[str]) -> bool:
    distinct = set(words)
    return len(distinct & ENGLISH) >= 2 or len(distinct & ALSO_ENGLISH) >= 3


def _likely_english(words: dict[str, list[str]], english: set[str]) -> set[str]:
    """Return the lines whose words are more likely in lines of `english` than in the others."""
    inside, outside = Counter[str](), Counter[str]()
    for line, own_words in words.items():
        (inside if line in english else outside).update(own_words)
    if not inside or not outside:
        return set()
    share = inside.total() / (inside.total() + outside.total())

    def weight(word: str) -> float:
        # The pseudo-count pulls rare words towards the overall share of English, so that they have little weight.
        english, other = (inside[word] + PRIOR * share) / share, (outside[word] + PRIOR * (1 - share)) / (1 - share)
        return math.log(english / other)

    weights = {word: weight(word) for word in inside | outside}
    return {line for line, own_words in words.items() if sum(weights[word] for word in own_words) > 0}

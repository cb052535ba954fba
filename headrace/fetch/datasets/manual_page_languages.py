"""Lines of manual pages in eight languages, from Debian packages; the class of a line is its language.

All splits exclude lines of fewer than five words, lines that occur in several languages, and untranslated English lines
(headrace/fetch/readers/untranslated_english_lines.py). All lines of one page are in the same split.
"""

import gzip
import hashlib
import re
from collections import Counter
from collections.abc import Sequence

from headrace.fetch import debian_packages
from headrace.fetch.dataset_base import assign_split
from headrace.fetch.dataset_formats.dataset_written_as_json_lines import Record, RecordDataset, take_evenly
from headrace.fetch.readers.roff_text import running_text
from headrace.fetch.readers.untranslated_english_lines import english_lines
from headrace.fetch.verified_download import download

VERSION = "4.18.1-1"
# Prefixes of the versions of packages whose numbering in Debian began again.
EPOCHS = {"pl": "1:"}
# Digests of the Debian 12 packages manpages-LANGUAGE.
DIGESTS = {
    "de": "37d2e7ee51f22952aecec3af93647ff59194a3c74bb7a694560f49c7f7ab3978",
    "es": "d21e9f85e487f149ae45b5c525b2b1a70ae7fd38d4b05b47c8753042c66f4c2b",
    "fr": "ec29759cc0e4a44dc7719c1e32869d0060667049e584f09556f0d982b969ea33",
    "it": "4b18e87cc1b6a930d40949ddc86fb8e84b50da1a862cd17e2a504eeb8e3b4e48",
    "nl": "c1ac0e9fb2ff88a8d7f796042ce7d876fa8918e5d3367521c7f09dd885eb3b2d",
    "pl": "31e518ea8331b5204d4fd0032037f96af1ba94a5afa4f0585dca1996b270cdf9",
    "pt-br": "da971a7bc0107f7b74b4ae592d1d7cc6424fa7e77cc1808f5c110a07edaf3890",
    "ro": "1d1d32dbc090850c1e796fd51156ae3852e1cc46a22d712493800182817f6024",
}
MAX_LINES = {"train": 3200, "val": 400, "test": 400}
MIN_WORDS, MIN_LETTERS = 5, 25
# Version of the rules that select lines; increment it when they change.
RULE = 2


def read() -> tuple[dict[str, Sequence[Record]], str]:
    """Return the lines of all languages as splits `train`, `val` and `test`, and their source.

    Raises:
        DataError: the packages cannot be downloaded, or have another version.
    """
    names = {_file(language): digest for language, digest in DIGESTS.items()}
    contents, source = download("manual-pages", names, {f"packages manpages-* {VERSION}": _from_packages})
    lines = {language: _lines(language, contents[_file(language)]) for language in DIGESTS}
    language_counts = Counter(line for splits_by_line in lines.values() for line in splits_by_line)
    english = english_lines(language_counts)
    splits: dict[str, list[Record]] = {name: [] for name in MAX_LINES}
    for language, splits_by_line in lines.items():
        for split, maximum in MAX_LINES.items():
            unique = (line for line, own in splits_by_line.items() if own == split and language_counts[line] == 1)
            candidates = [line for line in unique if line not in english]
            # If there are more than enough, take lines evenly from all pages.
            selected = take_evenly(candidates, min(maximum, len(candidates)))
            splits[split] += [{"text": line, "label": language} for line in selected]
    return {**splits}, source


def is_sentence(line: str) -> bool:
    """Return whether `line` has at least `MIN_WORDS` words and `MIN_LETTERS` letters."""
    words = [word for word in line.split() if re.fullmatch(r"[^\W\d_].*[^\W\d_][.,;:!?]*", word)]
    return len(words) >= MIN_WORDS and sum(letter.isalpha() for letter in line) >= MIN_LETTERS


def _lines(language: str, package: bytes) -> dict[str, str]:
    """Return the distinct lines of all pages in a package, each with the split of the first page that has it."""
    lines: dict[str, str] = {}
    with debian_packages.unpacked(package) as contents:
        for path in sorted(contents.rglob("man[1-9]/*.gz")):
            # A symbolic link is another name of a page.
            if not path.is_symlink():
                page = gzip.decompress(path.read_bytes()).decode(errors="replace")
                split = assign_split(f"{language}/{path.name}")
                for line in filter(is_sentence, running_text(page)):
                    lines.setdefault(line, split)
    return lines


def _from_packages() -> dict[str, bytes]:
    return debian_packages.read_packages({f"manpages-{name}": EPOCHS.get(name, "") + VERSION for name in DIGESTS})


def _file(language: str) -> str:
    return debian_packages.file_name(f"manpages-{language}")


DATASET = RecordDataset(
    name="manual-pages",
    licence="GPL-3.0-or-later",
    size="9 MB to download; one file, 3 MB",
    description="lines of manual pages in eight languages, columns text, label (de, es, fr, it, nl, pl, pt-br, ro) and "
    "split, at most 4,000 a language; lines of one page are in one split",
    classes=tuple(DIGESTS),
    splits={"train": 22_465, "val": 2606, "test": 2567},
    digest=hashlib.sha256(f"{DIGESTS} {MAX_LINES} {RULE}".encode()).hexdigest(),
    read=read,
)

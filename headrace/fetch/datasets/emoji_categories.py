"""Pictures of emoji with their names, from Debian's package of the Ruby library gemojione; the class is the category.

The pictures are EmojiOne's of 2017, copyright Ranks.com Inc. Neither a picture nor its name alone gives every category:
a tent is `travel` and a circus tent `activity`, and the names of most countries are in no other record. The library's
keywords name the category, and are left out. Left out, too, are the same pictures in five tones of skin, pictures that
repeat another one (flags of islands that fly another country's), and the category `extras` of one picture.

Many emoji are variants of one another: 24 faces of a clock, 15 families, arrows in each direction, hearts and books in
several colours. With some of them in training, the others would be known. So the split is that of the family: of the
hash of the name without the words in `VARIANTS` and without words with a digit. Three fifths of the families are for
training, as metrics of a larger test split are more exact.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from headrace.fetch import debian_packages
from headrace.fetch.dataset_base import assign_split
from headrace.fetch.dataset_formats.dataset_written_as_csv_and_pictures import CsvImageDataset, PictureRow
from headrace.fetch.verified_download import download

PACKAGE, VERSION = "ruby-gemojione", "3.3.0-1"
DIGESTS = {debian_packages.file_name(PACKAGE): "9981df47963de53e10ce097857825c72f2f11dbe2d4cd4887698a99a751bb6bb"}
GEM = "usr/share/rubygems-integration/all/gems/gemojione-3.3.0"
CLASSES = ("activity", "flags", "food", "nature", "objects", "people", "symbols", "travel")
SKIN_TONES = frozenset(f"{code:X}" for code in range(0x1F3FB, 0x1F400))
# Words in which the names of a family differ.
VARIANTS = {
    "people": "man men mans woman women womens womans mens boy girl person two and with",
    "numbers": "zero one two three four five six seven eight nine ten eleven twelve thirty oclock first second third",
    "colours": "black white red blue green orange purple yellow",
    "sizes": "small medium large heavy",
    "directions": "left right up down leftwards rightwards upwards downwards north south east west pointing",
    "states": "open closed raised lowered",
    "phases of the moon": "new waxing first full waning last quarter crescent gibbous",
    "currencies": "dollar euro pound yen",
}
_VARIANT_WORDS = frozenset(word for words in VARIANTS.values() for word in words.split())
TRAIN, VAL = 60, 20
# Version of the rules that select emoji; increment it when they change.
RULE = 1


def read() -> tuple[dict[str, Sequence[PictureRow]], str]:
    """Return the emoji as splits `train`, `val` and `test`, by category, and their source.

    Raises:
        DataError: the package cannot be downloaded, or has another version.
    """
    source_name = f"package {PACKAGE} {VERSION} of Debian 12"
    contents, source = download(
        "emoji", DIGESTS, {source_name: lambda: debian_packages.read_packages({PACKAGE: VERSION})}
    )
    splits: dict[str, list[PictureRow]] = {"train": [], "val": [], "test": []}
    with debian_packages.unpacked(contents[debian_packages.file_name(PACKAGE)]) as package:
        for row in sorted(_distinct_pictures(package / GEM), key=lambda row: (row.values[1], row.name)):
            splits[assign_split(family(row.values[0]), TRAIN, VAL)].append(row)
    return {**splits}, source


def family(name: str) -> str:
    """Return what the names of variants of one emoji have in common; nothing for `man`, `woman`, `boy` and `girl`."""
    words = re.findall(r"[^\W_]+", name.lower())
    return " ".join(word for word in words if word not in _VARIANT_WORDS and not any(map(str.isdigit, word)))


def _distinct_pictures(gem: Path) -> Iterator[PictureRow]:
    """Yield the emoji that are used, in the order of their code points: of equal pictures the first."""
    seen = set()
    entries: dict[str, dict[str, Any]] = json.loads((gem / "config/index.json").read_text("utf-8"))
    for entry in sorted(entries.values(), key=lambda entry: str(entry["unicode"])):
        code, category = entry["unicode"], entry["category"]
        if category not in CLASSES or not SKIN_TONES.isdisjoint(code.split("-")):
            continue
        picture = (gem / "assets/png" / f"{code}.png").read_bytes()
        if picture not in seen:
            seen.add(picture)
            yield PictureRow(f"{code}.png", picture, (entry["name"], category))


DATASET = CsvImageDataset(
    name="emoji",
    licence="CC-BY-SA-4.0 AND MIT",
    size="5 MB to download; 1,364 PNG files and one of rows, 1.5 MB",
    description="1,364 emoji of 64x64 pixels: picture (path), name, category (activity, flags, food, nature, objects, "
    "people, symbols, travel) and split, by a hash of the name without words such as `left` and `blue`, so that "
    "variants of one emoji are in one split",
    classes=CLASSES,
    columns=("name", "category"),
    splits={"train": 809, "val": 297, "test": 258},
    digest=hashlib.sha256(f"{DIGESTS} {VARIANTS} {TRAIN} {VAL} {RULE}".encode()).hexdigest(),
    read=read,
)

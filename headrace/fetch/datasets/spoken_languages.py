"""Recorded telephone prompts in five languages, from Debian packages of Asterisk; the class is the language.

All recordings of one prompt are in the same split, whatever their language. Speakers are not kept apart: each language
has one, and the same woman speaks English and Spanish.
"""

import hashlib
from collections.abc import Iterator, Sequence

from headrace.fetch import debian_packages
from headrace.fetch.dataset_base import assign_split
from headrace.fetch.dataset_formats.dataset_written_as_audio import Sound, SoundDataset
from headrace.fetch.verified_download import download

VERSION = "1.6.1-1"
# Digests of the Debian 12 packages asterisk-core-sounds-LANGUAGE-wav.
DIGESTS = {
    "en": "2be3ea287d83299d143815fa804f11179a75b7affd4a758b98b55f5afc18a35d",
    "es": "9283a09a6d56fccdcc2bcfe86c48f0f844289cfbd46a3184d8785a6f7f569903",
    "fr": "8d4e1bc32ed5ba7fbda40841ca1825ed20cc6232724a473c90f8bb0e53e6073e",
    "it": "5a26638089e134b8ac39363fe249c5c93c50cd8bfdc9b2499ae61ec4a35e2fcb",
    "ru": "ccbfaebfa450b7a9ddf644ae0f3d1e9017d5df7c0aebe816e946345589d38201",
}
# Prompts without speech.
WITHOUT_SPEECH = ("silence/", "beep", "ascending-2tone", "descending-2tone", "confbridge-join", "confbridge-leave")


def read() -> tuple[dict[str, Sequence[Sound]], str]:
    """Return the prompts of all languages as splits `train`, `val` and `test`, and their source.

    Raises:
        DataError: the packages cannot be downloaded, or have another version.
    """
    names = {_package(language): digest for language, digest in DIGESTS.items()}
    contents, source = download(
        "spoken-languages",
        {debian_packages.file_name(name): digest for name, digest in names.items()},
        {
            f"packages asterisk-core-sounds-* {VERSION}": lambda: debian_packages.read_packages(
                dict.fromkeys(names, VERSION)
            )
        },
    )
    splits: dict[str, list[Sound]] = {"train": [], "val": [], "test": []}
    for language in DIGESTS:
        for prompt, data in _prompts(contents[debian_packages.file_name(_package(language))]):
            splits[assign_split(prompt)].append(Sound(language, prompt.replace("/", "-"), data))
    return {**splits}, source


def _prompts(package: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the name of each prompt with speech, such as digits/7, and its WAV file, by name."""
    with debian_packages.unpacked(package) as contents:
        (sounds,) = contents.glob("usr/share/asterisk/sounds/*")
        for path in sorted(sounds.rglob("*.wav")):
            prompt = path.relative_to(sounds).with_suffix("").as_posix()
            if not prompt.startswith(WITHOUT_SPEECH):
                yield prompt, path.read_bytes()


def _package(language: str) -> str:
    return f"asterisk-core-sounds-{language}-wav"


DATASET = SoundDataset(
    name="spoken-languages",
    licence="CC-BY-SA-3.0 AND CC-BY-3.0",
    size="98 MB to download; 2,741 files, 121 MB",
    description="telephone prompts of Asterisk in five languages (en, es, fr, it, ru), 8,000 samples per second; all "
    "recordings of one prompt are in one split, but each language has one speaker only",
    classes=tuple(DIGESTS),
    splits={"train": 2212, "val": 277, "test": 252},
    digest=hashlib.sha256(f"{DIGESTS} {WITHOUT_SPEECH}".encode()).hexdigest(),
    read=read,
)

"""Human-rated texts from the source distribution of vaderSentiment.

Hutto, Gilbert: VADER: a parsimonious rule-based model for sentiment analysis of social media text. ICWSM 2014.
Movie reviews after Pang, Lee: A sentimental education. ACL 2004; product reviews after Hu, Liu: Mining and
summarizing customer reviews. KDD 2004.
"""

from collections.abc import Iterator
from typing import NamedTuple

from headrace.fetch import pypi_packages
from headrace.fetch.verified_download import download

RELEASE = pypi_packages.Release(
    package="vaderSentiment",
    version="3.3.2",
    kind="sdist",
    sha256="5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
)
DIGESTS = {
    "movieReviewSnippets_GroundTruth.txt": "c8293b0d942e90e223ea2c0955d969040d1a1be514a978b9af0698940bd13350",
    "amazonReviewSnippets_GroundTruth.txt": "11a9807a0974a2506a2d3b4851eaf69b3d6d20688ce4923adda2312a4f6dd6c2",
    "nytEditorialSnippets_GroundTruth.txt": "7d8fbcce7dde5d716da53e78f4ef4be6b706e9ef1e1d51887e6d0ad4b69cc27e",
    "tweets_GroundTruth.txt": "dfbe7102e2f92579ed8b19df9a3822491880697c67adf712fb66e520cc05102f",
}
FOLDER = "hutto_ICWSM_2014"


class Snippet(NamedTuple):
    """One sentence or tweet.

    Attributes:
        number: `5`, or `3_5` for the fifth sentence of the third review or editorial.
        rating: the mean over at least 14 people, from -4 (very negative) to 4.
    """

    number: str
    rating: float
    text: str

    @property
    def document(self) -> str:
        """Return the number of its review or editorial; its own number for a tweet or a movie snippet."""
        return self.number.partition("_")[0]


def read_snippets() -> tuple[dict[str, list[Snippet]], str]:
    """Return the snippets of the four files by file name, and their source.

    Raises:
        DataError: the files cannot be downloaded.
    """
    contents, source = download("vader", DIGESTS, {RELEASE.description: _files})
    return {name: list(_snippets(content)) for name, content in contents.items()}, source


def _snippets(content: bytes) -> Iterator[Snippet]:
    for line in content.decode().splitlines():
        number, rating, text = line.split("\t")
        yield Snippet(number, float(rating), text)


def _files() -> dict[str, bytes]:
    """Return the contents of the text files, which are in an archive inside the archive."""
    return pypi_packages.sdist_files(RELEASE, FOLDER, DIGESTS, archive=f"additional_resources/{FOLDER}.tar.gz")

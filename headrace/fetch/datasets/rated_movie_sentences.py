"""Sentences of movie reviews with mean ratings: the sign is the class, the rating is the regression target."""

from collections.abc import Sequence

from headrace.fetch.dataset_base import WHOLE
from headrace.fetch.dataset_formats.dataset_written_as_json_lines import Record, RecordDataset
from headrace.fetch.readers import vader_snippet_reader

FILE = "movieReviewSnippets_GroundTruth.txt"


def read() -> tuple[dict[str, Sequence[Record]], str]:
    """Return the 10,605 snippets as one split, and their source.

    Raises:
        DataError: the files cannot be downloaded.
    """
    snippets, source = vader_snippet_reader.read_snippets()
    return {WHOLE: [_record(snippet) for snippet in snippets[FILE]]}, source


def _record(snippet: vader_snippet_reader.Snippet) -> Record:
    sign = None if snippet.rating == 0 else "positive" if snippet.rating > 0 else "negative"
    return {"id": snippet.number, "text": snippet.text, "rating": snippet.rating, "label": sign}


DATASET = RecordDataset(
    name="movie-reviews",
    licence="MIT",
    size="2.5 MB to download; one file of 10,605 lines, 2 MB",
    description="10,605 sentences of movie reviews with columns id, text, rating (mean over people, -4 to 4) and "
    "label (its sign: positive, negative; none for the 37 rated 0); no split is fixed",
    classes=("negative", "positive"),
    splits={WHOLE: 10_605},
    digest=vader_snippet_reader.DIGESTS[FILE],
    read=read,
)

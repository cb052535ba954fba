"""Sentences from four sources: movie reviews, product reviews, newspaper editorials and tweets.

All sentences of one review or editorial are in the same split, because they share words.
"""

import hashlib
from collections.abc import Sequence

from headrace.fetch.dataset_base import assign_split
from headrace.fetch.dataset_formats.dataset_written_as_json_lines import Record, RecordDataset
from headrace.fetch.readers import vader_snippet_reader

FILES = {
    "movie-review": "movieReviewSnippets_GroundTruth.txt",
    "product-review": "amazonReviewSnippets_GroundTruth.txt",
    "editorial": "nytEditorialSnippets_GroundTruth.txt",
    "tweet": "tweets_GroundTruth.txt",
}


def read() -> tuple[dict[str, Sequence[Record]], str]:
    """Return the 23,703 snippets as splits `train`, `val` and `test`, and their source.

    Raises:
        DataError: the files cannot be downloaded.
    """
    snippets, source = vader_snippet_reader.read_snippets()
    splits: dict[str, list[Record]] = {"train": [], "val": [], "test": []}
    for label, file in FILES.items():
        for snippet in snippets[file]:
            record: Record = {"id": f"{label}/{snippet.number}", "text": snippet.text, "label": label}
            splits[assign_split(f"{label}/{snippet.document}")].append(record)
    return {**splits}, source


DATASET = RecordDataset(
    name="four-sources",
    licence="MIT",
    size="2.5 MB to download; one file of 23,703 lines, 5 MB",
    description="23,703 sentences with columns id, text, label (movie-review, product-review, editorial, tweet) and "
    "split; sentences of one review or editorial are in one split",
    classes=tuple(FILES),
    splits={"train": 18_898, "val": 2416, "test": 2389},
    digest=hashlib.sha256("".join(vader_snippet_reader.DIGESTS.values()).encode()).hexdigest(),
    read=read,
)

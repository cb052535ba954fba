"""Prose has British spelling, -ise and colour; names of Keras, optimizer and tokenizer, are names."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
AMERICAN = re.compile(
    r"(?<![\w`./'\"-])(?!(?:re|over|down)?siz(?:e|ed|es|ing)\b|priz|seiz|capsiz)[a-z]+[iy]z(?:e|ed|es|ing|ation|ations)\b"
    r"(?![\w:`(=/'\"-])|(?<![\w`./'\"-])(?:gray|grayscale|colors?|labeled|centered|behaviors?)\b(?![\w:`(=/'\"-])",
    re.IGNORECASE,
)
# Titles of papers and names of columns are quoted as they are written.
CITATION = re.compile(r"cut, color, clarity|arXiv|et al\.|NeurIPS|ECCV|ICML|KDD|Szegedy|\(\d{4}\)")
# Words of Optuna, CSS and OpenCV in values that are no sentences.
SENTENCE = re.compile(r"[a-z]\S* \S+ \S+")


def prose(path: Path) -> Iterator[str]:
    """Yield the lines that people read: of a document all but code, of a program its docstrings and messages."""
    text = path.read_text()
    if path.suffix == ".md":
        yield from re.sub(r"```.*?```", "", text, flags=re.DOTALL).splitlines()
    elif path.suffix == ".yaml":
        yield from (line.partition("#")[2] for line in text.splitlines())
    else:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and SENTENCE.search(node.value):
                yield from node.value.splitlines()


def test_prose_has_one_spelling() -> None:
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("conf/**/*.yaml")]
    programs = [
        path for folder in ("headrace", "models", "jobs", "pipelines") for path in ROOT.glob(f"{folder}/**/*.py")
    ]
    found = [
        f"{path.relative_to(ROOT)}: {word[0]}"
        for path in (*documents, *programs)
        for line in prose(path)
        if not CITATION.search(line)
        for word in AMERICAN.finditer(line)
    ]
    assert found == []

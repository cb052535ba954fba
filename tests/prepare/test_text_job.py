"""Raw texts become token ids; the tokenizer is trained on the training split once and then reused."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headrace.config import Configuration
from headrace.errors import DataError
from headrace.features.text.contract_spec import TextSpec
from headrace.prepare.job import prepare
from headrace.prepare.text.tokenizer import load_tokenizer
from headrace.table import Version, read
from headrace.table.rejects_and_duplicates_reader import duplicates_path, read_dropped
from headrace.table.transaction_log import list_shards
from tests.support.raw_images import list_files, named_files, read_rows

pytestmark = pytest.mark.usefixtures("spark")

SUBJECTS = ("the cat", "a dog", "one bird", "my old horse", "her small fish")
VERBS = ("sees", "likes", "follows", "hears")


def texts(count: int, first: int = 0) -> list[dict[str, str]]:
    """Return different sentences; those in split `test` have words that no training text has."""
    rows = []
    for number in range(first, first + count):
        split = "test" if number % 5 == 0 else "train"
        text = f"{SUBJECTS[number % 5]} {VERBS[number % 4]} number{number % 7} {number}"
        rows.append(
            {"text": f"{text} {'exam' if split == 'test' else 'lesson'}", "label": "ab"[number % 2], "split": split}
        )
    return rows


def labelled(lines: Iterable[str]) -> list[dict[str, str]]:
    """Return records of two classes, all but every fifth in the training split."""
    return [
        {"text": text, "label": "ab"[number % 2], "split": "train" if number % 5 else "test"}
        for number, text in enumerate(lines)
    ]


def write_rows(folder: Path, name: str, rows: list[dict[str, str]]) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(json.dumps(row) for row in rows))


def text_configuration(folder: Path, **section: Any) -> Configuration:
    columns = {"input": "text", "split": "split"}
    return Configuration.model_validate(
        {
            "data": {
                "source": {"kind": "table", "format": "json", "path": str(folder), "columns": columns},
                "table": str(folder.parent / "table"),
            },
            "prepare": {"input": "text", "shard_rows": 16} | section,
            "model": {"file": "unused.py"},
            "train": {"run": "unused"},
        }
    )


def decode_rows(version: Version) -> dict[str, str]:
    """Return the words of every row by path, decoded by the saved tokenizer."""
    tokenizer = TextSpec.of(version.contract).tokenizer
    assert tokenizer is not None
    saved_tokenizer = load_tokenizer(version.table, tokenizer)
    dtype = np.dtype(version.contract.columns["tokens"].dtype).newbyteorder("<")
    return {
        row["path"]: " ".join(
            saved_tokenizer.id_to_token(int(number)) for number in np.frombuffer(row["tokens"], dtype)
        )
        for row in read_rows(version)
    }


def test_tokenizer_is_trained_on_training_split_and_kept_by_increments(tmp_path: Path) -> None:
    rows = texts(60)
    write_rows(tmp_path / "raw", "1.json", [*rows, {"text": "<br/>", "label": "a", "split": "train"}])
    settings = text_configuration(tmp_path / "raw", text={"tokens": {"min_count": 2}})
    assert prepare(settings)["rejects"] == {"empty": 1}
    first = read(tmp_path / "table")
    tokens = first.contract.columns["tokens"]
    assert (tokens.role, tokens.codec, tokens.dtype, tokens.shape) == ("input", "tokens", "uint16", (None,))
    tokenizer = TextSpec.of(first.contract).tokenizer
    assert tokenizer is not None
    vocabulary = load_tokenizer(first.table, tokenizer).get_vocab()
    counts = Counter(word for row in rows if row["split"] == "train" for word in row["text"].split())
    assert vocabulary.keys() - {"[PAD 0]", "[UNK 1]"} == {word for word, count in counts.items() if count >= 2}
    assert vocabulary["lesson"] == 2
    expected = {" ".join(w if w in vocabulary else "[UNK 1]" for w in row["text"].split()) for row in rows}
    assert set(decode_rows(first).values()) == expected
    assert {len(row["tokens"]) for row in read_rows(first)} == {2 * count for count in (5, 6, 7)} - {10}
    assert list_files(first.table) == named_files(first) | {tokenizer.file}

    write_rows(tmp_path / "raw", "2.json", texts(20, first=100))
    assert prepare(settings)["written"] == 80
    second = read(tmp_path / "table")
    assert TextSpec.of(second.contract).tokenizer == tokenizer
    assert {shard.path for shard in first.shards} < {shard.path for shard in second.shards}
    assert prepare(settings, full=True)["version"] == 2
    assert TextSpec.of(read(tmp_path / "table").contract).tokenizer != tokenizer


def test_words_that_are_all_rare_are_refused(tmp_path: Path) -> None:
    write_rows(tmp_path / "raw", "1.json", labelled(f"没有空格的句子{number}号" for number in range(40)))
    settings = text_configuration(tmp_path / "raw", text={"tokens": {"min_count": 2}})
    with pytest.raises(DataError, match="None of the .* words in the training split occurs 2 times.*bpe, which needs"):
        prepare(settings)
    assert not (tmp_path / "table" / "_delta_log").exists()


def test_vocabulary_of_few_known_words_gets_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_rows(tmp_path / "raw", "1.json", labelled(f"好 没有空格的句子{number} 第{number}句" for number in range(40)))
    settings = text_configuration(tmp_path / "raw", text={"tokens": {"min_count": 2}})
    prepare(settings)
    assert "The vocabulary covers 33 % of the words in the training split" in caplog.text


def test_bpe_with_near_duplicates(tmp_path: Path) -> None:
    long = "a long text about many things that goes on and on until it has said all there is to say about them " * 2
    rows = [
        *texts(40),
        {"text": f"{long} today", "label": "a", "split": "train"},
        {"text": f"{long} yesterday", "label": "a", "split": "test"},
        texts(1, first=1)[0],
    ]
    write_rows(tmp_path / "raw", "1.json", rows)
    text = {"tokens": {"kind": "bpe", "vocabulary": 400}}
    result = prepare(text_configuration(tmp_path / "raw", text=text, near_duplicates={"similarity": 0.8}))
    assert (result["rows_in"], result["written"], result["duplicates"]) == (43, 41, 2)
    version = read(tmp_path / "table")
    assert TextSpec.of(version.contract).tokenizer is not None
    assert TextSpec.of(version.contract).tokenizer.kind == "bpe"
    assert "[UNK 1]" not in " ".join(decode_rows(version).values())
    dropped = read_dropped(version.table, list_shards(duplicates_path(version.table), 0))
    kept = {row["path"]: row["split"] for row in read_rows(version)}
    assert set(dropped.values()) <= kept.keys()
    assert "test" in {kept[path] for path in dropped.values()}  # the training copy of the long text went


@pytest.mark.parametrize(
    ("task", "label", "said"),
    [
        ("regression", "0,5", r"None of 12 .*bad_label: 12, such as .*'0,5' is not .*; write numbers"),
        ("classification", {"a": 1}, r"12 of 12 records were rejected \(bad_label: 12, such as .* is an object"),
        ("classification", None, r"12 of 12 records were rejected \(no_label: 12, such as .*has no label"),
    ],
)
def test_text_job_without_a_usable_label_says_the_rejects(tmp_path: Path, task: str, label: Any, said: str) -> None:
    rows: list[dict[str, Any]] = [row | {"label": label} for row in texts(12)]
    write_rows(tmp_path / "raw", "a.json", rows)
    with pytest.raises(DataError, match=said):
        prepare(text_configuration(tmp_path / "raw", task=task, max_rejects=1.0))


def test_text_job_without_training_texts_says_the_rejects_before_the_splits(tmp_path: Path) -> None:
    rows = [row | {"text": "" if row["split"] == "train" else row["text"]} for row in texts(12)]
    write_rows(tmp_path / "raw", "a.json", rows)
    with pytest.raises(
        DataError, match=r"9 of 12 records were rejected \(\w+: 9, such as .*The training split holds no"
    ):
        prepare(text_configuration(tmp_path / "raw", max_rejects=1.0))


def test_appended_texts_of_unknown_words_are_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_rows(tmp_path / "source", "first.json", texts(40))
    prepare(text_configuration(tmp_path / "source"))
    assert "not known from training" not in caplog.text
    write_rows(tmp_path / "source", "more.json", labelled(f"книга под номером н{number}" for number in range(20)))
    prepare(text_configuration(tmp_path / "source"))
    assert "20 of 20 texts have words of which 80% or more are not known from training, such as 'книга" in caplog.text
    assert "New values become known with `headrace prepare --full`." in caplog.text


def test_texts_that_are_mostly_cut_are_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_rows(tmp_path / "source", "texts.json", texts(40))
    prepare(text_configuration(tmp_path / "source", text={"tokens": {"max_length": 3}}))
    assert "40 of 40 texts have more than 3 tokens (prepare.text.tokens.max_length), and only the first" in caplog.text


@pytest.mark.parametrize("spaced", [0, 40])
def test_texts_without_spaces_are_warned_of_whatever_min_count_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, spaced: int
) -> None:
    """Each was a known word of the training split, and one unknown token of the others."""
    lines = [f"这家餐厅{chr(0x4E00 + number)}很好吃" for number in range(40)]
    write_rows(tmp_path / "rows", "a.jsonl", labelled([*lines, *(f"the cat sees dog {one}" for one in range(spaced))]))
    prepare(text_configuration(tmp_path / "rows", text={"tokens": {"min_count": 1}}))
    assert f"8 of {8 + spaced // 5} texts of val and test have words of which 80% or more are not in" in caplog.text
    assert "set prepare.text.tokens.kind to bpe" in caplog.text

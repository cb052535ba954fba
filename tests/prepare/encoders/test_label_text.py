"""multi_label targets: parsing, storage as class indices, counting by class, for every kind of source."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from headrace.config import Configuration
from headrace.config.sections.streaming_and_augmentation import Stream
from headrace.errors import DataError
from headrace.inspection.table_description import inspect_table
from headrace.prepare.encoders.label_normalization import normalize_label
from headrace.prepare.encoders.label_text import (
    count_labels,
    encode_labels,
    format_labels,
    label_cell,
    parse_labels,
    readable_labels,
)
from headrace.prepare.encoders.number_notation_and_float32_warnings import number_hint
from headrace.prepare.job import prepare
from headrace.prepare.labels.class_discovery import require_class_count
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.stream.build_plan_and_rank_stream import training_plan
from headrace.stream.tf_data_pipeline import training_batches
from headrace.table import Version, read
from headrace.targets.target_kind_loader import target_traits
from tests.support.raw_images import SMALL, encode_image, noise_image, read_rows

pytestmark = pytest.mark.tensorflow

LABELS = [["even", "small"], ["small"], [], ["even"], ["small", "even"], ["big"], ["even", "big"], ["even", "even"]]


def labels_configuration(folder: Path, source: dict[str, Any], **more: Any) -> Configuration:
    tree = {
        "data": {"source": source, "table": str(folder / "table")},
        "prepare": {**SMALL, "task": "multi_label", "max_rejects": 0.9, **more},
        "model": {"file": "unused.py"},
        "train": {"run": "unused"},
    }
    return Configuration.model_validate(tree)


def write_images(folder: Path, labels: list[object], begin: int = 0) -> dict[str, Any]:
    """Write a source of one image for each of `labels`, every fourth in the test split, and return its section."""
    folder.mkdir(exist_ok=True)
    lines = []
    for number, label in enumerate(labels, begin):
        (folder / f"{number}.png").write_bytes(encode_image(noise_image(8, 8, channels=1, seed=number)))
        lines.append({"path": f"{number}.png", "label": label, "split": "test" if number % 4 == 3 else "train"})
    with (folder / "labels.jsonl").open("a") as file:
        file.write("".join(json.dumps(line) + "\n" for line in lines))
    return {"path": str(folder), "labels": "labels.jsonl"}


def label_names_by_path(version: Version) -> dict[str, set[str]]:
    names = version.contract.classes
    return {row["path"]: {names[number] for number in np.frombuffer(row["label"], "<i4")} for row in read_rows(version)}


NAMES = (
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
    .map(normalize_label)
    .filter(bool)
)


@given(st.lists(NAMES, unique=True))
def test_parse_labels_restores_formatted_labels(names: list[str]) -> None:
    assert list(parse_labels(format_labels(names), ",")) == names


@pytest.mark.parametrize(
    ("text", "separator", "names"),
    [
        ("a,b", ",", ("a", "b")),
        (" a | b |a", "|", ("a", "b")),
        ("red; green,", ";", ("red", "green,")),
        ("", ",", ()),
        ("[]", ",", ()),
        ('["a,b", "c"]', ",", ("a,b", "c")),
        ("[draft], old", ",", ("[draft]", "old")),
        ("[draft]", ",", ("[draft]",)),
        (' ["a", null, true, 1.0]', ",", ("a", "true", "1")),
        ("[null]", ",", ()),
        ("['a', \"b's\", None, True]", ",", ("a", "b's", "true")),
        ("('a', 'b')", ",", ("a", "b")),
        ("('a',)", ",", ("a",)),
        ("(other), old (2)", ",", ("(other)", "old (2)")),
        ('[a] and [b], 5", 7", :), :(', ",", ("[a] and [b]", '5"', '7"', ":)", ":(")),
        ("a), players', '90s", ",", ("a)", "players'", "'90s")),
    ],
)
def test_parse_labels_reads_separators_and_lists(text: str, separator: str, names: tuple[str, ...]) -> None:
    assert parse_labels(text, separator) == names


PRINTED = ["array(['a'])", "frozenset({'a', 'b'})", "np.str_('a')", "(('a',), 'b')", "('a' 'b')"]
CUT = [
    "(a, b)",
    "['a', 'b'",
    "'a', 'b']",
    "[a, b], c",
    "c, [a, b]",
    "a, {b, c}",
    "'a, b', c",
    '"a, b"',
    "city (a, b), c",
]
NESTED = ["[['a', 'b']]", "[['a'], ['b']]", "[('a', 'b')]", "[[a]]", "{'a': ['b']}", "set()"]
NO_NAMES = [*PRINTED, *CUT, *NESTED, '{"a": 1, "b": 0}', '[["a"]]', '["a", {"b": 1}]', "[a, b]", "['a' 'b']", "{a,b}"]


@pytest.mark.parametrize("text", NO_NAMES)
def test_parse_labels_rejects_what_is_no_list_of_names(text: str) -> None:
    with pytest.raises(RejectedRecordError, match="bad_label: the label"):
        parse_labels(text, ",")
    assert readable_labels(text, ",") == ()


def test_parse_labels_names_the_part_that_a_separator_within_brackets_cuts() -> None:
    """Nested lists in cells of text became classes called [['a' and 'b']] without a word."""
    with pytest.raises(RejectedRecordError, match=r"cut at ',' within brackets or quotes: '\[a'; write lists in JSON"):
        parse_labels("[a, b], c", ",")
    assert parse_labels("['a' 'b'] old", ";") == ("['a' 'b'] old",)
    assert readable_labels("[['a', 'b']]", ";") == ()


@pytest.mark.usefixtures("spark")
def test_labels_that_are_all_unreadable_are_reported_with_their_reasons(tmp_path: Path) -> None:
    """The error advised regression, as if labels were numbers, and gave no reason."""
    texts = [f"a text of its own, number {number}" for number in range(8)]
    pq.write_table(pa.table({"text": texts, "label": ["array(['a'])"] * 8}), tmp_path / "raw.parquet")
    source = {"kind": "table", "path": str(tmp_path / "raw.parquet"), "columns": {"input": "text"}}
    with pytest.raises(DataError, match=r"8 of 8 records were rejected \(bad_label: 8, such as .*array"):
        prepare(labels_configuration(tmp_path, source, input="text"))
    with pytest.raises(DataError, match=r"8 of 8 records were rejected \(bad_label: 8, such as .*a.: 1"):
        prepare(labels_configuration(tmp_path, write_images(tmp_path / "images", ['{"a": 1}'] * 8)))


def test_source_without_classes_asks_for_the_column_and_the_separator_of_names() -> None:
    with pytest.raises(DataError, match=r"holds 0 classes.* Is data\.source\.columns\.label the column of the names"):
        require_class_count((), "here", target=target_traits("multi_label"))


@pytest.mark.parametrize(
    ("value", "several", "text"),
    [
        ("nan", True, None),
        (True, False, "true"),
        (["a", None, False, 2.0], True, '["a", "false", "2"]'),
        (b"a", False, "a"),
    ],
)
def test_label_cell_is_the_text_of_a_label(value: object, several: bool, text: str | None) -> None:
    assert label_cell(value, several=several) == text


@pytest.mark.parametrize(
    ("value", "several"), [({"a": 1}, True), ({"a": 1}, False), (["a"], False), ([["a"]], True), (b"\xe9", False)]
)
def test_label_cell_rejects_what_is_no_label(value: object, several: bool) -> None:
    with pytest.raises(RejectedRecordError, match=r"multi_label|object|not UTF-8"):
        label_cell(value, several=several)


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), json.loads("1e400"), ["a", float("inf")], "go\0od"])
def test_label_cell_rejects_infinite_numbers_and_damaged_names(value: object) -> None:
    """They would be classes called inf and good."""
    with pytest.raises(RejectedRecordError, match=r"bad_label: .*(not a finite number|NUL)"):
        label_cell(value, several=True)
    assert label_cell("inf", several=False) == "inf"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("0,5", "decimal point"), ("-1.234,5", "decimal point"), ("1 234", "decimal point"), ("1'234.5", "decimal"),
        ("2024-01-01 10:00:00", "it is a time"), ("true", "1 and 0"), ("5 kg", "unit"), ("1_000", "decimal point"),
        ("\u22125", "minus sign"), ("\u20133.5", "en dash"), ("\u2212", ""), ("$5", "unit"), ("5%", "unit"),
        ("EUR 1,000.50", "unit"), ("3 km/h", "unit"), ("id12", ""), ("cat", ""), ("1e400", ""), ("inf", ""),
    ],
)  # fmt: skip
def test_number_hint_says_what_to_write(text: str, hint: str) -> None:
    assert hint in number_hint(text)
    assert bool(number_hint(text)) == bool(hint)


def test_number_hint_names_another_task_for_labels_alone() -> None:
    assert number_hint("true") == "; write 1 and 0"
    assert number_hint("true", is_label=True) == "; write 1 and 0, or set prepare.task to classification"


def test_count_labels_counts_by_class() -> None:
    column = pa.chunked_array([[encode_labels({2, 0}), encode_labels(())], [encode_labels({2})]], pa.binary())
    assert count_labels("train", column) == {("train", 0): 1, ("train", 2): 2}
    assert not count_labels("train", pa.chunked_array([[]], pa.binary()))


@pytest.mark.usefixtures("spark")
def test_labels_file_gives_many_labels_per_record(tmp_path: Path) -> None:
    source = write_images(tmp_path / "raw", [*LABELS, ""])
    prepare(labels_configuration(tmp_path, source))
    version = read(tmp_path / "table")
    assert version.contract.classes == ("big", "even", "small")
    assert label_names_by_path(version) == {f"{number}.png": set(names) for number, names in enumerate(LABELS)}
    assert version.summary.counts == {"train": {"all": 6}, "test": {"all": 2}}
    assert version.summary.label_counts == {"train": {"big": 2, "even": 3, "small": 3}, "test": {"even": 2}}
    # A missing label is rejected; an empty list means no classes.
    assert version.summary.rejects == {Reason.NO_LABEL: 1}
    shown = inspect_table(version.table, None)
    assert (shown["task"], shown["label_counts"]) == ("multi_label", version.summary.label_counts)


@pytest.mark.usefixtures("spark")
def test_increment_adds_new_labels_and_keeps_counts(tmp_path: Path) -> None:
    source = write_images(tmp_path / "raw", LABELS)
    prepare(labels_configuration(tmp_path, source))
    write_images(tmp_path / "raw", [["new", "even"], []], begin=len(LABELS))
    (tmp_path / "raw" / "1.png").unlink()
    lines = (tmp_path / "raw" / "labels.jsonl").read_text().splitlines()
    (tmp_path / "raw" / "labels.jsonl").write_text("\n".join(line for line in lines if '"1.png"' not in line) + "\n")
    prepare(labels_configuration(tmp_path, source))
    version = read(tmp_path / "table")
    assert version.number == 1
    assert version.contract.classes == ("big", "even", "small", "new")
    label_names = label_names_by_path(version)
    assert (label_names["8.png"], label_names["0.png"], "1.png" in label_names) == (
        {"new", "even"},
        {"even", "small"},
        False,
    )
    assert version.summary.counts == {"train": {"all": 7}, "test": {"all": 2}}
    assert version.summary.label_counts == {
        "train": {"big": 2, "even": 4, "small": 2, "new": 1},
        "test": {"even": 2},
    }
    plan = training_plan(version, "train", 7, 1, 0)
    (_, target, _), *_ = training_batches(version, plan, Stream()).steps(0, 0, 1)
    assert target.shape == (7, 4)
    assert target.numpy().sum(0).tolist() == [2, 4, 2, 1]


@pytest.mark.usefixtures("spark")
def test_names_in_a_list_may_hold_the_separator(tmp_path: Path) -> None:
    """Such a name is one class, and shards are sized by the rows, not by their labels."""
    (tmp_path / "raw").mkdir()
    labels = [["big; red", "even", "small"], ["big; red", "even"]] * 4
    rows = {"text": [f"a text of its own, number {number}" for number in range(8)], "label": labels}
    pq.write_table(pa.table(rows), tmp_path / "raw" / "part.parquet")
    source = {"kind": "table", "path": str(tmp_path / "raw"), "columns": {"input": "text"}}
    text = {"tokens": {"min_count": 1}}
    settings = {"splits": {"train": 1.0, "val": 0.0, "test": 0.0}, "shard_rows": 8}
    prepare(labels_configuration(tmp_path, source, input="text", label_separator=";", text=text, **settings))
    version = read(tmp_path / "table")
    assert version.contract.classes == ("big; red", "even", "small")
    assert version.summary.rejected == 0
    assert len(version.shards) == 1


@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize("as_list", [True, False])
def test_table_source_reads_labels_from_lists_or_text(tmp_path: Path, as_list: bool) -> None:
    texts = [f"a text of its own, number {number}" for number in range(8)]
    labels = [names if as_list else ";".join(names) for names in LABELS]
    (tmp_path / "raw").mkdir()
    pq.write_table(pa.table({"text": texts, "label": labels}), tmp_path / "raw" / "part.parquet")
    source = {"kind": "table", "path": str(tmp_path / "raw"), "columns": {"input": "text"}}
    prepare(
        labels_configuration(tmp_path, source, input="text", label_separator=";", text={"tokens": {"min_count": 1}})
    )
    version = read(tmp_path / "table")
    assert version.contract.classes == ("big", "even", "small")
    label_names = sorted(sorted(names) for names in label_names_by_path(version).values())
    assert label_names == sorted(sorted(set(names)) for names in LABELS)


@pytest.mark.parametrize(
    ("source", "more", "expected"),
    [
        ({"path": "raw"}, {}, "use a labels file"),
        ({"path": "raw", "kind": "idx"}, {}, "use a labels file"),
        (
            {"path": "raw", "labels": "l.csv"},
            {"splits": {"method": "stratified"}},
            "needs exactly one class per record",
        ),
    ],
)
def test_multi_label_is_refused_for_unsuitable_configurations(
    source: Any, more: Any, expected: str, tmp_path: Path
) -> None:
    with pytest.raises(ValidationError, match=expected):
        labels_configuration(tmp_path, source, **more)

"""Labels that look like a mistake are reported, and columns that are not labels are refused."""

import logging
from collections import Counter
from pathlib import Path

import pytest

from headrace.config.configuration_model import Splits
from headrace.errors import DataError
from headrace.prepare.encoders.label_normalization import normalize_label
from headrace.prepare.job import prepare
from headrace.prepare.labels.small_class_and_mixed_label_type_warnings import small_class_warning
from headrace.prepare.labels.suspicious_class_names_and_counts import label_warnings, require_repeated
from tests.support.raw_images import configuration, write_source


def test_label_warnings_report_what_looks_like_a_mistake() -> None:
    assert label_warnings({"cat": 40, "dog": 60}) == []
    assert "The class 'README' has one record" in label_warnings({"cat": 40, "dog": 60, "README": 1})[0]
    (many,) = label_warnings({**{f"text {number}": 1 for number in range(30)}, "a": 30})
    assert "is data.source.columns.label the column of the labels?" in many
    numbers = "".join(label_warnings({f"{number}.5": 1 for number in range(40)}))
    assert numbers.endswith("Numbers to predict need prepare.task: regression.")
    assert "regression" not in many
    (largest,) = label_warnings({"cat": 9_999, "dog": 2})
    assert "right in 99.98%" in largest


def test_label_warnings_report_lists_and_usual_words_for_missing_labels() -> None:
    assert "look like lists or objects" in label_warnings({'["cat"]': 40, "dog": 60})[0]
    assert "'N/A', 'None' are used as classes" in label_warnings({"N/A": 40, "None": 50, "dog": 60})[0]
    assert "'#REF!' is used as a class" in label_warnings({"#REF!": 40, "dog": 60})[0]


def test_label_warnings_report_vectors_and_truth_values_in_two_writings() -> None:
    assert "The only classes are '0', '1'" in label_warnings({"0": 40, "1": 60}, separator=",")[0]
    assert "The only classes are 'false', 'true'" in label_warnings({"false": 40, "true": 60}, separator=",")[0]
    assert "'1', 'true' are truth values in several spellings" in label_warnings({"1": 40, "true": 60, "2": 30})[0]
    assert "'yes', '0' are truth values in several" in label_warnings({"yes": 40, "no way": 60, "0": 30})[0]
    assert "'1', 'y', 'n' are truth values" in label_warnings({"1": 40, "y": 60, "n": 30})[0]
    assert label_warnings({"a": 40, "c": 40, "t": 40, "n": 40, "1": 40}) == []
    assert label_warnings({"0": 40, "1": 60}) == []
    assert label_warnings(dict.fromkeys("abcdefnty", 40)) == []
    assert label_warnings({"0": 40, "1": 40, "2": 40}, separator=",") == []


def test_label_warnings_report_ranges_that_a_spreadsheet_made_dates_of() -> None:
    (warning,) = label_warnings({"Oct-14": 40, "15-19": 60})
    assert warning.startswith("The classes 'Oct-14' may be ranges that a spreadsheet converted to dates")
    assert label_warnings({"Oct-14": 40, "Nov-14": 60}) == []


@pytest.mark.parametrize(
    ("names", "changed"),
    [
        (["2-Sep", "SEPT1", "ACTB"], "The classes '2-Sep' may be names such as SEPT2"),
        (["1-Mar", "TP53", "BRCA1"], "The classes '1-Mar' may be names such as SEPT2"),
        (["1.00E+05", "10000"], "The classes '1.00E+05' may be numbers or codes such as 1E5"),
        (["2.31E+19", "2310009E13"], "The classes '2.31E+19' may be numbers or codes such as 1E5"),
    ],
)
def test_label_warnings_report_genes_and_numbers_that_a_spreadsheet_changed(names: list[str], changed: str) -> None:
    (warning,) = label_warnings(dict.fromkeys(names, 40))
    assert warning.startswith(changed)


@pytest.mark.parametrize(
    "names", [["2-Sep", "3-Sep", "other"], ["SEPT1", "SEPT2"], ["1.00E-05", "1.00E-04", "0.001"], ["1e5", "100"]]
)
def test_dates_and_numbers_of_one_writing_are_not_reported(names: list[str]) -> None:
    assert label_warnings(dict.fromkeys(names, 40)) == []


def test_label_warnings_report_formulas_of_a_spreadsheet() -> None:
    (warning,) = label_warnings({'="01"': 40, "02": 60})
    assert warning.startswith("The classes '=\"01\"' are formulas of a spreadsheet, and used with their signs")


def test_label_warnings_report_quotes_around_names() -> None:
    (warning,) = label_warnings({'"cat"': 40, "cat's": 60})
    assert "'\"cat\"' have quotes around their names" in warning


@pytest.mark.parametrize(("kind", "advice"), [("table", "data.source.options.nullValue"), ("labels_file", "empty in")])
def test_label_warnings_advise_what_the_kind_of_source_has(kind: str, advice: str) -> None:
    assert advice in label_warnings({"NA": 40, "dog": 60}, kind=kind)[0]


def test_label_warnings_take_the_name_of_a_folder_for_a_class() -> None:
    assert label_warnings({"NA": 40, "None": 60}, kind="folder") == []


def test_label_warnings_tell_words_of_two_alphabets() -> None:
    (warning,) = label_warnings({"c\u0430t": 40, "dog": 60})
    assert "letters of two alphabets in one word" in warning
    assert r"'c\u0430t'" in warning


def test_label_warnings_of_an_increment_compare_with_known_classes_only() -> None:
    assert label_warnings({"bird": 1}, ["cat", "dog"]) == []
    assert "'cat', 'Cat'" in label_warnings({"Cat": 1}, ["cat", "dog"])[0]


def test_labels_that_are_all_different_are_refused() -> None:
    require_repeated(Counter({str(number): 1 for number in range(19)}), "here")
    with pytest.raises(DataError, match=r"Each of the 20 records of here has its own class, such as '0', '1'"):
        require_repeated(Counter({str(number): 1 for number in range(20)}), "here")


INVISIBLE = "\u200b\u200ec\u00ada\ufefft\u2060"
NORMAL = [
    (" cat ", "cat"),
    (INVISIBLE, "cat"),
    ("\U0001f468\u200d\U0001f467", "\U0001f468\u200d\U0001f467"),
    ("cafe\u0301", "caf\u00e9"),
    ("", ""),
    ("none", "none"),
]
MISSING = [(label, None) for label in ("NaN", "NULL", "nu\u200bll", "\\N", None)]


@pytest.mark.parametrize(("label", "expected"), NORMAL + MISSING)
def test_normalize_label_strips_and_composes(label: str | None, expected: str | None) -> None:
    assert normalize_label(label) == expected


@pytest.mark.parametrize(
    ("train", "val", "test", "said"),
    [(90, 5, 4, "'cat' (4 in test)"), (12, 0, 3, "'cat' (0 in val and 3 in test)"), (20, 5, 5, None), (96, 4, 4, None)],
)
def test_small_class_is_reported_if_a_split_has_fewer_than_5_records(
    train: int, val: int, test: int, said: str | None
) -> None:
    counts = {"train": {"cat": train, "dog": 900}, "val": {"cat": val, "dog": 90}, "test": {"cat": test, "dog": 90}}
    warning = small_class_warning(counts, ("cat", "dog"), Splits())
    assert (warning is None) == (said is None)
    assert warning is None or f"small classes: {said}. With prepare.splits.method=stratified" in warning


def test_split_that_no_record_is_meant_for_is_not_counted() -> None:
    assert small_class_warning({"train": {"cat": 9}}, ("cat",), Splits(train=1.0, val=0.0, test=0.0)) is None


@pytest.mark.usefixtures("spark")
def test_prepare_reports_small_classes_only_for_splits_by_hash(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    source = write_source(tmp_path / "raw")
    prepare(configuration(source, tmp_path / "hashed"))
    assert "prepare.splits.method=stratified" in caplog.text
    assert "24 files in 2 classes listed" in caplog.text
    caplog.clear()
    prepare(configuration(source, tmp_path / "stratified", splits={"method": "stratified"}))
    write_source(tmp_path / "given" / "train", count=8)
    prepare(configuration(tmp_path / "given", tmp_path / "named"))
    assert "prepare.splits.method=stratified" not in caplog.text


def test_whole_numbers_that_pandas_wrote_as_floats_are_warned_of() -> None:
    (warning,) = [one for one in label_warnings({"1.0": 20, "2.0": 20}) if "whole numbers" in one]
    assert "'1.0' is another class than '1'" in warning
    assert "data.source.class_names" in warning
    assert not [one for one in label_warnings({"1.0": 20, "2.5": 20}) if "whole numbers" in one]


def test_items_of_one_record_are_usual_and_their_names_are_checked() -> None:
    assert label_warnings({f"m{number}": 1 for number in range(50)}, has_items=True) == []
    (warning,) = label_warnings({"film": 40, "Film": 1, "?x": 3}, has_items=True)
    assert warning.startswith("The items 'film', 'Film' differ only in case")
    (warning,) = label_warnings({"film": 40, "none": 3}, has_items=True)
    assert "'none' is used as an item; if it marks missing labels" in warning


def test_groups_of_similar_items_are_not_all_listed() -> None:
    rows = {name: 9 for number in range(40) for name in (f"film{number}x", f"Film{number}x")}
    warnings = label_warnings(rows, has_items=True)
    assert len(warnings) == 4
    assert warnings[-1] == "37 more groups of items differ only in these ways."
    assert len(label_warnings(rows)) == 40

"""Vocabularies of categories: numbers by frequency, rows as numbers, and files that are not the ones written."""

from pathlib import Path

import numpy as np
import pytest

from headrace.config.configuration_model import Prepare
from headrace.contract import Contract
from headrace.errors import DataError
from headrace.features.contract_spec import Statistics
from headrace.features.tabular.contract_spec import TabularSpec
from headrace.features.tabular.multi_input_preparation import without_parts
from headrace.features.tabular.parse_row_cells import RowCells
from headrace.features.tabular.record_encoder_in_preparation import row_columns
from headrace.features.tabular.vocabulary_encoding import load_vocabulary, save_vocabulary
from headrace.prepare.kept_record_findings import Observations

STATISTICS = Statistics(mean=(10.0,), variance=(1.0,))
VALUES = {"kind": ["b", "a"], "shop": ["x"]}


@pytest.fixture
def spec(tmp_path: Path) -> TabularSpec:
    """Return a layout whose file is in `tmp_path`."""
    (tmp_path / "_headrace").mkdir()
    return save_vocabulary(("size",), STATISTICS, VALUES, tmp_path)


def test_row_is_numbers_then_numbers_of_values(spec: TabularSpec, tmp_path: Path) -> None:
    rows = [RowCells((2.5,), ("b", "x")), RowCells((None,), (None, "y")), RowCells((-1.0,), ("a", None))]
    encoded = load_vocabulary(tmp_path, spec).encode(rows, STATISTICS)
    assert encoded.dtype == np.float32
    assert encoded.tolist() == [[2.5, 2, 2], [10.0, 0, 1], [-1.0, 3, 0]]


def test_values_that_are_mostly_unknown_are_warned_of(spec: TabularSpec, tmp_path: Path) -> None:
    vocabulary, found = load_vocabulary(tmp_path, spec), Observations()
    for kinds, shop in ((("b", "c", "c"), "x"), (("d", None, "a"), "y")):
        rows = [RowCells((1.0,), (kind, shop)) for kind in kinds]
        part = Observations()
        vocabulary.observe(rows, vocabulary.encode(rows, STATISTICS), spec, part)
        found.update(part)
    assert found.warnings(None) == [
        "3 of 5 values of the category 'kind' are not known from training, such as 'c', and all are one value to a "
        "model. Check how they are written."
    ]


def test_category_without_known_values_is_not_warned_of(tmp_path: Path) -> None:
    (tmp_path / "_headrace").mkdir()
    spec, found = save_vocabulary(("size",), STATISTICS, {"order": []}, tmp_path), Observations()
    vocabulary, rows = load_vocabulary(tmp_path, spec), [RowCells((1.0,), ("17",))]
    vocabulary.observe(rows, vocabulary.encode(rows, STATISTICS), spec, found)
    assert found.warnings(None) == []


def test_sizes_count_missing_and_unknown_values(spec: TabularSpec) -> None:
    assert spec.categories == {"kind": 4, "shop": 3}
    assert spec.layout == "rows of size, kind (2 known values), shop (1 known value)"


def test_row_is_described_by_the_names_of_its_values(spec: TabularSpec, tmp_path: Path) -> None:
    vocabulary = load_vocabulary(tmp_path, spec)
    assert vocabulary.describe(np.float32([3.5, 3, 0]), spec) == {"size": "3.5", "kind": "a", "shop": "(missing)"}
    assert vocabulary.describe(np.float32([3.5, 1, 2]), spec) == {"size": "3.5", "kind": "(unknown)", "shop": "x"}
    assert vocabulary.describe(np.float32([*spec.statistics.mean, 3, 0]), spec)["size"].endswith(
        " (the mean, or missing)"
    )
    filled = vocabulary.describe(np.float32([2.5, 3, 0]), spec, RowCells((None,), ("a", None)))
    assert filled["size"] == "missing (filled with mean 2.5)"
    assert vocabulary.describe(np.float32([2.5, 3, 0]), spec, RowCells((2.5,), ("a", None)))["size"] == "2.5"


def test_parts_of_a_record_say_that_a_number_was_missing(spec: TabularSpec, tmp_path: Path) -> None:
    columns = row_columns(spec, Prepare.model_validate({"input": "tabular", "tabular": {"numbers": ["size"]}}))
    contract = Contract(columns=columns, classes=("x", "y"), input_specs={"row": spec})
    parts = without_parts(RowCells((None,), ("a", None)).as_text(), np.float32([2.5, 3, 0]), contract, tmp_path)
    assert [text for text, _ in parts] == ["size: missing (filled with mean 2.5)", "kind: a", "shop: (missing)"]


def test_same_values_in_another_order_are_another_layout(spec: TabularSpec, tmp_path: Path) -> None:
    other = save_vocabulary(("size",), STATISTICS, VALUES | {"kind": ["a", "b"]}, tmp_path)
    assert other.categories == spec.categories
    assert other.structure != spec.structure
    assert spec.with_fitted("categories.json").structure == spec.structure


def test_rows_without_numbers_or_without_categories_are_encoded(tmp_path: Path) -> None:
    (tmp_path / "_headrace").mkdir()
    nothing = Statistics(mean=(), variance=())
    only_categories = load_vocabulary(tmp_path, save_vocabulary((), nothing, {"kind": ["a"]}, tmp_path))
    assert only_categories.encode([RowCells((), ("a",))], nothing).tolist() == [[2]]
    only_numbers = load_vocabulary(tmp_path, save_vocabulary(("size",), STATISTICS, {}, tmp_path))
    assert only_numbers.encode([RowCells((3.0,), ())], STATISTICS).tolist() == [[3.0]]


@pytest.mark.parametrize(("change", "message"), [("remove", "cannot be read"), ("edit", "were changed")])
def test_file_that_is_missing_or_changed_is_refused(
    spec: TabularSpec, tmp_path: Path, change: str, message: str
) -> None:
    file = tmp_path / spec.file
    file.unlink() if change == "remove" else file.write_text('{"kind": ["a", "b"], "shop": ["x"]}')
    with pytest.raises(DataError, match=f"{message}.*restore it"):
        load_vocabulary(tmp_path, spec)

"""Several inputs of a record are named, each with a kind and its columns, or are refused."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from headrace.config import Configuration, load
from headrace.errors import ConfigurationError

PHOTO = {"kind": "image", "column": "file", "size": [8, 8]}
TITLE = {"kind": "text", "column": "title"}
COSTS = {"kind": "tabular", "numbers": ["price"], "categories": ["shop"]}


def configured(columns: dict[str, str] | None = None, source: dict[str, Any] | None = None, **prepare: Any) -> Any:
    table = {"kind": "table", "path": "raw.csv", "format": "csv", "columns": {"label": "sold"} | (columns or {})}
    return Configuration.model_validate(
        {
            "data": {"source": source or table, "table": "table"},
            "prepare": {"inputs": {"photo": PHOTO, "title": TITLE, "costs": COSTS}} | prepare,
            "model": {"file": "image_text"},
            "train": {"run": "run"},
        }
    )


def test_inputs_set_the_kind_and_keep_the_columns_of_each() -> None:
    settings = configured().prepare
    assert settings.input == "record"
    assert settings.cells == ("file", "title", "price", "shop")
    assert settings.path_cells == ("file",)
    assert settings.binary_cells == frozenset()
    assert settings.inputs["photo"].size == (8, 8)


def test_settings_of_one_input_are_those_of_a_table_of_it_alone() -> None:
    settings = configured().prepare
    photo, costs = settings.of_input("photo"), settings.of_input("costs")
    assert (photo.input, photo.image.size, photo.inputs) == ("image", (8, 8), {})
    assert costs.tabular_spec.names == ("price", "shop")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"input": "record", "inputs": {}}, "`inputs` and `input: record` require each other"),
        ({"input": "image"}, "`inputs` and `input: record` require each other"),
        ({"inputs": {"label": TITLE}}, "'label', which is a column of every table"),
        ({"inputs": {"my title": TITLE}}, "String should match pattern"),
        ({"inputs": {"photo": PHOTO, "text": TITLE | {"column": "file"}}}, "takes? the column 'file' for different"),
        ({"inputs": {"title": {"column": "title"}}}, "kind"),
        ({"inputs": {"title": TITLE | {"kind": "video"}}}, "kind"),
        ({"inputs": {"title": TITLE | {"size": 4}}}, "unknown key `size`|Extra inputs|size"),
        ({"inputs": {"title": TITLE | {"column": "sold"}}}, "a model must not receive what it predicts"),
        ({"source": {"path": "raw"}}, "needs rows of a table"),
        ({"near_duplicates": {}}, "remove it for record"),
        ({"splits": {"method": "time"}}, "requires `input: windows`"),
        ({"expectations": {"mean_drift": 1.0}}, "remove it for record"),
    ],
)
def test_invalid_inputs_are_refused(change: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        configured(**change)


@pytest.mark.parametrize("name", ["mean", "standard_deviation", "mean_drift"])
@pytest.mark.parametrize("kind", ["text", "audio"])
def test_expectations_of_channels_are_refused_where_there_are_none(kind: str, name: str) -> None:
    bound: Any = 1.0 if name == "mean_drift" else {"max": 1.0}
    with pytest.raises(ValidationError, match=f"`expectations.{name}` is about the channels of images"):
        configured(inputs={}, input=kind, expectations={name: bound})


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("prepare.inputs.title.colum=x", "unknown key `prepare.inputs.title.colum`; did you mean `column`?"),
        (
            "prepare.inputs.photo.kind=video",
            "`prepare.inputs.photo`: expected `kind` to be image, audio, text, tabular, vector or geo",
        ),
        ("prepare.inputs.photo.size=4", "`prepare.inputs.photo.size`: expected a list such as [4, 4], received 4"),
        ("prepare.inputs.new={kind: text}", "`prepare.inputs.new.column` is not set and has no default; add it"),
    ],
)
def test_message_names_the_key_of_an_input(tmp_path: Path, override: str, message: str) -> None:
    (tmp_path / "conf.yaml").write_text(
        "data: {source: {kind: table, path: raw.csv, format: csv, columns: {label: sold}}, table: table}\n"
        "prepare:\n  inputs:\n    photo: {kind: image, column: file}\n    title: {kind: text, column: title}\n"
        "model: {file: image_text}\ntrain: {run: run}\n"
    )
    with pytest.raises(ConfigurationError) as raised:
        load(tmp_path / "conf.yaml", (override,))
    assert message in str(raised.value)

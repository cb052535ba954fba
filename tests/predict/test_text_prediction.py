"""Raw texts get the predictions of the table's rows, in their order; the others are listed with reasons."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from headrace import bundle as bundles
from headrace.config import Configuration
from headrace.errors import ConfigurationError, DataError
from headrace.explain.job import explain
from headrace.explain.options import ExplainOptions
from headrace.networks.network_build_and_checks import build_model
from headrace.predict.job import PredictOptions, predict
from headrace.predict.records import record_file_reader
from headrace.predict.records.record_file_reader import TextColumns
from headrace.prepare.job import prepare
from headrace.table import Version, read
from tests.support.commands import headrace

pytestmark = [pytest.mark.usefixtures("spark"), pytest.mark.tensorflow]

NETWORK = Path(__file__).parents[2] / "models" / "text_cnn.py"
OPTIONS = {"width": 8, "embedding": 8, "sizes": [2, 3]}
WORDS = ("river", "mill", "wheel", "gate", "stone", "flour", "café", "sluice")
TEXT = {"mask": ["url"], "min_length": 5, "min_letters": 0.6, "fold_case": True, "tokens": {"min_count": 1}}


def texts(rows: int) -> list[str]:
    """All different, and none clean."""
    random = np.random.default_rng(5)
    chosen = (" ".join(random.choice(WORDS, random.integers(2, 12))) for _ in range(rows))
    return [
        f"<b>{text.title()}</b>  {chr(97 + i % 26)}{chr(97 + i // 26)} www.site{i}.org" for i, text in enumerate(chosen)
    ]


TEXTS = texts(40)


def prepared(folder: Path, task: str = "classification", words: Sequence[str] = TEXTS) -> Version:
    (folder / "raw").mkdir(parents=True)
    labels = [number % 3 if task == "regression" else "abc"[number % 3] for number in range(len(words))]
    rows = [
        {"review": text, "label": label, "name": f"r{i}"}
        for i, (text, label) in enumerate(zip(words, labels, strict=True))
    ]
    (folder / "raw" / "texts.json").write_text("\n".join(json.dumps(row) for row in rows))
    source = {
        "kind": "table", "format": "json", "path": str(folder / "raw"),
        "columns": {"input": "review", "identity": "name"},
    }  # fmt: skip
    settings = {
        "data": {"source": source, "table": str(folder / "table")},
        "prepare": {"input": "text", "task": task, "text": TEXT, "shard_rows": 8},
        "model": {"file": "unused.py"},
        "train": {"run": "unused"},
    }
    prepare(Configuration.model_validate(settings))
    return read(folder / "table")


def make_bundle(version: Version, target: Path, **about: Any) -> Path:
    keras.utils.set_random_seed(3)
    model = build_model(NETWORK, version.contract, OPTIONS)
    origin = bundles.Origin(
        run="r", table=str(version.table), data_version=0, steps=1, weights_sha256="0",
        settings=version.summary.settings, text_column=version.summary.source.get("text_column"),
    )  # fmt: skip
    origin = origin.model_copy(update=about)
    return bundles.write(target, model, NETWORK, version.contract, OPTIONS, origin)


@pytest.fixture(scope="module")
def version(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Version:
    return prepared(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def bundle(version: Version, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(version, tmp_path_factory.mktemp("trained") / "bundle")


@pytest.fixture(scope="module")
def answers(version: Version, bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> list[list[float]]:
    """Of the table's own rows, in the order of TEXTS."""
    output = tmp_path_factory.mktemp("answers") / "rows"
    predict(bundle, version.table, output)
    rows = pd.read_parquet(output).set_index("path")["probabilities"]
    return [list(rows[f"texts.json/r{number}"]) for number in range(len(TEXTS))]


def written(folder: Path, kind: str) -> Path:
    """TEXTS in a file of a kind."""
    path = folder / f"texts.{kind}"
    frame = pd.DataFrame({"number": range(len(TEXTS)), "review": TEXTS})
    if kind == "txt":
        path.write_text("\n".join(TEXTS))
    elif kind == "csv":
        frame.to_csv(path, index=False)
    elif kind == "jsonl":
        frame.to_json(path, orient="records", lines=True, force_ascii=False)
    else:
        frame.to_parquet(path, row_group_size=9)
    return path


@pytest.mark.parametrize("kind", ["txt", "csv", "jsonl", "parquet"])
def test_file_of_texts_has_the_predictions_of_the_table_in_file_order(
    kind: str, bundle: Path, answers: list[list[float]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_file_reader, "RECORDS_PER_RANGE", 9)
    columns = TextColumns(identity=None if kind == "txt" else "number")
    result = predict(bundle, written(tmp_path, kind), tmp_path / "output", PredictOptions(columns=columns))
    rows = pd.read_parquet(tmp_path / "output")
    assert (result["rows"], result["rejected"]) == (40, 0)
    assert rows["line"].tolist() == list(range(2, 42) if kind == "csv" else range(1, 41))
    assert set(rows["path"]) == {f"texts.{kind}"}
    assert kind == "txt" or rows["id"].tolist() == [str(number) for number in range(40)]
    assert np.array(rows["probabilities"].tolist()) == pytest.approx(np.array(answers), abs=1e-6)
    assert rows["label"].tolist() == ["abc"[int(np.argmax(one))] for one in answers]
    assert len(list((tmp_path / "output").glob("part-*"))) == 5


def test_folder_of_text_files_has_the_same_predictions(
    bundle: Path, answers: list[list[float]], tmp_path: Path
) -> None:
    (tmp_path / "texts").mkdir()
    for number, text in enumerate(TEXTS):
        (tmp_path / "texts" / f"{number:02d}.txt").write_text(text)
    (tmp_path / "texts" / "empty.txt").touch()
    assert predict(bundle, tmp_path / "texts", tmp_path / "output")["rejected"] == 1
    rows = pd.read_parquet(tmp_path / "output")
    assert list(rows.columns) == ["path", "label", "probabilities"]
    assert rows["path"].tolist() == [f"{number:02d}.txt" for number in range(40)]
    assert np.array(rows["probabilities"].tolist()) == pytest.approx(np.array(answers), abs=1e-6)


def test_texts_that_preparation_would_reject_are_listed_with_its_reasons(bundle: Path, tmp_path: Path) -> None:
    path = tmp_path / "texts.txt"
    path.write_bytes(b"a good mill\n\n<br/>\nmill\n12345 67890 1\n\xe9t\xe9 is not UTF-8\nthe last wheel\n")
    result = predict(bundle, path, tmp_path / "output")
    assert (result["rows"], result["rejected"]) == (2, 5)
    assert pd.read_parquet(tmp_path / "output")["line"].tolist() == [1, 7]
    rejects = pd.read_parquet(tmp_path / "output" / "_rejects")
    assert dict(zip(rejects["path"], rejects["reason"], strict=True)) == {
        "texts.txt:2": "empty",
        "texts.txt:3": "empty",
        "texts.txt:4": "too_short",
        "texts.txt:5": "other_language",
        "texts.txt:6": "not_text",
    }


def test_texts_of_unknown_words_are_warned_of_in_predictions_and_explanations(
    bundle: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "texts.txt").write_text("хорошая книга\nплохая книга\n")
    predict(bundle, tmp_path / "texts.txt", tmp_path / "output")
    warning = "2 of 2 texts have words of which 80% or more are not known from training, such as 'хорошая книга'"
    assert warning in caplog.text
    caplog.clear()
    explain(bundle, tmp_path / "texts.txt", tmp_path / "page.html", ExplainOptions(method="occlusion"))
    assert warning in caplog.text


def test_file_with_a_header_only_holds_no_records(
    bundle: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "texts.csv").write_text("review\n")
    result = predict(bundle, tmp_path / "texts.csv", tmp_path / "output")
    assert (result["rows"], result["rejected"]) == (0, 0)
    assert "No record could be predicted; the inputs hold none." in caplog.text


def test_in_regression_a_text_gets_a_value(tmp_path: Path) -> None:
    version = prepared(tmp_path / "data", "regression")
    bundle = make_bundle(version, tmp_path / "bundle")
    predict(bundle, version.table, tmp_path / "rows")
    predict(bundle, written(tmp_path, "csv"), tmp_path / "texts")
    rows = pd.read_parquet(tmp_path / "rows").set_index("path")["value"]
    found = pd.read_parquet(tmp_path / "texts")
    assert list(found.columns) == ["path", "line", "value"]
    assert found["value"].tolist() == pytest.approx([rows[f"texts.json/r{n}"] for n in range(40)], abs=1e-6)


def test_bundle_without_preparation_needs_column_and_cleaning(version: Version, tmp_path: Path) -> None:
    path = written(tmp_path, "csv")
    named = PredictOptions(columns=TextColumns("review"))
    nameless = make_bundle(version, tmp_path / "nameless", text_column=None)
    with pytest.raises(ConfigurationError, match="name it with --column"):
        predict(nameless, path, tmp_path / "output")
    assert predict(nameless, path, tmp_path / "output", named)["rows"] == 40
    with pytest.raises(ConfigurationError, match=r"texts\.txt has no column 'review': each line is a record"):
        predict(nameless, written(tmp_path, "txt"), tmp_path / "lines", named)
    settings = {key: value for key, value in version.summary.settings.items() if key != "text"}
    silent = make_bundle(version, tmp_path / "silent", settings=settings)
    with pytest.raises(DataError, match="does not record how its inputs were prepared"):
        predict(silent, path, tmp_path / "other")
    assert predict(silent, version.table, tmp_path / "rows")["rows"] == 40


def test_table_with_another_tokenizer_is_refused(bundle: Path, tmp_path: Path) -> None:
    other = prepared(tmp_path / "data", words=TEXTS[:30])
    with pytest.raises(DataError, match="another tokenizer"):
        predict(bundle, other.table, tmp_path / "output")


def test_command_accepts_column_names(bundle: Path, tmp_path: Path) -> None:
    words = ("predict", str(bundle), str(written(tmp_path, "jsonl")), "output", "--column", "review", "--id", "number")
    assert headrace(*words, cwd=tmp_path).json["rows"] == 40
    assert pd.read_parquet(tmp_path / "output").columns[:3].tolist() == ["path", "line", "id"]


UNMASKED = """
import keras
from keras import layers

def build(contract):
    tokens = keras.Input((None,), dtype="int32")
    x = layers.Embedding(contract.require("text").tokenizer.vocabulary_size, 4, name="words")(tokens)
    x = layers.Dense(contract.outputs, activation=contract.output_activation)(layers.GlobalAveragePooling1D()(x))
    return keras.Model(tokens, x)
"""


@pytest.mark.parametrize(("buckets", "is_equal"), [((10_000,), True), (None, False)])
def test_answer_does_not_depend_on_other_texts_if_all_were_padded_to_one_length(
    buckets: tuple[int, ...] | None, is_equal: bool, version: Version, tmp_path: Path
) -> None:
    """The default lengths are the counterexample: a training with them refuses this network."""
    (tmp_path / "network.py").write_text(UNMASKED)
    keras.utils.set_random_seed(3)
    model = build_model(tmp_path / "network.py", version.contract, {})
    origin = bundles.Origin(
        run="r", table=str(version.table), data_version=0, steps=1, weights_sha256="0",
        settings=version.summary.settings, buckets=buckets,
    )  # fmt: skip
    path = bundles.write(tmp_path / "bundle", model, tmp_path / "network.py", version.contract, {}, origin)
    answers = []
    for name, lines in (("alone", TEXTS[:1]), ("together", TEXTS)):
        (tmp_path / f"{name}.txt").write_text("\n".join(lines))
        predict(path, tmp_path / f"{name}.txt", tmp_path / name)
        answers.append(pd.read_parquet(tmp_path / name).sort_values("line")["probabilities"].iloc[0])
    assert (np.abs(answers[0] - answers[1]).max() < 1e-6) == is_equal

"""Estimators follow the conventions of pyspark.ml's Params."""

import inspect
import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from headrace.ml import HeadraceClassifier, HeadraceRegressor

pytestmark = pytest.mark.spark

ESTIMATORS = (HeadraceClassifier, HeadraceRegressor)
GIVEN: dict[str, Any] = {
    "network": "models/cnn.py", "work": "work", "inputs": {"content": "image"}, "labelCol": "animal", "ranks": 2,
    "settings": {"train.epochs": 3, "prepare.image.size": [8, 8]}, "rejectedCol": "why", "weightCol": "weight",
    "validationIndicatorCol": "is_val", "predictionCol": "guess", "featuresCol": "vector",
}  # fmt: skip


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_param_has_doc_getter_and_place_in_the_constructor(estimator: Any) -> None:
    made = estimator()
    signature = inspect.signature(estimator.__init__).parameters
    assert {param.name for param in made.params} == set(signature) - {"self"}
    for param in made.params:
        assert param.parent == made.uid
        assert len(param.doc) > 20 or param.name.endswith("Col")
        assert callable(getattr(made, f"get{param.name[0].upper()}{param.name[1:]}"))
        assert signature[param.name].kind is inspect.Parameter.KEYWORD_ONLY
        assert f"{param.name}: {param.doc}" in made.explainParams()


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_defaults_are_those_of_the_constructor(estimator: Any) -> None:
    made = estimator()
    for name, argument in inspect.signature(estimator.__init__).parameters.items():
        if name == "self":
            continue
        assert not made.isSet(name)
        expected = None if argument.default in (None, {}) else argument.default
        found = made.getOrDefault(name) if made.hasDefault(name) else None
        assert (found or None) == (expected or None)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_given_params_are_returned_and_copied(estimator: Any) -> None:
    made = estimator(**GIVEN)
    values = {name: getattr(made, f"get{name[0].upper()}{name[1:]}")() for name in GIVEN}
    assert values == GIVEN
    made.getSettings()["train.epochs"] = 7
    other = made.copy({made.settings: {"train.epochs": 9}})
    assert other.uid == made.uid
    assert other.getSettings() == {"train.epochs": 9}
    assert made.getSettings() == GIVEN["settings"]
    assert made.setParams(ranks=4).getRanks() == 4


def test_values_of_wrong_types_are_refused() -> None:
    wrong: dict[str, Any] = {"inputs": ["a"], "settings": {"a": {1}}, "ranks": "two", "network": 5, "labelCol": 3}
    for name, value in wrong.items():
        with pytest.raises(TypeError, match=f'Invalid param value given for param "{name}"'):
            HeadraceClassifier(**{name: value})
    with pytest.raises(TypeError, match="Could not convert .*int.* to the kind of the column 'a'"):
        HeadraceClassifier(inputs={"a": 1})
    with pytest.raises(TypeError, match="forces keyword arguments"):
        HeadraceClassifier("cnn")  # type: ignore[misc]
    with pytest.raises(AttributeError, match="HeadraceRegressor has no parameter 'probabilityCol'"):
        HeadraceRegressor().setParams(probabilityCol="p")


def test_settings_are_json_and_not_those_of_the_caller() -> None:
    given: dict[str, Any] = {"prepare.image.size": (8, 8), "model.options": {"width": 3}}
    made = HeadraceClassifier(settings=given, work=Path("folder"))
    given["model.options"]["width"] = 4
    assert made.getSettings() == {"prepare.image.size": [8, 8], "model.options": {"width": 3}}
    assert made.getWork() == "folder"
    json.dumps(made.getSettings())


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_saved_estimator_is_the_same(estimator: Any, spark: SparkSession, tmp_path: Path) -> None:
    made = estimator(**GIVEN)
    made.write().overwrite().save(str(tmp_path / "saved"))
    loaded = estimator.load(str(tmp_path / "saved"))
    assert loaded.uid == made.uid
    assert loaded.extractParamMap() == made.extractParamMap()
    (metadata,) = (tmp_path / "saved" / "metadata").glob("part-*")
    # Saved models name it for ever.
    expected = {HeadraceClassifier: "headrace.ml.classification", HeadraceRegressor: "headrace.ml.regression"}
    assert json.loads(metadata.read_text())["class"] == f"{expected[estimator]}.{estimator.__name__}"

"""The retraining sections: defaults and valid values; a mistake is reported in one sentence."""

from pathlib import Path

import pytest

from headrace.config import load
from headrace.errors import ConfigurationError

SMALLEST = """
data: {source: {path: raw}, table: table}
model: {file: models/cnn.py}
train: {run: run}
registry: {folder: registry, model: clothes}
retrain: {folder: retraining}
"""


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    file = tmp_path / "conf.yaml"
    file.write_text(SMALLEST)
    return file


def test_retrain_and_registry_sections_are_off_by_default(conf: Path) -> None:
    conf.write_text("\n".join(SMALLEST.splitlines()[:4]))
    assert load(conf).retrain is None
    assert load(conf).registry is None


def test_retraining_sections_have_defaults(conf: Path) -> None:
    settings = load(conf).retrain
    assert settings is not None
    assert (settings.initial_weights, settings.test_version, settings.min_new_rows) == ("champion", "first", 1)
    assert (settings.gate.margin, settings.gate.confidence, settings.gate.slices.max_drop) == (0.0, 0.95, 0.05)
    assert settings.predict is None


@pytest.mark.parametrize("value", ["first", "newest", "0", "7"])
def test_test_version_is_a_word_or_a_number(conf: Path, value: str) -> None:
    settings = load(conf, [f"retrain.test_version={value}"]).retrain
    assert settings is not None
    assert str(settings.test_version) == value


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("retrain.gates.margin=1", "unknown key `retrain.gates`; did you mean `retrain.gate`"),
        ("registry.name=x", "unknown key `registry.name`"),
        ("retrain.gate.confidence=1", "`retrain.gate.confidence`: input should be less than 1"),
        ("retrain.gate.metric=speed", "`retrain.gate.metric`: input should be 'accuracy'"),
        ("retrain.gate.bounds={speed: {max: 1}}", "retrain.gate.bounds.speed"),
        (
            "retrain.gate={metric: loss, bounds: {r_squared: {min: 0}}}",
            "`retrain.gate` names r_squared; metrics of classification are accuracy, macro_f1, loss",
        ),
        ("retrain.gate.metric=micro_f1", "`retrain.gate` names micro_f1; metrics of classification are"),
        ("retrain.test_version=last", "retrain.test_version"),
        ("retrain.drift.psi=0", "`retrain.drift.psi`: input should be greater than 0"),
        ("retrain.predict={input: raw}", "`retrain.predict.output` is not set and has no default"),
    ],
)
def test_retraining_section_reports_mistake_in_one_sentence(conf: Path, override: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load(conf, [override])
    assert said in str(refused.value)

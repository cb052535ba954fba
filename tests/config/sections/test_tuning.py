"""The tuning section: defaults and valid values; a mistake is reported in one sentence."""

from pathlib import Path

import pytest

from headrace.config import load
from headrace.config.load import with_values
from headrace.errors import ConfigurationError

SMALLEST = """
data: {source: {path: raw}, table: table}
model: {file: models/mlp.py}
train: {run: run}
tune:
  study: study
  space:
    train.optimizer.learning_rate: {kind: float, low: 1e-4, high: 1e-1, log: true}
"""


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    file = tmp_path / "conf.yaml"
    file.write_text(SMALLEST)
    return file


def test_tune_section_has_defaults(conf: Path) -> None:
    settings = load(conf).tune
    assert settings is not None
    rate = settings.space["train.optimizer.learning_rate"]
    assert (rate.low, rate.high, rate.log) == (0.0001, 0.1, True)
    assert (settings.trials, settings.parallel, settings.ranks) == (20, 1, 1)
    assert (settings.sampler.kind, settings.pruner.kind, settings.keep) == ("tpe", "median", "best")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("model.options.width: {kind: int, low: 8, high: 4}", "with `low` below `high`"),
        ("model.options.width: {kind: int, low: 8}", "kind: int requires `low` and `high`"),
        ("model.options.width: {kind: int, low: 8.5, high: 16}", "kind: int requires whole numbers"),
        ("model.options.width: {kind: int, low: 0, high: 16, log: true}", "`log` requires a `low` above 0"),
        ("model.options.width: {kind: int, low: 1, high: 16, log: true, step: 2}", "and no `step`"),
        ("model.options.width: {kind: int, choices: [1, 2]}", "`choices` is accepted by kind: categorical only"),
        ("model.options.width: {kind: categorical}", "kind: categorical requires `choices`"),
        ("model.options.width: {kind: categorical, choices: [8, 16], low: 3}", "and no other key"),
        ("model.options.width: {kind: categorical, choices: [1, true]}", "contains a value twice"),
        ("model.options.width: {kind: integer, low: 8, high: 16}", "input should be 'float', 'int' or 'categorical'"),
        ("model.options.width: {kind: int, low: 8, hihg: 16}", "unknown key"),
        ("prepare.image.quality: {kind: int, low: 8, high: 90}", "prepare.image.quality cannot be searched"),
        ("train.ranks: {kind: int, low: 1, high: 4}", "train.ranks cannot be searched"),
        ("train.monitor.metric: {kind: categorical, choices: [loss]}", "train.monitor.metric cannot be searched"),
        ("model.file: {kind: categorical, choices: [a.py]}", "model.file cannot be searched"),
    ],
)
def test_space_with_invalid_bounds_is_refused(conf: Path, line: str, sentence: str) -> None:
    conf.write_text(f"{SMALLEST}    {line}\n")
    with pytest.raises(ConfigurationError, match="conf.yaml") as error:
        load(conf)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("tune={study: s, space: {}}", "should have at least 1 item"),
        ("tune.study=hdfs://host/study", "hdfs:// is accepted only by data.source.path"),
        ("tune.sampler.kind=grid", "sampler.kind: grid requires a `step`"),
        ("tune.trials=0", "greater than 0"),
    ],
)
def test_study_with_inconsistent_keys_is_refused(conf: Path, override: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match="command line: ") as error:
        load(conf, [override])
    assert sentence in str(error.value)


def test_trials_at_once_have_one_rank_each(conf: Path) -> None:
    with pytest.raises(ConfigurationError, match="set either `parallel` or `ranks` to 1"):
        load(conf, ["tune.parallel=2", "tune.ranks=2"])


def test_other_values_are_validated_as_the_files_own(conf: Path) -> None:
    before = load(conf)
    after = with_values(before, {"train.optimizer.learning_rate": 0.5, "model.options.width": 7}, "trial")
    assert (after.train.optimizer.learning_rate, after.model.options) == (0.5, {"width": 7})
    assert after.model_dump() == with_values(after, {}, "again").model_dump()
    with pytest.raises(ConfigurationError, match="trial: unknown key `train.optimizer.learning_rte`; did you mean"):
        with_values(before, {"train.optimizer.learning_rte": 0.5}, "trial")

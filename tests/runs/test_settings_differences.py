"""Settings are flat, and only those that differ are returned."""

from headrace.runs.settings_differences import differing, flatten


def test_settings_are_flattened_to_dotted_keys() -> None:
    tree = {"train": {"optimizer": {"learning_rate": 0.1}, "metrics": ["auc"]}, "tune": None}
    assert flatten(tree) == {"train.optimizer.learning_rate": 0.1, "train.metrics": ["auc"], "tune": None}


def test_setting_that_is_a_mapping_in_some_runs_is_one_setting() -> None:
    runs = {
        "a": flatten({"loss": {"class_weights": "none"}, "fine_tune": None}),
        "b": flatten({"loss": {"class_weights": {"cat": 2, "dog": 1}}, "fine_tune": {"bundle": "c", "freeze": []}}),
    }
    assert differing(runs) == {
        "loss.class_weights": {"a": "none", "b": {"cat": 2, "dog": 1}},
        "fine_tune": {"a": None, "b": {"bundle": "c", "freeze": []}},
    }


def test_only_settings_that_differ_remain() -> None:
    runs = {"a": {"seed": 1, "flag": 1, "same": [1]}, "b": {"seed": 2, "flag": True, "same": [1], "new": 3}}
    assert differing(runs) == {
        "seed": {"a": 1, "b": 2},
        "flag": {"a": 1, "b": True},
        "new": {"a": None, "b": 3},
    }

"""What the search says of its trials."""

from headrace.tune.search_loop import _as_overrides


def test_settings_of_a_trial_are_written_as_overrides() -> None:
    values = {"train.optimizer.learning_rate": 0.0011781448719376517, "model.options.width": 8, "model.file": "a b.py"}
    assert _as_overrides(values) == "train.optimizer.learning_rate=0.00117814 model.options.width=8 model.file=a b.py"

"""Any input can be evaluated; only images are shown."""

import json

import numpy as np

from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.targets.classification.evaluation import Classification

PATHS = np.array(["a", "b", "c"])
LABELS = np.array([0, 1, 1])
ANSWERS = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]], np.float32)


def test_only_mistakes_on_images_have_pictures() -> None:
    for inputs, shown in ((np.ones((3, 5), np.int32), False), (np.ones((3, 4, 4, 3), np.uint8), True)):
        judge = Classification(("no", "yes"))
        judge.add(EvaluationBatch(PATHS, LABELS, inputs, ANSWERS))
        figures = json.loads(json.dumps(judge.metrics()))
        (mistake,) = figures["worst"]
        assert (mistake["path"], mistake["label"], mistake["predicted"]) == ("b", "yes", "no")
        assert (mistake["png"] is not None) == shown
        assert figures["confusion"] == [[1, 0], [1, 1]]
        assert figures["intervals"]["accuracy"][0] <= 2 / 3 <= figures["intervals"]["accuracy"][1]


def test_class_without_rows_is_listed_and_enters_no_mean() -> None:
    with_ghosts, without = Classification(("no", "yes", "ghost")), Classification(("no", "yes"))
    with_ghosts.add(EvaluationBatch(PATHS, LABELS, np.ones((3, 5), np.int32), np.pad(ANSWERS, ((0, 0), (0, 1)))))
    without.add(EvaluationBatch(PATHS, LABELS, np.ones((3, 5), np.int32), ANSWERS))
    found, expected = with_ghosts.metrics(), without.metrics()
    assert (found["absent"], expected["absent"]) == (["ghost"], [])
    assert found["metrics"]["macro_f1"] == expected["metrics"]["macro_f1"]
    assert found["intervals"]["macro_f1"] == expected["intervals"]["macro_f1"]

"""Scores of masks agree with scikit-learn and Keras, for any division of the rows."""

import keras
import numpy as np
import pytest
from sklearn.metrics import f1_score, jaccard_score

from headrace.config.sections.training import Loss
from headrace.contract import IGNORED_PIXEL, Column, Contract
from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.features.contract_spec import Statistics
from headrace.features.image.contract_spec import ImageSpec
from headrace.targets.mask.evaluation import Segmentation
from headrace.targets.mask.kind_traits import SCORES
from headrace.targets.mask.objective import make_loss, make_metric
from headrace.targets.mask.pixel_counts import pixel_counts, scores

pytestmark = pytest.mark.tensorflow
CLASSES, ROWS, SIDE = 4, 12, 5


def contract() -> Contract:
    """Return a contract of masks of four classes."""
    return Contract(
        columns={
            "image": Column(role="input", codec="raw", dtype="uint8", shape=(SIDE, SIDE, 3)),
            "label": Column(role="target", codec="raw", dtype="uint8", shape=(SIDE, SIDE)),
        },
        classes=("a", "b", "c", "d"),
        task="mask",
        input_specs={"image": ImageSpec(statistics=Statistics(mean=(0.0,) * 3, variance=(1.0,) * 3))},
    )


def masks() -> tuple[np.ndarray, np.ndarray]:
    """Return true masks with ignored pixels, and probabilities; the last class neither occurs nor is predicted."""
    random = np.random.default_rng(3)
    true = random.integers(0, CLASSES - 1, (ROWS, SIDE, SIDE)).astype(np.uint8)
    odds = random.random((ROWS, SIDE, SIDE, CLASSES)).astype(np.float32) + 2 * np.eye(CLASSES, dtype="f4")[true] / 3
    odds[..., -1] = 0.001
    true[random.random(true.shape) < 0.2] = IGNORED_PIXEL
    return true, odds / odds.sum(-1, keepdims=True)


def test_scores_agree_with_scikit_learn() -> None:
    true, probabilities = masks()
    predicted, counted = probabilities.argmax(-1), true != IGNORED_PIXEL
    found = scores(pixel_counts(true, predicted.astype(np.uint8), CLASSES).sum(0))
    pair = true[counted], predicted[counted]
    assert found["mean_iou"] == pytest.approx(jaccard_score(*pair, average="macro"), rel=1e-12)
    assert found["mean_dice"] == pytest.approx(f1_score(*pair, average="macro"), rel=1e-12)
    assert found["pixel_accuracy"] == pytest.approx((pair[0] == pair[1]).mean(), rel=1e-12)


def test_training_metrics_of_ranks_add_up_to_those_of_the_evaluation() -> None:
    true, probabilities = masks()
    weights = (true != IGNORED_PIXEL).astype(np.float32)
    filled = np.where(weights > 0, true, 0)
    expected = scores(pixel_counts(true, probabilities.argmax(-1).astype(np.uint8), CLASSES).sum(0))
    for name in SCORES:
        ranks = [make_metric(name, contract()) for _ in range(2)]
        for metric, rows in zip(ranks, (slice(0, 5), slice(5, ROWS)), strict=True):
            metric.update_state(filled[rows], probabilities[rows], sample_weight=weights[rows])
        ranks[0].confusion.assign(ranks[0].confusion + ranks[1].confusion)
        assert float(ranks[0].result()) == pytest.approx(expected[name], rel=1e-12)
    reference = keras.metrics.MeanIoU(CLASSES, sparse_y_pred=False)
    reference.update_state(filled, probabilities, sample_weight=weights)
    assert float(reference.result()) == pytest.approx(expected["mean_iou"], rel=1e-6)


def test_evaluation_has_intervals_and_the_loss_of_training() -> None:
    true, probabilities = masks()
    evaluator = Segmentation(contract().classes)
    paths = np.array([str(row) for row in range(ROWS)])
    for rows in (slice(0, 7), slice(7, ROWS)):
        inputs = np.zeros((len(true[rows]), SIDE, SIDE, 3), np.uint8)
        evaluator.add(EvaluationBatch(paths[rows], true[rows], inputs, probabilities[rows]))
    found = evaluator.metrics()
    assert found["absent"] == ["d"]
    assert found["by_class"]["d"]["iou"] is None
    for name in (*SCORES, "loss"):
        low, high = found["intervals"][name]
        assert low < found["metrics"][name] < high
    assert np.array(found["confusion"]).sum() == found["pixels"] == (true != IGNORED_PIXEL).sum()
    counted = true != IGNORED_PIXEL
    weights = counted / counted.mean((1, 2), keepdims=True)
    loss = make_loss(Loss(), contract())(np.where(counted, true, 0), probabilities, sample_weight=weights)
    assert float(loss) == pytest.approx(found["metrics"]["loss"], rel=1e-5)

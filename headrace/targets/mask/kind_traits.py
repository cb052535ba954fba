"""Traits of mask targets, importable without an engine."""

from headrace.targets.target_kind_traits import TargetKindTraits

SCORES = ("mean_iou", "pixel_accuracy", "mean_dice")

TRAITS = TargetKindTraits(
    label_meaning="the path of a mask, an image with a class for each pixel",
    output_kind="mask",
    has_classes=True,
    has_one_class=False,
    is_per_pixel=True,
    output_name="probabilities",
    output_meaning="the probability of each class of each pixel, in the order of labels.txt",
    activation="softmax",
    comparison_metrics=SCORES,
    slice_metric="mean_iou",
    training_metrics=SCORES,
    default_training_metrics=("mean_iou", "pixel_accuracy"),
)

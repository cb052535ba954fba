"""Traits of retrieval targets, importable without an engine."""

from headrace.targets.target_kind_traits import TargetKindTraits

TRAITS = TargetKindTraits(
    label_meaning="the id of the item that was chosen, one of up to 100,000",
    output_kind="item",
    has_classes=True,
    has_one_class=True,
    has_items=True,
    output_name="probabilities",
    output_meaning="the probability of each item, in the order of labels.txt",
    activation="softmax",
    comparison_metrics=("recall_at_10", "mean_reciprocal_rank", "loss"),
    slice_metric="recall_at_10",
    training_metrics=("recall_at_1", "recall_at_10", "recall_at_50", "mean_reciprocal_rank"),
    default_training_metrics=("recall_at_10", "mean_reciprocal_rank"),
)

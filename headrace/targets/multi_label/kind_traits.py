"""Properties of multi-label targets, importable without an engine."""

from headrace.targets.target_kind_traits import TargetKindTraits

TRAITS = TargetKindTraits(
    label_meaning="any number of class names",
    output_kind="labels",
    has_classes=True,
    has_one_class=False,
    list_noun="several class names",
    output_name="probabilities",
    output_meaning="the probability of each class, in the order of labels.txt",
    activation="sigmoid",
    comparison_metrics=("macro_f1", "micro_f1", "binary_accuracy", "loss"),
    slice_metric="macro_f1",
    training_metrics=("binary_accuracy", "macro_f1", "micro_f1", "auc"),
    default_training_metrics=("binary_accuracy", "macro_f1"),
)

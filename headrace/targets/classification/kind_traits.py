"""Properties of classification targets, importable without an engine."""

from headrace.targets.target_kind_traits import TargetKindTraits

TRAITS = TargetKindTraits(
    label_meaning="one class name",
    output_kind="class",
    has_classes=True,
    has_one_class=True,
    output_name="probabilities",
    output_meaning="the probability of each class, in the order of labels.txt",
    activation="softmax",
    comparison_metrics=("accuracy", "macro_f1", "loss"),
    slice_metric="accuracy",
    training_metrics=("accuracy", "top_5_accuracy", "auc"),
    default_training_metrics=("accuracy",),
)

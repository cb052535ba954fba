"""Properties of regression targets, importable without an engine."""

from headrace.targets.target_kind_traits import TargetKindTraits

ERRORS = ("mean_absolute_error", "root_mean_squared_error")

TRAITS = TargetKindTraits(
    label_meaning="a number",
    output_kind="number",
    has_classes=False,
    has_one_class=False,
    output_name="values",
    output_meaning="the predicted number",
    activation="linear",
    comparison_metrics=(*ERRORS, "r_squared"),
    slice_metric="mean_absolute_error",
    training_metrics=ERRORS,
    default_training_metrics=ERRORS,
)

"""What every layer may know of regression."""

from headrace.targets.target_kind_properties import TargetKindProperties

ERRORS = ("mean_absolute_error", "root_mean_squared_error")

PROPERTIES = TargetKindProperties(
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

"""Properties of vector targets, importable without an engine."""

from headrace.targets.regression.kind_traits import ERRORS
from headrace.targets.target_kind_traits import TargetKindTraits

TRAITS = TargetKindTraits(
    label_meaning="a list of numbers, of one length in all records",
    output_kind="vector",
    has_classes=False,
    has_one_class=False,
    list_noun="a list of numbers",
    is_sized=True,
    may_be_input=True,
    output_name="values",
    output_meaning="the predicted vector",
    activation="linear",
    comparison_metrics=(*ERRORS, "r_squared"),
    slice_metric="mean_absolute_error",
    training_metrics=ERRORS,
    default_training_metrics=ERRORS,
)

"""What every layer may know of windows."""

from headrace.features.input_kind_description import InputKindDescription

DESCRIPTION = InputKindDescription(
    is_file=False,
    is_cell=False,
    noun="windows of numbers",
    input_name="windows",
    visible_keys=(),
    methods=(),
    has_near_duplicates=False,
    is_fitted=True,
    has_pictures=False,
    statistics_axis="feature",
)

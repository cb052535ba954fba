"""Traits of the windows kind, importable without an engine."""

from headrace.features.input_kind_traits import InputKindTraits

TRAITS = InputKindTraits(
    is_file=False,
    is_cell=False,
    noun="windows of numbers",
    input_name="windows",
    visible_keys=(),
    methods=(),
    has_time=True,
    has_channel_statistics=True,
    has_near_duplicates=False,
    is_fitted=True,
    has_pictures=False,
    statistics_axis="feature",
)

"""Properties of the windows kind, importable without an engine."""

from headrace.features.input_kind_properties import InputKindProperties

PROPERTIES = InputKindProperties(
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

"""Properties of windows."""

from headrace.features.feature_properties import FeatureProperties

PROPERTIES = FeatureProperties(
    is_file=False,
    is_cell=False,
    noun="windows of numbers",
    input_name="windows",
    visible_keys=(),
    methods=(),
    has_near_duplicates=False,
    is_fitted=True,
    has_pictures=False,
)

"""Facts of windows."""

from headrace.features.feature_facts import FeatureFacts

FACTS = FeatureFacts(
    input_name="windows",
    visible_keys=(),
    methods=(),
)

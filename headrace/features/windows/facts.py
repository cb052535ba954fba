"""Facts of windows."""

from headrace.features.feature_facts import FeatureFacts

FACTS = FeatureFacts(
    noun="windows of numbers",
    input_name="windows",
    visible_keys=(),
    methods=(),
)

"""Facts of texts."""

from headrace.features.feature_facts import FeatureFacts

FACTS = FeatureFacts(
    input_name="tokens",
    visible_keys=("repair", "html", "fold_case", "mask", "stop_words"),
    methods=("integrated-gradients", "occlusion"),
)

"""Facts of texts."""

from headrace.features.feature_facts import FeatureFacts

FACTS = FeatureFacts(
    noun="texts",
    input_name="tokens",
    visible_keys=("repair", "html", "fold_case", "mask", "stop_words"),
    methods=("integrated-gradients", "occlusion"),
)

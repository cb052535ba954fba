"""Properties of texts."""

from headrace.features.feature_properties import FeatureProperties

PROPERTIES = FeatureProperties(
    is_file=True,
    is_cell=True,
    noun="texts",
    input_name="tokens",
    visible_keys=("repair", "html", "fold_case", "mask", "stop_words"),
    methods=("integrated-gradients", "occlusion"),
    has_near_duplicates=True,
    is_fitted=True,
    has_pictures=False,
    suffixes=(".txt", ".text", ".md", ".html"),
)

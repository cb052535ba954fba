"""Traits of the text kind, importable without an engine."""

from headrace.features.input_kind_traits import InputKindTraits

TRAITS = InputKindTraits(
    is_file=True,
    is_cell=True,
    noun="texts",
    input_name="tokens",
    visible_keys=("repair", "html", "fold_case", "mask", "stop_words"),
    methods=("integrated-gradients", "occlusion"),
    has_near_duplicates=True,
    is_fitted=True,
    has_pictures=False,
    is_staged=True,
    suffixes=(".txt", ".text", ".md", ".html"),
)

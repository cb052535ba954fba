"""Traits of the image kind, importable without an engine."""

from headrace.features.input_kind_traits import InputKindTraits

TRAITS = InputKindTraits(
    is_file=True,
    is_cell=False,
    noun="images",
    input_name="images",
    visible_keys=("resize", "white"),
    methods=("integrated-gradients", "grad-cam"),
    has_channel_statistics=True,
    has_near_duplicates=True,
    is_fitted=False,
    has_pictures=True,
    has_pixels=True,
    exports_files=True,
)

"""Traits of the kind of several inputs, importable without an engine."""

from headrace.features.input_kind_traits import InputKindTraits

TRAITS = InputKindTraits(
    is_file=False,
    is_cell=True,
    noun="records of several inputs",
    input_name="inputs",
    visible_keys=(),
    methods=("occlusion",),
    has_near_duplicates=False,
    is_fitted=True,
    has_pictures=False,
    is_staged=True,
    statistics_axis="input",
)

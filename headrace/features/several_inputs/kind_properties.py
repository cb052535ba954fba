"""Traits of the record kind, importable without an engine."""

from headrace.features.input_kind_properties import InputTraits

TRAITS = InputTraits(
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

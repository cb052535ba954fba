"""Traits of the tabular kind, importable without an engine."""

from headrace.features.input_kind_traits import InputKindTraits

TRAITS = InputKindTraits(
    is_file=False,
    is_cell=True,
    noun="rows of numbers and categories",
    input_name="rows",
    visible_keys=("missing",),
    methods=("occlusion",),
    has_near_duplicates=False,
    is_fitted=True,
    has_pictures=False,
    has_cells=True,
    is_staged=True,
    statistics_axis="number",
)

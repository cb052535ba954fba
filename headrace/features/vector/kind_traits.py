"""Traits of the vector kind, importable without an engine."""

from headrace.features.input_kind_traits import InputKindTraits

TRAITS = InputKindTraits(
    is_file=False,
    is_cell=True,
    has_cells=True,
    noun="vectors of numbers",
    input_name="vectors",
    visible_keys=("missing",),
    methods=(),
    has_near_duplicates=False,
    is_fitted=True,
    has_pictures=False,
    statistics_axis="component",
)

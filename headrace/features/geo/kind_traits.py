"""Traits of the geo kind, importable without an engine."""

from headrace.features.input_kind_traits import InputKindTraits

TRAITS = InputKindTraits(
    is_file=False,
    is_cell=True,
    has_cells=True,
    noun="locations",
    input_name="places",
    visible_keys=("missing",),
    methods=(),
    has_near_duplicates=False,
    is_fitted=False,
    has_pictures=False,
)

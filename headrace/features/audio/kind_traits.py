"""Traits of the audio kind, importable without an engine."""

from headrace.features.input_kind_traits import InputKindTraits

TRAITS = InputKindTraits(
    is_file=True,
    is_cell=False,
    noun="sounds",
    input_name="audio",
    visible_keys=("align", "channels"),
    methods=("occlusion",),
    has_near_duplicates=False,
    is_fitted=False,
    has_pictures=True,
    suffixes=(".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff"),
)

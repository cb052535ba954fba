"""Properties of the audio kind, importable without an engine."""

from headrace.features.input_kind_properties import InputKindProperties

PROPERTIES = InputKindProperties(
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

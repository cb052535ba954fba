"""Preview files that are records: classes with counts, and what preparation would reject."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from headrace.config.sections.inputs.audio import Audio
from headrace.config.sections.preparation import Prepare
from headrace.features.input_kind_loader import KINDS, input_traits
from headrace.prepare.encoders.label_encoder_interface import describe_missing_label
from headrace.prepare.encoders.record_encoder_in_preparation_interface import RecordEncoder, encoder_for
from headrace.prepare.labels.suspicious_class_names_and_counts import label_warnings
from headrace.prepare.preview.preview_limits import EXAMPLES, FILES, MAX_BYTES, ROWS
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources.folders.derived_file_warnings import derived_name_warnings
from headrace.prepare.sources.folders.masks_among_images_warning import mask_warnings
from headrace.prepare.sources.folders.text_folder_litter import litter_warnings, without_litter
from headrace.prepare.sources.raw_file_and_record import Listing, RawRecord

# Whether sounds are short or long depends on settings that only a configuration has.
SOUND_DEFAULTS = (
    f"Sounds are checked with the defaults prepare.audio.seconds {Audio().seconds:g} and prepare.audio.rate "
    f"{Audio().rate}; a configuration may have others."
)
Reader = Callable[[str, Any, int], Iterator[RawRecord]]


def preview_files(listing: Listing, read: Reader, kind: str) -> dict[str, Any]:
    """Return classes and splits of all files of a folder, or of the first records of archives."""
    spread = listing.files[:: max(1, len(listing.files) // FILES)]
    records = list(islice((record for file in spread for record in read(listing.root, file, MAX_BYTES)), ROWS))
    checked_records = records[:: max(1, len(records) // FILES)]
    guessed = _guess_kind(checked_records)
    encoder = encoder_for(Prepare.model_validate({"input": guessed}))
    checked = [(record.path, _rejection(record, encoder)) for record in checked_records]
    observations = encoder.take_observations()
    if kind == "archive":
        for record in records:
            observations.add_member(record.path, record.label, record.name_finding)
        observations.add_member_names([record.path for record in records])
    rejected = [(path, rejection) for path, rejection in checked if rejection is not None]
    found_in_names = (*mask_warnings(listing.files), *derived_name_warnings(listing.files))
    if guessed == "text" and kind == "folder":
        found_in_names += tuple(litter_warnings(listing.files))
        listing = without_litter(listing)
    named = listing.files if listing.classes else records
    names = [f"In {listing.root}, {warning}" for warning in found_in_names]
    defaults = [SOUND_DEFAULTS] if guessed == "audio" else []
    classes = Counter(one.label for one in named if one.label)
    return {
        "files": len(listing.files),
        "splits": dict(Counter(one.split for one in named if one.split)),
        "classes": dict(classes.most_common()),
        "sampled": len(checked),
        "is_sample": len(checked) < len(records) or len(spread) < len(listing.files) or len(records) == ROWS,
        "rejects": dict(Counter(str(rejection.reason) for _, rejection in rejected)),
        "rejected": [f"{path}: {rejection.detail}" for path, rejection in rejected[:EXAMPLES]],
        "warnings": [*label_warnings(classes, kind=kind), *observations.warnings(None), *names, *defaults],
    }


def _guess_kind(records: list[RawRecord]) -> str:
    """Return the input kind that the suffixes of most records stand for.

    Files of a kind with suffixes of its own, such as audio, may be fewer than half: their texts lie beside them.
    """
    suffixes = Counter(Path(record.path).suffix.lower() for record in records)
    counts = {kind: sum(suffixes[suffix] for suffix in input_traits(kind).suffixes) for kind in KINDS}
    others = [kind for kind in KINDS if not input_traits(kind).is_cell and 4 * counts[kind] > len(records)]
    commonest = max(others or KINDS, key=lambda kind: counts[kind])
    return commonest if others or 2 * counts[commonest] > len(records) else "image"


def _rejection(record: RawRecord, encoder: RecordEncoder) -> RejectedRecordError | None:
    """Return why a record would be rejected by the default settings; the encoder notes what else is found in it."""
    try:
        if record.rejection is not None:
            return record.rejection
        if record.label is None:
            return RejectedRecordError(Reason.NO_LABEL, describe_missing_label(Prepare().target))
        if isinstance(record.data, bytes):
            encoder.row(record)
    except RejectedRecordError as rejection:
        return rejection
    return None

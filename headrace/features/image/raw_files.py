"""Raw image files in a prediction."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from headrace.config.configuration import Prepare
from headrace.errors import DataError
from headrace.predict.inputs import STDIN, InputFile, RawFileLimits, read_raw
from headrace.predict.output import BATCH, PredictionOutput
from headrace.prepare.encoders.images.image_codec import decode_image
from headrace.prepare.readers import format_from_name
from headrace.prepare.rejects.rejection import Reason, RejectedRecordError
from headrace.prepare.sources.archives.archive import ARCHIVE
from headrace.prepare.sources.raw_records import escape_path

if TYPE_CHECKING:
    from headrace.inference import Inference

log = logging.getLogger(__name__)


def limits(settings: Prepare) -> RawFileLimits:
    """See `RawFilesInterface`."""
    return RawFileLimits(settings.image.max_bytes, Reason.NOT_AN_IMAGE)


def require_single_records(files: Sequence[InputFile]) -> None:
    """Raise if the names of all files stand for many images each, and warn of archives beside images.

    Raises:
        DataError: all files are archives, or tables.
    """
    archives = [file for file in files if ARCHIVE.search(file.file)]
    many = archives + [file for file in files if format_from_name(file.file) and file.path != STDIN]
    if many and len(many) == len(files):
        raise DataError(
            f"{escape_path(str(many[0].path))} is {'an archive' if archives else 'a table'}, and each file is "
            "one image; extract its images into a folder, or prepare it and predict the table."
        )
    if archives:
        log.warning("%s archives, such as %r, are not opened; each file is one image.", len(archives), archives[0].name)


def predict_files(files: Sequence[InputFile], settings: Prepare, inference: "Inference") -> PredictionOutput:
    """See `RawFilesInterface`."""
    output = PredictionOutput()
    for begin in range(0, len(files), BATCH):
        images = []
        for file in files[begin : begin + BATCH]:
            try:
                decoded = decode_image(read_raw(file, settings), settings.image)
                output.observations.add_image(decoded, file.name)
                images.append(decoded.pixels)
                output.paths.append(file.name)
            except RejectedRecordError as rejection:
                output.reject(file.name, rejection)
        if images:
            output.batches.append(inference.predict(inference.apply_codec(images, settings.image)))
    return output

"""Describe the audio that an exported model takes as input."""

from headrace.bundle import Bundle
from headrace.features.audio.contract_spec import AudioSpec


def describe_input(bundle: Bundle) -> str:
    """See `ExportInputInterface`."""
    contract, spec = bundle.contract, bundle.origin.prepare.audio
    rate = AudioSpec.of(contract).rate
    place = "their center is kept" if spec.align == "center" else "their start is kept"
    return (
        f"audio (rows, {contract.input_shape[0]}): 16-bit samples, {rate} per second, any number "
        f"of rows. Prepare other audio as in training: one channel ({spec.channels} of several), resampled with soxr "
        f"(quality HQ); of longer ones {place}, shorter ones are padded with zeros in the same place."
    )

"""Explain predictions for audio: the time ranges that they depend on."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headrace.bundle import Bundle
from headrace.bundle_inference import Inference
from headrace.explain.attribution.part_and_token_removal import score_decreases
from headrace.explain.explainer_interface import ExplanationWords
from headrace.explain.explanation_of_one_input import ExplainedPrediction, Explanation, Rendering
from headrace.explain.heatmap_drawing import overlay, picture
from headrace.explain.options import ExplainOptions
from headrace.explain.raw_records_to_explain import RawInput, RawInputs, raw_files
from headrace.features.audio.display_spectrogram import spectrogram
from headrace.features.audio.wav_data_uri import wav_data_uri
from headrace.prepare.encoders.sounds.sound_decoder import Samples, decode_audio
from headrace.prepare.kept_record_findings import Observations

# Number of time ranges that are silenced one after another; each overlaps the next by half.
TIME_RANGES = 24

WORDS = ExplanationWords(
    noun="audio file",
    legend="A picture is a spectrogram: time from left to right, frequency from below, 0 to half the rate.",
    occlusion=f"silences one of {TIME_RANGES} time ranges after another and shows how much the score decreases. It "
    "needs only predictions, no gradients. Its values do not add up: if a sound occurs twice, each compensates for the "
    "loss of the other.",
)


def read_inputs(bundle: Bundle, source: Path, options: ExplainOptions) -> RawInputs:
    """See `ExplainerInterface`."""
    return raw_files(source, bundle.origin.prepare, options.column, options.reader_options)


def make_explainer(bundle: Bundle, inference: Inference, options: ExplainOptions) -> "AudioExplainer":
    """See `ExplainerInterface`."""
    return AudioExplainer(bundle, inference, options)


class AudioExplainer:
    """Explains audio files with one bundle.

    Attributes:
        missing: reasons why methods that fit audio cannot explain this network; none.
        observations: what was found in the explained inputs.
    """

    def __init__(self, bundle: Bundle, inference: Inference, options: ExplainOptions) -> None:
        self._contract, self._spec, self._inference = bundle.contract, bundle.origin.prepare.audio, inference
        self._class = options.class_number(bundle.contract)
        options.methods(bundle.contract)
        self.missing: dict[str, str] = {}
        self.observations = Observations()

    def explain(self, raw: RawInput) -> Explanation:
        """Return the explanation of one audio file.

        Raises:
            RejectedRecordError: the file is not audio, or preparation would reject it.
        """
        decoded = decode_audio(raw.content, self._spec)
        self.observations.add_findings("audio file", decoded.findings, raw.path)
        samples = decoded.samples
        prediction = ExplainedPrediction.select(self._contract, self._inference.predict(samples[None])[0], self._class)
        decreases = silenced(self._inference, samples, prediction.class_number)
        image = spectrogram(samples)
        heat = np.broadcast_to(np.interp(*_over_time(decreases, image.shape[1])), image.shape[:2])
        rendering = Rendering("occlusion", overlay(image, heat))
        sound = wav_data_uri(samples, self._spec.rate)
        return Explanation(raw.path, prediction, None, (rendering,), picture(image), sound)


def silenced(inference: Inference, samples: Samples, class_number: int | None) -> NDArray[np.float64]:
    """Return by how much the score decreases when each of TIME_RANGES time ranges is silenced: (TIME_RANGES,)."""
    edges = np.linspace(0, len(samples), TIME_RANGES + 2).astype(int)
    rows = np.tile(samples, (TIME_RANGES + 1, 1))
    for time_range in range(TIME_RANGES):
        rows[time_range + 1, edges[time_range] : edges[time_range + 2]] = 0
    return score_decreases(inference, rows, class_number)


def _over_time(
    decreases: NDArray[np.float64], frames: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the arguments with which `np.interp` spreads the decreases over the frames of a spectrogram."""
    centers = np.arange(1, len(decreases) + 1) / (len(decreases) + 1)
    return (np.arange(frames) + 0.5) / frames, centers, decreases

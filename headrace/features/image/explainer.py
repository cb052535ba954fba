"""Explain predictions for images: the pixels that they depend on."""

from pathlib import Path

from headrace.bundle import Bundle
from headrace.bundle_inference import Inference
from headrace.explain.attribution.grad_cam import GradCam, NoFeatureMapError
from headrace.explain.attribution.image_integration_path import ImageNetwork, ImagePath
from headrace.explain.attribution.integrated_gradients import Attribution, integrate
from headrace.explain.explainer_interface import ExplanationWords
from headrace.explain.explanation_of_one_input import ExplainedPrediction, Explanation, Rendering
from headrace.explain.heatmap_drawing import enlarge, overlay, picture
from headrace.explain.options import ExplainOptions
from headrace.explain.raw_records_to_explain import RawInput, RawInputs, raw_files
from headrace.features.image.contract_spec import ImageSpec
from headrace.prepare.encoders.images.image_transcoding import decode_image
from headrace.prepare.kept_record_findings import Observations

WORDS = ExplanationWords(
    noun="image", gradients="for each pixel. The baseline is the mean colour of the training images."
)


def read_inputs(bundle: Bundle, source: Path, options: ExplainOptions) -> RawInputs:
    """See `ExplainerInterface`."""
    return raw_files(source, bundle.origin.prepare, options.column, options.reader_options)


def make_explainer(bundle: Bundle, inference: Inference, options: ExplainOptions) -> "ImageExplainer":
    """See `ExplainerInterface`."""
    return ImageExplainer(bundle, inference, options)


class ImageExplainer:
    """Explains image files with one bundle.

    Attributes:
        missing: reasons why methods that fit images cannot explain this network, by method.
        observations: what was found in the explained inputs.
    """

    def __init__(self, bundle: Bundle, inference: Inference, options: ExplainOptions) -> None:
        contract = bundle.contract
        self._contract, self._spec, self._inference = contract, bundle.origin.prepare.image, inference
        self._steps, self._class = options.steps, options.class_number(contract)
        self._baseline = ImageSpec.of(contract).statistics.mean
        self.missing: dict[str, str] = {}
        self.observations = Observations()
        methods, model = options.methods(contract), bundle.model()
        self._network = ImageNetwork(model, contract) if "integrated-gradients" in methods else None
        self._grad_cam: GradCam | None = None
        try:
            self._grad_cam = GradCam(model, contract) if "grad-cam" in methods else None
        except NoFeatureMapError as reason:
            self.missing["grad-cam"] = str(reason)

    def explain(self, raw: RawInput) -> Explanation:
        """Return the explanation of one image file.

        Raises:
            RejectedRecordError: the file is not an image, or preparation would reject it.
        """
        decoded = decode_image(raw.content, self._spec)
        self.observations.add_image(decoded, raw.path)
        pixels = self._inference.apply_codec([decoded.pixels], self._spec)
        image = pixels[0]
        prediction = ExplainedPrediction.select(self._contract, self._inference.predict(pixels)[0], self._class)
        renderings: list[Rendering] = []
        integrated: Attribution | None = None
        if self._network:
            path = ImagePath(self._network, image, self._baseline, prediction.class_number)
            integrated = integrate(path, self._steps)
            renderings.append(Rendering("integrated-gradients", overlay(image, integrated.attributions.sum(axis=2))))
        if self._grad_cam:
            heat = self._grad_cam.heatmap(image, prediction.class_number)
            renderings.append(Rendering("grad-cam", overlay(image, enlarge(heat, image.shape))))
        return Explanation(raw.path, prediction, integrated, tuple(renderings), picture(image))

"""Images, explained one after the other."""

from headrace.bundle import Bundle
from headrace.explain.explanation import ExplainedPrediction, Explanation, Rendering
from headrace.explain.grad_cam import GradCam, NoFeatureMapError
from headrace.explain.heatmaps import enlarge, overlay, picture
from headrace.explain.image_path import ImageNetwork, ImagePath
from headrace.explain.integrated_gradients import Attribution, integrate
from headrace.explain.options import ExplainOptions
from headrace.explain.raw_inputs import RawInput
from headrace.inference import Inference
from headrace.prepare.encoders.image import decode


class ImageExplainer:
    """For one bundle.

    Attributes:
        missing: why a method that would fit is not used, by its name.
    """

    def __init__(self, bundle: Bundle, inference: Inference, wish: ExplainOptions) -> None:
        contract = bundle.contract
        self._contract, self._form, self._inference = contract, bundle.origin.prepare.image, inference
        self._steps, self._class = wish.steps, wish.class_number(contract)
        self._baseline = contract.channel_statistics.mean
        self.missing: dict[str, str] = {}
        methods, model = wish.methods(contract), bundle.model()
        self._network = ImageNetwork(model, contract) if "integrated-gradients" in methods else None
        self._grad_cam: GradCam | None = None
        try:
            self._grad_cam = GradCam(model, contract) if "grad-cam" in methods else None
        except NoFeatureMapError as reason:
            self.missing["grad-cam"] = str(reason)

    def explain(self, raw: RawInput) -> Explanation:
        """One image file.

        Raises:
            RejectedRecordError: it is no image, or one that preparation would reject.
        """
        data = raw.data if isinstance(raw.data, bytes) else raw.data.encode()
        pixels = self._inference.apply_codec([decode(data, self._form)], self._form)
        image = pixels[0]
        answer = ExplainedPrediction.of(self._contract, self._inference.predict(pixels)[0], self._class)
        shown: list[Rendering] = []
        integrated: Attribution | None = None
        if self._network:
            integrated = integrate(ImagePath(self._network, image, self._baseline, answer.class_number), self._steps)
            shown.append(Rendering("integrated-gradients", overlay(image, integrated.attributions.sum(axis=2))))
        if self._grad_cam:
            heat = self._grad_cam.heat(image, answer.class_number)
            shown.append(Rendering("grad-cam", overlay(image, enlarge(heat, image.shape))))
        return Explanation(raw.path, answer, integrated, tuple(shown), picture(image))

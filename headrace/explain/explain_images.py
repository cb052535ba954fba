"""Images, explained one after the other."""

from headrace.bundle import Bundle
from headrace.explain.explained import Answer, Explained, Shown
from headrace.explain.grad_cam import GradCam, NoFeatureMapError
from headrace.explain.image_way import ImageNetwork, ImageWay
from headrace.explain.integrated_gradients import Integrated, integrate
from headrace.explain.pictures import enlarged, overlay, picture
from headrace.explain.raw_inputs import RawInput
from headrace.explain.wish import Wish
from headrace.inference import Inference
from headrace.prepare.image import decode


class ImageExplainer:
    """For one bundle.

    Attributes:
        missing: why a method that would fit is not used, by its name.
    """

    def __init__(self, bundle: Bundle, inference: Inference, wish: Wish) -> None:
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

    def explain(self, raw: RawInput) -> Explained:
        """One image file.

        Raises:
            RejectedRecordError: it is no image, or one that preparation would reject.
        """
        data = raw.data if isinstance(raw.data, bytes) else raw.data.encode()
        pixels = self._inference.as_trained([decode(data, self._form)], self._form)
        image = pixels[0]
        answer = Answer.of(self._contract, self._inference.answers(pixels)[0], self._class)
        shown: list[Shown] = []
        integrated: Integrated | None = None
        if self._network:
            integrated = integrate(ImageWay(self._network, image, self._baseline, answer.class_number), self._steps)
            shown.append(Shown("integrated-gradients", overlay(image, integrated.attributions.sum(axis=2))))
        if self._grad_cam:
            heat = self._grad_cam.heat(image, answer.class_number)
            shown.append(Shown("grad-cam", overlay(image, enlarged(heat, image.shape))))
        return Explained(raw.path, answer, integrated, tuple(shown), picture(image))

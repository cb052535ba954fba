"""Handle the verification requests in the process that loads the bundle."""

from pathlib import Path

import keras
import numpy as np

from headrace import bundle as bundles
from headrace.engines.keras_settings_reset import use_tensorflow
from headrace.train.bundle_verification import forward_passes_and_layer_outputs as forward_passes
from headrace.train.bundle_verification.file_access_sandbox import HiddenFiles
from headrace.train.bundle_verification.process_protocol import Answer, Request, describe


class BundleLoader:
    """Loads bundles with all other files of this machine hidden.

    Args:
        origin: working directory of the rank.
    """

    def __init__(self, origin: Path) -> None:
        use_tensorflow()
        self._hidden = HiddenFiles(origin)

    def answer(self, request: Request, seed: int) -> Answer:
        """Return the answer to `request`; an error of the bundle or of its network is part of it."""
        bundle, batches = request.bundle, request.read_batches()
        keras.utils.clear_session()
        keras.config.set_dtype_policy(request.precision)
        keras.utils.set_random_seed(seed)
        try:
            with self._hidden.hide(bundle, Path.cwd().parent):
                return self._loaded(request, batches)
        except Exception as error:  # noqa: BLE001  the code of the network may raise anything; the rank reports it
            return Answer(error=describe(error), refused=self._refused)

    @property
    def _refused(self) -> tuple[str, ...]:
        return tuple(self._hidden.refused)

    def _loaded(self, request: Request, batches: forward_passes.Batches) -> Answer:
        loaded = bundles.load(request.bundle)
        model = loaded.model(request.precision)
        outputs = forward_passes.predict_twice(model, loaded.contract, batches)
        traces = forward_passes.trace_layers(model, batches[0]) if request.trace else ()
        np.savez(request.outputs, *outputs)
        return Answer(weights=forward_passes.weight_digests(model.weights), traces=traces, refused=self._refused)

"""Check early in training that the saved bundle reproduces the model."""

from typing import Any

import keras

from headrace.train.bundle_verification.network_and_bundle_verifier import NetworkAndBundleVerifier


class EarlyBundleCheck(keras.callbacks.Callback):
    """Polls the check of a first bundle, and ends the training if it fails; on rank 0 only.

    In the last epoch it starts the checking process again, so that it is ready when the final bundle is written.
    """

    def __init__(self, verifier: NetworkAndBundleVerifier, epochs: int) -> None:
        super().__init__()
        self.verifier, self.epochs, self.is_last = verifier, epochs, False

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.is_last = epoch == self.epochs - 1
        if self.is_last:
            self.verifier.start()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.verifier.poll(keep=self.is_last)

"""Verify that a network works before training, and that its bundle reproduces it before it is published.

The bundle of the untrained model is loaded too, while the first epoch trains: what saving loses is lost at the first
step as well as at the last, and is then found in seconds instead of hours.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from headrace.bundle import WEIGHTS
from headrace.config.sections.streaming_and_augmentation import Stream
from headrace.contract import Contract
from headrace.errors import ConfigurationError, TrainingError
from headrace.networks.weights_without_optimizer import load_weights
from headrace.one_or_several_inputs import Inputs, row_count, select_rows
from headrace.stream.adapters.unpadded_numbered_steps import NumberedSteps
from headrace.stream.build_plan_and_rank_stream import evaluation_plan
from headrace.stream.decode.pad_tokens_to_buckets import pad_twice
from headrace.stream.tf_data_pipeline import evaluation_batches
from headrace.table import Version
from headrace.train.bundle_verification import forward_passes_and_layer_outputs as forward_passes
from headrace.train.bundle_verification.output_checks import (
    Outputs,
    are_equal,
    changed_weights,
    find_fault,
    find_impossible,
    first_difference,
    largest_difference,
)
from headrace.train.bundle_verification.process_protocol import Answer, Request
from headrace.train.bundle_verification.untracked_variables import require_tracked_weights
from headrace.train.bundle_verification.verification_process_client import VerificationProcess
from headrace.wording import join_names, number

log = logging.getLogger(__name__)

BATCHES, BATCH_ROWS = 4, 32
MAX_NAMES = 5
# Labels this many times larger than the outputs of an untrained network are far away, if they are larger than this too.
DISTANT_LABELS = 100
REBUILD = "A bundle is rebuilt from model.py, model.options and the contract alone: put what is needed there."


@dataclass(frozen=True, kw_only=True)
class ExpectedState:
    """The state of the live model that its bundle must have."""

    request: Request
    outputs: Outputs
    weights: list[tuple[str, str]]


class NetworkAndBundleVerifier:
    """Verifies the network and the bundles of one run, on rank 0.

    Args:
        process: a process that was started before; another is started where it is needed again.
    """

    def __init__(
        self,
        model: keras.Model,
        version: Version,
        streaming: Stream,
        precision: str,
        process: VerificationProcess | None,
    ) -> None:
        self.model, self.version, self.streaming, self.precision = model, version, streaming, precision
        self._process = process
        self._early_check: ExpectedState | None = None

    @property
    def contract(self) -> Contract:
        """The contract of the table."""
        return self.version.contract

    @property
    def batches(self) -> list[Inputs]:
        """The last rows of the validation split, or of the training split, as the model takes them."""
        return [inputs for inputs, _ in self._rows]

    @cached_property
    def _rows(self) -> list[tuple[Inputs, NDArray[Any]]]:
        """The inputs and the targets of `batches`."""
        split = "val" if self.version.summary.counts.get("val") else "train"
        plan = evaluation_plan(self.version, split, BATCH_ROWS)
        steps = NumberedSteps(evaluation_batches(self.version, split, plan, self.streaming))
        last = steps.read(max(0, plan.steps - BATCHES), 1)
        return [(step.model_inputs(self.version.contract), step.target) for step in last]

    def require_usable_outputs(self) -> None:
        """Raise unless the model, which need not be trained, yields the outputs that the contract requires.

        Raises:
            ConfigurationError: the outputs are not probabilities, differ between two forward passes, depend on
                variables that are no weights of the model, or those of a row depend on the other rows of its batch or
                on its padding.
        """
        batch = self.batches[0]
        passes = [[batch], [batch], [_replace_second_half(batch)]]
        forward = forward_passes.compile_forward(self.model, self.contract)
        first, second, with_others = forward_passes.predict_each(self.model, forward, passes)
        require_tracked_weights(self.model, forward.get_concrete_function().graph, batch, training=False)
        if fault := find_impossible(first, self.contract, self.precision):
            activation = self.contract.output_activation
            raise ConfigurationError(
                f"The network cannot be trained for {self.contract.task}: {fault}. Give the last layer of `build` "
                f"contract.outputs units and activation=contract.output_activation, which is {activation!r} here."
            )
        if not are_equal(first, second, self.contract, self.precision):
            raise ConfigurationError(f"The network cannot be trained: {self._randomness()}.")
        self._require_independent_rows(first, with_others)
        self._require_independence_of_padding(forward, batch)
        if not np.isfinite(first).all():
            log.warning("The network's outputs are not all finite before training; check its inputs' normalisation.")
        elif not self.contract.target.has_classes:
            _warn_of_distant_labels(first, self._rows[0][1])

    def _require_independent_rows(self, outputs: Outputs, with_others: Outputs) -> None:
        """Raise if the outputs of a row change when other rows are in the same batch.

        The last batch of a split is filled up, and predictions come in other batches than evaluations: such a network
        would predict a row differently each time.
        """
        half = len(outputs) // 2
        alone, together = outputs[:half], with_others[:half]
        if not are_equal(together, alone, self.contract, self.precision):
            raise ConfigurationError(
                "The network cannot be trained: the outputs of a row depend on the other rows of its batch, by up to "
                f"{largest_difference(together, alone):.3g}. Reduce, normalise and attend within one row: not over "
                "axis 0, and not over all axes, as keras.layers.MelSpectrogram does for decibels (power_to_db=False "
                "and keras.ops.log do not)."
            )

    def _require_independence_of_padding(self, forward: Any, batch: Inputs) -> None:
        """Raise if the outputs of a text change with its padding, which follows the longest text of its batch."""
        passes = pad_twice(batch, self.contract, self.streaming.buckets)
        if passes is None:
            return
        short, long = forward_passes.predict_each(self.model, forward, [[one] for one in passes])
        if not are_equal(short, long, self.contract, self.precision):
            raise ConfigurationError(
                "The network cannot be trained: its outputs for a text depend on the zeros that pad it to the length "
                f"of the longest text of its batch, by up to {largest_difference(short, long):.3g}. Give the embedding "
                "mask_zero=True, which pooling, attention and recurrent layers follow (convolutions do not: see "
                "models/text_cnn.py); or pad every text to the same length with stream.buckets="
                f"[{max(one.vocabulary.max_length for one in self.contract.inputs.values() if one.vocabulary)}]."
            )

    def start_early_check(self, write: Callable[[Path], object]) -> None:
        """Write the bundle of the current model with `write`, and have it loaded in the background."""
        process = self.start()
        write(process.scratch / "early-check")
        self._early_check = self._expect(process, process.scratch / "early-check")
        process.send(self._early_check.request)

    def start(self) -> VerificationProcess:
        """Start the process, unless it runs."""
        self._process = self._process or VerificationProcess()
        return self._process

    def poll(self, *, keep: bool) -> None:
        """Compare the early bundle with the model if it has been loaded.

        Args:
            keep: whether the process is needed again soon; else it is stopped, as it takes 280 MB.

        Raises:
            TrainingError: the bundle is not the model.
        """
        if self._early_check is None or self._process is None or not self._process.has_answered:
            return
        self._finish_early_check(self._process, self._early_check)
        if not keep:
            self.close()

    def verify(self, folder: Path) -> None:
        """Raise unless the bundle in `folder`, loaded by another process, is the model.

        Raises:
            TrainingError: the bundle cannot be loaded, or its weights or outputs differ from the model's.
        """
        process = self.start()
        if self._early_check is not None:
            self._finish_early_check(process, self._early_check)
        expected = self._expect(process, folder)
        if fault := find_fault(expected.outputs, self.contract, self.precision):
            raise TrainingError(f"The bundle is not kept, because of the trained model: {fault}. {self._advice(fault)}")
        process.send(expected.request)
        self._compare(process, expected, process.receive())
        if self.precision != "float32":
            self._verify_in_float32(process, expected)

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.close()
        self._process, self._early_check = None, None

    def _finish_early_check(self, process: VerificationProcess, expected: ExpectedState) -> None:
        answer = process.receive()
        self._early_check = None
        self._compare(process, expected, answer, is_early=True)

    def _expect(self, process: VerificationProcess, folder: Path) -> ExpectedState:
        files = {name: process.scratch / f"{name}.npz" for name in ("inputs", "outputs")}
        request = Request(bundle=folder, precision=self.precision, **files)
        request.write_batches(self.batches)
        outputs = forward_passes.predict(self.model, self.contract, self.batches)
        return ExpectedState(
            request=request, outputs=outputs, weights=forward_passes.weight_digests(self.model.weights)
        )

    def _compare(
        self, process: VerificationProcess, expected: ExpectedState, answer: Answer, *, is_early: bool = False
    ) -> None:
        if answer.error is not None:
            text = answer.error.replace(f"{expected.request.bundle}/", "")
            raise TrainingError(f"The bundle cannot be loaded on another machine: {text}.{_files(answer)} {REBUILD}")
        if changed := changed_weights(expected.weights, answer.weights):
            raise TrainingError(
                f"The bundle is not the model: {join_names(changed, MAX_NAMES)} "
                f"{'has' if len(changed) == 1 else 'have'} other values after loading, as Keras did not save them."
                f"{_files(answer)} Keep layers in attributes of other names than Keras's own `_layers`, and create "
                "variables with self.add_weight."
            )
        first, second = expected.request.read_outputs()
        if not are_equal(first, second, self.contract, self.precision):
            raise TrainingError(f"The bundle is not kept: {self._randomness()}.")
        if not are_equal(first, expected.outputs, self.contract, self.precision):
            raise TrainingError(self._explain(process, expected, answer, first, is_early))

    def _explain(
        self, process: VerificationProcess, expected: ExpectedState, answer: Answer, loaded: Outputs, is_early: bool
    ) -> str:
        """Return the sentence about outputs that differ although all weights agree."""
        if is_early:
            # The model has been trained since, and this training ends here.
            load_weights(self.model, expected.request.bundle / WEIGHTS)
        process.send(expected.request.model_copy(update={"trace": True}))
        traces = process.receive().traces
        layer = (
            first_difference(forward_passes.trace_layers(self.model, self.batches[0])[0], traces[0]) if traces else None
        )
        return (
            f"The bundle is not the model: all weights agree, and outputs differ by "
            f"{largest_difference(loaded, expected.outputs):.3g}; the first layer that differs is {layer or 'unknown'}."
            f"{_files(answer)} It depends on state outside of the weights that Keras saves, such as a tf.Variable, a "
            f"NumPy array, a random constant, an environment variable or a file. Use self.add_weight, and seeds in "
            "initializers."
        )

    def _randomness(self) -> str:
        layer = first_difference(*forward_passes.trace_layers(self.model, self.batches[0]))
        return (
            f"a second pass over the same rows gives other outputs, from the layer {layer or 'unknown'} on; "
            "call random layers with the `training` argument of `call`, not with training=True"
        )

    def _verify_in_float32(self, process: VerificationProcess, expected: ExpectedState) -> None:
        """Check the outputs in the precision in which evaluation and prediction use the bundle."""
        process.send(expected.request.model_copy(update={"precision": "float32"}))
        answer = process.receive()
        fault = answer.error or find_fault(expected.request.read_outputs()[0], self.contract)
        if fault:
            raise TrainingError(f"The bundle is not kept, because of the model in float32: {fault}.")

    def _advice(self, fault: str) -> str:
        if "finite" in fault:
            return "Its training diverged: train again with a smaller train.optimizer.learning_rate."
        return "Give the last layer of `build` activation=contract.output_activation."


def _warn_of_distant_labels(outputs: Outputs, labels: NDArray[Any]) -> None:
    """Warn of labels far from the outputs of the untrained network: training may be too short to reach them."""
    largest, reached = (float(np.sqrt(np.mean(values.astype(np.float64) ** 2))) for values in (labels, outputs))
    if largest > DISTANT_LABELS * max(1.0, reached):
        log.warning(
            "The labels are about %s, and the outputs of the network before training about %s: a step of an optimizer "
            "moves an output by little, so that it may not get there. Subtract the mean from the labels and divide "
            "them by their standard deviation before `headrace prepare`, or let the last layers do the reverse.",
            number(largest), number(reached),
        )  # fmt: skip


def _replace_second_half(batch: Inputs) -> Inputs:
    """Return the batch with its first half twice; of the same size, as another size rounds otherwise."""
    size = row_count(batch)
    half = size // 2
    return select_rows(batch, [*range(half), *range(half), *range(2 * half, size)])


def _files(answer: Answer) -> str:
    if not answer.refused:
        return ""
    return f" The network reads {join_names(answer.refused, MAX_NAMES)}, which the bundle does not contain."

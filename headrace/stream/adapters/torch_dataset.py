"""Offer the steps of the plan as a data set of PyTorch. Nothing else imports torch, which Headrace does not need."""

from collections.abc import Generator, Mapping
from contextlib import closing
from typing import Any

import torch
from torch.utils.data import IterableDataset, get_worker_info

from headrace.errors import ConfigurationError
from headrace.stream.adapters.plan_as_petastorm_reader import label_type
from headrace.stream.adapters.unpadded_numbered_steps import NumberedSteps, Step


class StepDataset(IterableDataset):
    """The steps of one rank as tensors: (inputs, target), for `DataLoader(dataset, batch_size=None)`.

    Each iteration is the next epoch, also if the one before was not finished; the first begins at `start_step`.

    Args:
        steps: steps of the rank.
        start_step: number of the first step, counted from the beginning of the run.
        arguments: what else `state` returns.

    Raises:
        ConfigurationError: `start_step` is negative.
    """

    def __init__(self, steps: NumberedSteps, start_step: int, arguments: Mapping[str, Any]) -> None:
        if start_step < 0:
            raise ConfigurationError(f"start_step is {start_step}; expected 0 or more.")
        self._steps, self._step, self._arguments = steps, start_step, dict(arguments)
        self._begin = start_step
        self._type = label_type(steps.batches.contract, wide=True)

    def state(self) -> dict[str, Any]:
        """Return the arguments, besides `rank`, with which `Table.torch` continues after the step returned last."""
        return self._arguments | {"start_step": self._step}

    def __len__(self) -> int:
        """Return the number of steps of an epoch."""
        return self._steps.steps_per_epoch

    def __iter__(self) -> Generator[Any, None, None]:
        """Read the next epoch.

        Raises:
            ConfigurationError: in a worker process of a DataLoader, each of which would read all rows.
        """
        if get_worker_info() is not None:
            raise ConfigurationError(
                "A DataLoader with worker processes would read each row several times, and Headrace reads ahead "
                "already: use DataLoader(dataset, batch_size=None), with num_workers=0."
            )
        begin, epoch = self._begin, self._begin // len(self)
        self._step, self._begin = begin, (epoch + 1) * len(self)
        return self._read(begin, epoch + 1)

    def _read(self, begin: int, epochs: int) -> Generator[Any, None, None]:
        with closing(self._steps.read(begin, epochs)) as steps:
            for number, step in enumerate(steps, begin):
                self._step = number + 1
                yield self._tensors(step)

    def _tensors(self, step: Step) -> tuple[Any, torch.Tensor]:
        inputs = step.model_inputs(self._steps.batches.contract)
        if isinstance(inputs, dict):
            tensors: Any = {name: torch.from_numpy(values) for name, values in inputs.items()}
        else:
            tensors = torch.from_numpy(inputs)
        return tensors, torch.from_numpy(step.target.astype(self._type, copy=False))

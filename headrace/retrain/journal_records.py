"""The records of the retraining journal: the start of a cycle, its steps and its outcome."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from headrace.format_version import NumberedRecord

Decision = Literal["promoted", "refused by the gate", "not needed", "data refused", "failed", "abandoned"]
# Decisions that end a cycle permanently; a cycle with another decision is resumed by the next run.
FINAL: set[Decision] = {"promoted", "refused by the gate", "not needed"}
# Decisions about an evaluated challenger.
EVALUATED: set[Decision] = {"promoted", "refused by the gate"}


class CycleRecord(NumberedRecord):
    """The start of a cycle.

    Attributes:
        fingerprint: fingerprint of the raw data.
        configuration: digest of the configuration.
        forced: whether the cycle was started with --force.
        names: names that a scheduler has given the cycle.
    """

    number: int
    created: str
    fingerprint: str
    configuration: str
    forced: bool = False
    names: tuple[str, ...] = ()


class Outcome(BaseModel):
    """The outcome of a cycle.

    Attributes:
        exit_code: exit code of the command.
        finished: time of the outcome.
        abandoned: whether the cycle is never resumed although its decision is not final.
    """

    model_config = ConfigDict(frozen=True)

    decision: Decision
    reasons: tuple[str, ...]
    exit_code: int = 0
    finished: str = ""
    abandoned: bool = False


class StepRecord(BaseModel):
    """The output of a step, and the hashes of the records of the steps that it depends on."""

    model_config = ConfigDict(frozen=True)

    inputs: dict[str, str]
    output: dict[str, Any]
    seconds: float
    finished: str

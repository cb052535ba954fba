"""What the journal of retraining keeps of a cycle, of its steps and of its end."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from headrace.record_format import FORMAT

Decision = Literal["promoted", "refused by the gate", "not needed", "data refused", "failed", "given up"]
# What is said of a model, or that none was needed; the next run goes on with what ended otherwise.
FINAL: set[Decision] = {"promoted", "refused by the gate", "not needed"}
JUDGED: set[Decision] = {"promoted", "refused by the gate"}


class CycleRecord(BaseModel):
    """What a cycle began with; `names` are those that a scheduler has given it."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    number: int
    created: str
    fingerprint: str
    configuration: str
    forced: bool = False
    names: tuple[str, ...] = ()


class Outcome(BaseModel):
    """How a cycle ended.

    Attributes:
        exit_code: of the command.
        left: nobody goes on with it any more, though it came to no final decision.
    """

    model_config = ConfigDict(frozen=True)

    decision: Decision
    reasons: tuple[str, ...]
    exit_code: int = 0
    finished: str = ""
    left: bool = False


class StepRecord(BaseModel):
    """What a step gave, and from what: hashes of the records of the steps that it needs."""

    model_config = ConfigDict(frozen=True)

    inputs: dict[str, str]
    output: dict[str, Any]
    seconds: float
    finished: str

"""Base class of the JSON files that reports read."""

from pydantic import BaseModel, ConfigDict


class JsonRecord(BaseModel):
    """A JSON file of a run, or a part of one."""

    model_config = ConfigDict(frozen=True)

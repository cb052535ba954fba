"""Spark's own settings, as a configuration may hold them."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from headrace.config.environment import written_out_secret
from headrace.config.sections.source import word


def _values_are_text(value: object) -> object:
    # YAML reads 2 and true as a number and a truth value; Spark wants their words.
    if not isinstance(value, dict):
        return {} if value is None else value
    return {str(key): word(one) if isinstance(one, bool | int | float) else one for key, one in value.items()}


def _no_secret_is_written_out(settings: dict[str, str]) -> dict[str, str]:
    if name := written_out_secret(settings):
        # An error of its own, because the others quote what they have received.
        raise PydanticCustomError(
            "secret",
            "{name} is a secret, and what stands here is copied into runs and logs; put it into an environment "
            "variable and write that variable's name here, such as $SPARK_SECRET",
            {"name": name},
        )
    return settings


def _keys_are_of_spark(settings: dict[str, str]) -> dict[str, str]:
    foreign = [key for key in settings if not key.startswith("spark.")]
    if foreign:
        raise ValueError(f"{foreign[0]} is no setting of Spark; their names begin with spark.")
    return settings


Settings = Annotated[
    dict[str, str],
    BeforeValidator(_values_are_text),
    AfterValidator(_no_secret_is_written_out),
    AfterValidator(_keys_are_of_spark),
]

"""Validated type of the `spark.*` settings in a configuration."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from headrace.config.secrets_and_environment_variables import find_plain_secret
from headrace.config.sections.source import as_yaml_text


def _convert_values_to_text(value: object) -> object:
    # YAML parses 2 and true as a number and a boolean; Spark expects strings.
    if not isinstance(value, dict):
        return {} if value is None else value
    return {str(key): as_yaml_text(one) if isinstance(one, bool | int | float) else one for key, one in value.items()}


def _refuse_secrets(settings: dict[str, str]) -> dict[str, str]:
    if name := find_plain_secret(settings):
        # A separate error type, because all other errors quote the value received.
        raise PydanticCustomError(
            "secret",
            "{name} is a secret, and settings are copied into runs and logs; set an environment variable and write its "
            "name here, such as $SPARK_SECRET",
            {"name": name},
        )
    return settings


def _require_spark_keys(settings: dict[str, str]) -> dict[str, str]:
    foreign = [key for key in settings if not key.startswith("spark.")]
    if foreign:
        raise ValueError(f"{foreign[0]} is not a Spark setting; expected a name that begins with spark.")
    return settings


Settings = Annotated[
    dict[str, str],
    BeforeValidator(_convert_values_to_text),
    AfterValidator(_refuse_secrets),
    AfterValidator(_require_spark_keys),
]

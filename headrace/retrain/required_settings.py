"""Require the sections of a configuration that retraining reads."""

from headrace.config import Configuration
from headrace.config.sections.retraining import Retrain
from headrace.errors import ConfigurationError


def retrain_settings(configuration: Configuration) -> Retrain:
    """Return the section `retrain`.

    Raises:
        ConfigurationError: the section `retrain` or `registry` is missing.
    """
    for name in ("retrain", "registry"):
        if getattr(configuration, name) is None:
            raise ConfigurationError(
                f"The configuration has no section `{name}`, which retraining requires; "
                "`headrace init --kind retrain` writes an example."
            )
    return configuration.retrain or Retrain(folder="retraining")

"""The comparison of two versions of the registry."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from headrace.errors import ConfigurationError
from headrace.retrain.gate import version_comparison


def test_version_is_not_compared_with_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version_comparison, "open_registry", lambda _: None)
    monkeypatch.setattr(version_comparison, "read_test_version", lambda _: None)
    monkeypatch.setattr(version_comparison, "version_named", lambda *_: SimpleNamespace(version=1))
    with pytest.raises(ConfigurationError, match="1 and champion are version 1 both; name another version"):
        version_comparison.compare(cast(Any, None), "1", "champion")

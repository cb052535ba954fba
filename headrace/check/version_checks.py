"""Checks that Python and the engines have supported versions."""

import platform

from headrace.check.check_report import CheckRow
from headrace.engines.supported_versions import ENGINES, Engine, as_text, is_supported, supported_python


def version_rows() -> list[CheckRow]:
    """Return a row for Python and one for each engine."""
    return [_python(), *map(_engine, ENGINES)]


def _python() -> CheckRow:
    found, supported = platform.python_version(), supported_python()
    ok = is_supported(found, supported)
    needed = as_text(supported)
    fix = "" if ok else f"run Headrace with Python {needed}; `make setup` creates an environment with it"
    return CheckRow(name="Python", found=found, needed=needed, ok=ok, fix=fix)


def _engine(engine: Engine) -> CheckRow:
    found, supported = engine.installed, engine.supported
    ok = is_supported(found, supported)
    return CheckRow(name=engine.name, found=found, needed=as_text(supported), ok=ok, fix="" if ok else engine.fix)

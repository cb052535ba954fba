"""Packages that are also a function of the Python API: `headrace.train(...)`, beside `headrace.train.job`.

Python binds a package to its name in `headrace` as soon as anything below it is imported, so that a function of that
name would be hidden.
"""

import inspect
import sys
from importlib import import_module
from types import ModuleType
from typing import Any

API = "headrace.api"


class CallablePackage(ModuleType):
    """A package whose call is that of the function of the same name in `headrace.api`."""

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Call the function of the API."""
        return self._function(*arguments, **named)

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(self._function)

    def getdoc(self) -> str | None:
        """Return the documentation of the function, for IPython's `?`."""
        return inspect.getdoc(self._function)

    @property
    def _function(self) -> Any:
        # By name: a package must not depend on the layers above it.
        return getattr(import_module(API), self.__name__.rpartition(".")[2])


def make_callable(name: str) -> None:
    """Make the package `name`, which is being imported, a function of the API too."""
    sys.modules[name].__class__ = CallablePackage

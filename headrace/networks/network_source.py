"""Find and read the source of a network: one Python file with `build(contract, **options) -> keras.Model`."""

import ast
import hashlib
import logging
from pathlib import Path

from headrace.errors import ConfigurationError
from headrace.project_template import shipped_networks
from headrace.storage.parse_location import path_hint
from headrace.wording import close_name_question

log = logging.getLogger(__name__)


def read_network(file: str) -> str:
    """Return the source of the network that `model.file` names: a file, or a network that ships with Headrace.

    Raises:
        ConfigurationError: there is no such file or network; see also `read_source`.
    """
    path = network_path(file)
    if path != Path(file):
        log.info("model.file: %s is the network that ships with Headrace, %s", file, path)
    return read_source(path)


def network_path(file: str) -> Path:
    """Return the path of the network that `model.file` names; see `read_network`.

    Raises:
        ConfigurationError: `file` is a name without a path, and neither a file nor a network that ships with Headrace.
    """
    path = Path(file)
    if path.is_file() or path.suffix or len(path.parts) != 1:
        return path
    shipped = shipped_networks()
    if file not in shipped:
        raise ConfigurationError(
            f"model.file is {file!r}, which is neither a file{path_hint(file)} nor a network that ships with Headrace "
            f"({', '.join(shipped)})."
        )
    return shipped[file]


def read_source(path: Path) -> str:
    """Return the source of the model file, after checking it without running it.

    Raises:
        ConfigurationError: the file is missing, is not valid Python, or defines no function `build`.
    """
    try:
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source, str(path))
    except OSError as error:
        beside = [str(one) for one in sorted(path.parent.glob("*.py"))] if path.parent.is_dir() else []
        detail = f"{error.strerror}{path_hint(path)}.{close_name_question(str(path), beside)}"
        raise ConfigurationError(f"The model file {path} (model.file) cannot be read: {detail}") from None
    except (SyntaxError, ValueError) as error:
        raise ConfigurationError(f"The model file {path} (model.file) is not valid Python: {error}.") from None
    if not any(isinstance(node, ast.FunctionDef) and node.name == "build" for node in tree.body):
        raise ConfigurationError(
            f"The model file {path} (model.file) has no function `build`; expected "
            "`def build(contract: Contract, **options) -> keras.Model`, as in models/cnn.py."
        )
    return source


def source_hash(source: str) -> str:
    """Return the hexadecimal SHA-256 of a model's source."""
    return hashlib.sha256(source.encode()).hexdigest()

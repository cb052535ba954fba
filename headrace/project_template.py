"""`headrace init`: copy a commented configuration and the networks that fit it as a starting point."""

import os
import re
from pathlib import Path
from typing import Any, Literal

from headrace.config.base import ADDRESS
from headrace.config.commented_yaml import inline_yaml
from headrace.errors import ConfigurationError

Kind = Literal["images", "text", "windows", "table", "retrain"]
IMAGE_NETWORKS = ("cnn", "mlp", "resnet", "vit")
# The configuration of a kind of project, and the networks that can be its `model.file`.
CONFIGURATIONS: dict[Kind, str] = {
    "images": "images",
    "text": "texts",
    "windows": "windows",
    "table": "image_table",
    "retrain": "daily_images",
}
NETWORKS: dict[Kind, tuple[str, ...]] = {
    "images": IMAGE_NETWORKS,
    "text": ("rnn", "text_cnn", "transformer"),
    "windows": ("series",),
    "table": IMAGE_NETWORKS,
    "retrain": IMAGE_NETWORKS,
}
# The key data.source.path of a shipped configuration, and the comment behind it.
SOURCE_PATH = re.compile(r"^(    path: )[^#\n]*?( #.*)?$", re.MULTILINE)


def copy_template(folder: Path, kind: Kind = "images", *, source: str | None = None, force: bool) -> dict[str, Any]:
    """Copy the configuration and the networks of `kind` to `folder`.

    Args:
        source: raw data, relative to the current folder; written into the configuration as an absolute path.

    Raises:
        ConfigurationError: the configuration exists, or another network of a name, and `force` is False.
    """
    conf = Path("conf") / f"{CONFIGURATIONS[kind]}.yaml"
    contents = {folder / conf: _configuration(template_folder() / conf, source)}
    for name in NETWORKS[kind]:
        contents[folder / "models" / f"{name}.py"] = shipped_networks()[name].read_bytes()
    existing = [str(path) for path, content in contents.items() if _would_lose(path, content, folder / conf)]
    if existing and not force:
        raise ConfigurationError(f"{', '.join(existing)} would be overwritten; pass --force to overwrite.")
    for path, content in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return {"written": [str(path.absolute()) for path in contents]}


def shipped_networks() -> dict[str, Path]:
    """Return the files of the networks that ship with Headrace, by name."""
    return {path.stem: path for path in sorted((template_folder() / "models").glob("*.py"))}


def template_folder() -> Path:
    """Return the folder of `conf/` and `models/`: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).parent
    packaged = package / "starter_files"
    return packaged if packaged.is_dir() else package.parent


def _would_lose(path: Path, content: bytes, configuration: Path) -> bool:
    """Return whether writing would lose something: a second kind of project may have the same networks."""
    return path.exists() and (path == configuration or not path.is_file() or path.read_bytes() != content)


def _absolute(source: str) -> str:
    """Return the absolute path of `source`, without `..` unless that follows a link and means another folder."""
    path = Path(source).absolute()
    short = Path(os.path.normpath(path))
    return str(short if short.resolve() == path.resolve() else path)


def _configuration(template: Path, source: str | None) -> bytes:
    text = template.read_text("utf-8")
    if source is not None:
        path = source if ADDRESS.match(source) else _absolute(source)
        text = SOURCE_PATH.sub(lambda found: f"{found[1]}{inline_yaml(path)}{found[2] or ''}", text, count=1)
    return text.encode()

"""`headrace init`: a commented configuration and a network to start from."""

import shutil
from pathlib import Path
from typing import Any

from headrace.errors import ConfigurationError

FILES = ("conf/images.yaml", "models/cnn.py")


def copy_template(folder: Path, *, force: bool) -> dict[str, Any]:
    """Copy the files of `FILES` below `folder`.

    Raises:
        ConfigurationError: one is there already and `force` is not given.
    """
    targets = [folder / name for name in FILES]
    present = [str(target) for target in targets if target.exists()]
    if present and not force:
        raise ConfigurationError(f"{', '.join(present)} would be overwritten; --force does so.")
    for name, target in zip(FILES, targets, strict=True):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_starter() / name, target)
    return {"written": [str(target) for target in targets]}


def _starter() -> Path:
    """In a wheel the files travel inside the package; in a checkout they lie beside it."""
    package = Path(__file__).parent
    packed = package / "starter_files"
    return packed if packed.is_dir() else package.parent

"""`headrace init`: copy a commented configuration and a network as a starting point."""

import shutil
from pathlib import Path
from typing import Any

from headrace.errors import ConfigurationError

FILES = ("conf/images.yaml", "models/cnn.py")


def copy_template(folder: Path, *, force: bool) -> dict[str, Any]:
    """Copy `FILES` to `folder`.

    Raises:
        ConfigurationError: a target exists and `force` is False.
    """
    targets = [folder / name for name in FILES]
    existing = [str(target) for target in targets if target.exists()]
    if existing and not force:
        raise ConfigurationError(f"{', '.join(existing)} would be overwritten; pass --force to overwrite.")
    for name, target in zip(FILES, targets, strict=True):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(template_folder() / name, target)
    return {"written": [str(target) for target in targets]}


def template_folder() -> Path:
    """Return the folder that holds `FILES`: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).parent
    packaged = package / "starter_files"
    return packaged if packaged.is_dir() else package.parent

"""`headrace init`: copy a commented configuration and networks that fit it."""

import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from headrace.config.commented_yaml import inline_yaml
from headrace.config.path_validators import ADDRESS
from headrace.errors import ConfigurationError
from headrace.storage.parse_location import path_hint

Kind = Literal["images", "masks", "text", "audio", "tabular", "record", "recommendation", "windows", "table", "retrain"]
# Kinds whose records are files in folders, and in which.
FOLDERS: dict[Kind, str] = {
    "images": "images in class folders",
    "masks": "images in a folder images and masks in a folder masks",
    "retrain": "images in class folders",
    "audio": "sounds in class folders",
}
IMAGE_NETWORKS = ("cnn", "mlp", "resnet", "vit")
# The configuration of a kind of project, and the networks that can be its `model.file`.
CONFIGURATIONS: dict[Kind, str] = {
    "images": "images",
    "masks": "masks",
    "text": "texts",
    "audio": "sounds",
    "tabular": "tabular",
    "record": "records",
    "recommendation": "recommendations",
    "windows": "windows",
    "table": "image_table",
    "retrain": "daily_images",
}
NETWORKS: dict[Kind, tuple[str, ...]] = {
    "images": IMAGE_NETWORKS,
    "masks": ("unet",),
    "text": ("rnn", "text_cnn", "transformer"),
    "audio": ("audio_cnn",),
    "tabular": ("tabular", "autoencoder"),
    "record": ("image_text",),
    "recommendation": ("two_tower",),
    "windows": ("series",),
    "table": IMAGE_NETWORKS,
    "retrain": IMAGE_NETWORKS,
}
# The section of `prepare` that names columns too.
SECTIONS: dict[Kind, str] = {
    "tabular": "tabular",
    "record": "inputs",
    "recommendation": "inputs",
    "windows": "windows",
}
# Names of formats in comments.
FORMAT_NAMES = {"json": "JSON", "parquet": "Parquet", "orc": "ORC", "tfrecord": "TFRecord", "delta": "Delta"}
# The key data.source.path of a shipped configuration, and the comment after it.
SOURCE_PATH = re.compile(r"^(    path: )[^#\n]*?( #.*)?$", re.MULTILINE)
FORMAT = re.compile(r"^(    format: )\w+( #.*\n)", re.MULTILINE)
OPTIONS = re.compile(r"^    options: .*\n", re.MULTILINE)
# What a configuration of files in folders has instead for files that a table lists.
FOLDER_SOURCE = re.compile(r"^    kind: folder\n(    path: .*)\n", re.MULTILINE)
HEADER = re.compile(r"\A(# Your own \w+).*?\n(#   headrace prepare)", re.DOTALL)
TABLE_SOURCE = """\
    kind: table
{path} # a file, or a folder of files of one format
    format: csv # csv, json, parquet, orc, tfrecord, delta or jdbc
    options: {{ header: true }} # of csv alone: remove this line for another format
    columns:
      input: file # column of the paths, relative to the folder of the table
      content: paths # bytes: the column holds the files themselves, as in Parquet
      label: label # column of the class; of masks, of their paths
      # split: split # a column with train, val or test, if you have split the files yourself
"""
COLUMNS = re.compile(r"^    columns:.*\n(      .*\n)+", re.MULTILINE)


def copy_template(
    folder: Path,
    kind: Kind = "images",
    *,
    source: str | None = None,
    source_format: str | None = None,
    values: Mapping[str, Any] | None = None,
    force: bool,
) -> dict[str, Any]:
    """Copy the configuration and the networks of `kind` to `folder`.

    Args:
        source: raw data, relative to the current folder; written into the configuration relative to `folder`.
        source_format: format of the table that `source` is; None if it is no table, or not known.
        values: values of keys of the configuration, such as those that name columns of the table; None leaves those of
            the template.

    Raises:
        ConfigurationError: the configuration exists, or another network of a name, and `force` is False; or `folder` is
            a file.
    """
    conf = Path("conf") / f"{CONFIGURATIONS[kind]}.yaml"
    text = (template_folder() / conf).read_text("utf-8")
    if source is not None:
        is_folder = source_format is None and Path(source).is_dir()
        text = with_source(text, _from_folder(source, folder), "folder" if is_folder else source_format)
    text = with_values(text, values or {})
    if file := next((one for one in (folder, *folder.parents) if one.exists() and not one.is_dir()), None):
        raise ConfigurationError(f"{file} is a file; expected a folder for the configuration and the networks.")
    contents = {folder / conf: text.encode()}
    for name in NETWORKS[kind]:
        contents[folder / "models" / f"{name}.py"] = shipped_networks()[name].read_bytes()
    existing = [str(path) for path, content in contents.items() if _would_lose(path, content, folder / conf)]
    if existing and not force:
        raise ConfigurationError(f"{', '.join(existing)} would be overwritten; pass --force to overwrite.")
    for path, content in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return {"written": [str(path.absolute()) for path in contents]}


def with_source(text: str, path: str, source_format: str | None) -> str:
    """Return the configuration `text` with the source `path`, and without keys that do not fit its format.

    Args:
        source_format: format of a table, `folder` for folders of files, or None to keep the one of the configuration.
    """
    text = SOURCE_PATH.sub(lambda found: f"{found[1]}{inline_yaml(path)}{found[2] or ''}", text, count=1)
    if source_format == "folder" and "\n  input: text" in text:
        text = COLUMNS.sub("", OPTIONS.sub("", FORMAT.sub("", text))).replace(
            " # a file, or a folder of files of one format", ""
        )
        return text.replace("    kind: table", "    kind: folder # a folder for each class, a file for each text", 1)
    if source_format in (None, "folder"):
        return text
    text = _list_in_table(text)
    if source_format == "csv":
        return text
    name = FORMAT_NAMES.get(source_format, source_format)
    text = text.replace("a CSV file", f"a table in {name} format", 1).replace("the CSV file", "the table")
    return OPTIONS.sub("", FORMAT.sub(lambda found: f"{found[1]}{source_format}{found[2]}", text))


def with_values(text: str, values: Mapping[str, Any]) -> str:
    """Return the configuration `text` with the values of keys; the line of a None is removed."""
    for key, value in values.items():
        text = _set_key(text, key, value)
    return text


def _list_in_table(text: str) -> str:
    """Return a configuration of files in folders as one of files that a CSV file lists."""
    text, changed = FOLDER_SOURCE.subn(lambda found: TABLE_SOURCE.format(path=found[1]), text)
    if not changed:
        return text
    text = HEADER.sub(r"\1, listed in a CSV file: the path of a file and its label in each row.\n\2", text)
    return text.replace("if the folders do not name splits", "if no column names splits")


def _set_key(text: str, key: str, value: Any) -> str:
    if value is None:
        # A section has lines that are further to the right.
        return re.sub(rf"^( +){key}:.*\n(\1 .*\n)*", "", text, count=1, flags=re.MULTILINE)
    # A line that is only offered in a comment becomes one of the configuration; that of the identity stays an offer.
    line = re.compile(rf"^( +{key}: )[^#\n]*?( #.*)?\n", re.MULTILINE)
    if line.search(text) is None:
        offer = re.compile(rf"^( +)# ({key}: )[^#\n]*?( #.*)?\n", re.MULTILINE)
        mark = "# " if key == "identity" else ""
        written = f"{mark}{key}: {inline_yaml(value)}"
        return offer.sub(lambda found: f"{found[1]}{written}{found[3] or ''}\n", text, count=1)
    return line.sub(lambda found: f"{found[1]}{inline_yaml(value)}{found[2] or ''}\n", text, count=1)


def source_warning(kind: Kind, source: str, source_format: str | None) -> str:
    """Return what is wrong with `source` as the raw data of a project of `kind`; empty if nothing is."""
    path = Path(source)
    if ADDRESS.match(source):
        return ""
    if not path.exists():
        return f"There is nothing at {source} yet{path_hint(path)}; the configuration names it all the same."
    if kind in ("audio", "masks") and source_format:
        return ""
    if kind in FOLDERS:
        used = f"holds tables ({source_format})" if source_format else "" if path.is_dir() else "is not a folder"
        return f"{source} {used}; --kind {kind} is for {FOLDERS[kind]}." if used else ""
    if source_format is None and (kind != "text" or path.is_file()):
        return f"{source} is no table in CSV, JSON, Parquet, ORC, TFRecord or Delta format, which --kind {kind} is for."
    return ""


def next_steps(folder: Path, kind: Kind, source: str | None, *, filled: bool = False) -> str:
    """Return the commands that follow `headrace init`, for people.

    Args:
        filled: whether the configuration names the columns of `source` already.
    """
    conf = f"conf/{CONFIGURATIONS[kind]}.yaml"
    steps = [] if folder.absolute() == Path.cwd() else [f"cd {shlex.quote(str(folder))}"]
    if source is None:
        steps.append(f"edit {conf}: set data.source.path to your raw data")
    else:
        raw = shlex.quote(_from_folder(source, folder))
        section = f" and prepare.{SECTIONS[kind]}" if kind in SECTIONS else ""
        purpose = "to check" if filled else "for"
        columns = "" if kind in FOLDERS and not filled else f", {purpose} data.source.columns{section} in {conf}"
        steps.append(f"headrace inspect {raw} --raw   # what is there{columns}")
    verbs = ("retrain",) if kind == "retrain" else ("prepare", "train")
    return "\n".join(["next:", *(f"  {step}" for step in (*steps, *(f"headrace {verb} {conf}" for verb in verbs)))])


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


def _from_folder(source: str, folder: Path) -> str:
    """Return `source` for commands that run in `folder`: relative, as it was, unless a link makes that another place.

    After a link, `..` is the parent of its target.
    """
    if ADDRESS.match(source) or Path(source).is_absolute():
        return source
    path = Path(source).absolute()
    relative = os.path.relpath(path, folder.absolute())
    return relative if (folder.resolve() / relative).resolve() == path.resolve() else str(path)

"""The configuration reference, generated from the models of `headrace.config`.

MkDocs runs `on_files` as a hook of `mkdocs.yml`; the page exists only in the built site, docs/configuration.md stands
in for it in a clone. `python docs/hooks/configuration_page.py` prints it.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from headrace.config.cluster_file import Cluster  # noqa: E402  after the path that it is found on
from headrace.config.configuration_model import Configuration  # noqa: E402
from headrace.config.type_and_range_text import is_mapping, range_text, target_section, type_name  # noqa: E402

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

PAGE = "configuration.md"
INTRODUCTION = """\
# Configuration

A configuration is one YAML file. Any key can be overridden on the command line:

```text
headrace train conf/images.yaml train.epochs=10 model.options.width=64
```

`headrace config FILE` prints the file with all keys, as YAML with a comment for each (`--json` for programs);
`headrace config --explain train.optimizer` explains a key, and `headrace config --schema` prints the JSON Schema from
which this page is generated. An unknown key is refused, and the message names the nearest known key. A key
without a default ("required") must be set when its section is used. An optional section is off until it is written.
"""
CLUSTER = """\
## Cluster settings files {#cluster}

A file such as `conf/cluster/standalone.yaml` holds Spark settings that many configurations share. Name it in
[`spark.cluster`](#spark.cluster). [Clusters](clusters/index.md) shows how to use one.
"""


def on_files(files: "Files", config: "MkDocsConfig") -> "Files":
    """Add the generated page to the site, in place of the file that readers of a clone see."""
    from mkdocs.structure.files import File

    stub = files.get_file_from_path(PAGE)
    if stub is not None:
        files.remove(stub)
    files.append(File.generated(config, PAGE, content=page()))
    return files


def page() -> str:
    """Return the page as Markdown: a table for each section, with every key that `Configuration` accepts."""
    schema = Configuration.model_json_schema()
    cluster = Cluster.model_json_schema()
    parts = [INTRODUCTION]
    for name, value in schema["properties"].items():
        parts += _section(name, target_section(value, schema) or value, schema, level=2)
    parts += [CLUSTER, *_table("cluster", cluster, cluster)]
    return "\n".join(parts) + "\n"


def _section(path: str, section: dict[str, Any], schema: dict[str, Any], level: int) -> list[str]:
    """Return the heading, the purpose and the keys of the section at `path`, then its subsections."""
    lines = [f"{'#' * level} {path} {{#{path}}}", "", _escape(section.get("description", "")), ""]
    lines += _table(path, section, schema)
    for key, value in section["properties"].items():
        nested = target_section(value, schema)
        if nested is not None:
            # Keys of a mapping are the user's own: the parameters of a search, the metrics of a gate.
            inner = f"{path}.{key}.NAME" if is_mapping(value) else f"{path}.{key}"
            lines += _section(inner, nested, schema, min(level + 1, 4))
    return lines


def _table(path: str, section: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    lines = ["| key | type | default | range | description |", "|---|---|---|---|---|"]
    required = section.get("required", [])
    for key, value in section["properties"].items():
        nested = target_section(value, schema)
        # The nested section's heading has the anchor, unless its keys are the user's.
        name = f"`{key}`" if nested is not None and not is_mapping(value) else f"`{key}`{{#{path}.{key}}}"
        cells = (
            name,
            type_name(value, schema),
            _default(key, value, required, nested),
            range_text(value),
            _about(path, key, value, nested),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return [*lines, ""]


def _default(key: str, value: dict[str, Any], required: list[str], nested: dict[str, Any] | None) -> str:
    if key in required:
        return "required"
    default = value.get("default")
    if nested is not None:
        return "off" if default is None and "anyOf" in value else ""
    if default is None and "default" in value:
        return "none"
    if default in ([], {}, None):
        return "empty"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _about(path: str, key: str, value: dict[str, Any], nested: dict[str, Any] | None) -> str:
    about = _escape(value.get("description", ""))
    if nested is None:
        return about
    inner = f"{path}.{key}.NAME" if is_mapping(value) else f"{path}.{key}"
    return f"{about + '; ' if about else ''}see [{inner}](#{inner})"


def _escape(text: str) -> str:
    """Return `text` on one line, with the characters that Markdown takes as markup escaped outside of code."""
    parts = " ".join(text.split()).split("`")
    parts[::2] = ["".join(f"\\{letter}" if letter in "|*_<[{" else letter for letter in part) for part in parts[::2]]
    return "`".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page())

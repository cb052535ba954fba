"""Pages of the site from the notebooks in docs/, with the outputs that they are stored with.

MkDocs runs `on_files` and `on_page_markdown` as hooks of `mkdocs.yml`. A notebook needs no other package: its cells are
Markdown already, and its outputs are text, tables or pictures. GitHub shows the notebook itself, to which links in
docs/ lead.
"""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page


def on_files(files: "Files", config: "MkDocsConfig") -> "Files":
    """Add a page for each notebook, which stays in the site to be downloaded."""
    from mkdocs.structure.files import File

    for file in list(files):
        if file.src_uri.endswith(".ipynb"):
            name = Path(file.src_uri).with_suffix(".md").as_posix()
            files.append(File.generated(config, name, content=page(Path(str(file.abs_src_path)))))
    return files


def on_page_markdown(markdown: str, page: "Page", config: "MkDocsConfig", files: "Files") -> str:
    """Let links to a notebook lead to its page."""
    return re.sub(r"\]\(([\w/.-]+)\.ipynb([)#])", r"](\1.md\2", markdown)


def page(notebook: Path) -> str:
    """Return a notebook as Markdown."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    parts = [part for cell in cells for part in _cell(cell)]
    # HTML, as a link in Markdown would lead to this page.
    download = f'<a href="{notebook.name}" download>Download this page as a notebook.</a>'
    return "\n\n".join([*parts, download]) + "\n"


def _cell(cell: dict[str, Any]) -> list[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] != "code":
        return [source]
    return [f"```python\n{source}\n```", *filter(None, map(_output, cell["outputs"]))]


def _output(output: dict[str, Any]) -> str:
    data = output.get("data", {})
    if "image/png" in data:
        return f'<img alt="Output of the cell above" src="data:image/png;base64,{"".join(data["image/png"]).strip()}">'
    if "text/html" in data:
        # The site styles tables without a class; and Markdown ends HTML at an empty line.
        html = re.sub(
            r"<style.*?</style>| border=\"1\" class=\"dataframe\"", "", "".join(data["text/html"]), flags=re.S
        )
        html = re.sub(r"\n\s*\n", "\n", html)
        return f'<div class="cell-output">{html}</div>'
    text = "".join(output.get("text", data.get("text/plain", ""))).rstrip()
    return f"```text\n{text}\n```" if text else ""

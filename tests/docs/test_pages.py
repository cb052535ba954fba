"""What the README, CONTRIBUTING.md and the pages below docs/ say about files and figures of this repository."""

import re
from pathlib import Path

import pytest
import yaml

from tests.bench import cost, step_time

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", "CONTRIBUTING.md", *sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*.md"))]
# Paths that begin with a folder of the repository, also with `*` in them.
NAMED = re.compile(r"(?<![\w/.-])((?:\.ci|conf|docker|docs|headrace|jobs|models|pipelines|tests)/[\w./*-]*[\w*]/?)")


@pytest.mark.parametrize("page", PAGES)
def test_page_names_only_files_that_exist(page: str) -> None:
    named = set(NAMED.findall((ROOT / page).read_text()))
    assert sorted(name for name in named if not exists(name)) == []


def test_compatibility_checks_name_only_tests_that_exist() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "compatibility-checks.md").read_text()))
    defined = {
        name for file in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"def (test_\w+)", file.read_text())
    }
    assert len(named) > 20
    assert sorted(named - defined) == []


def test_contributing_names_files_of_every_room() -> None:
    named = NAMED.findall((ROOT / "CONTRIBUTING.md").read_text())
    rooms = [path for path in (ROOT / "headrace").iterdir() if path.is_dir() and (path / "__init__.py").exists()]
    missing = [room.name for room in rooms if not any(name.startswith(f"headrace/{room.name}/") for name in named)]
    assert missing == []


def test_contributing_module_map_names_only_modules_that_exist() -> None:
    """In the map a module is named without its room, in the line of the room."""
    lines = re.findall(r"^\| `(headrace/[\w/]+)` \|.*\|(.*)\|$", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    assert len(lines) > 15
    named = [room + module for room, modules in lines for module in re.findall(r"`([\w/]+)`", modules)]
    assert [name for name in named if not exists(name) and not exists(f"{name}.py")] == []


def test_readme_is_below_8_kb() -> None:
    assert (ROOT / "README.md").stat().st_size < 8192


def test_site_navigation_has_every_page_once() -> None:
    text = (ROOT / "mkdocs.yml").read_text()
    named = re.findall(r"([\w/-]+\.md)$", text[text.index("\nnav:") :], re.MULTILINE)
    pages = [page.removeprefix("docs/") for page in PAGES if page.startswith("docs/")]
    notebooks = [f"{notebook.stem}.md" for notebook in (ROOT / "docs").glob("*.ipynb")]
    assert sorted(named) == sorted(pages + notebooks)


def test_links_of_pages_lead_to_files_of_a_clone() -> None:
    """Readers on GitHub have no built site; MkDocs checks the anchors there."""
    dead, links = [], 0
    for page in (ROOT / "docs").rglob("*.md"):
        for link in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text()):
            links += 1
            if not (page.parent / link).exists():
                dead.append(f"{page.relative_to(ROOT)}: {link}")
    assert dead == []
    assert links > 50


def test_page_that_stands_in_for_the_configuration_reference_has_the_anchors_of_links() -> None:
    anchors = re.findall(r'<a id="([\w.]+)">', (ROOT / "docs/configuration.md").read_text())
    pages = [page.read_text() for page in (ROOT / "docs").rglob("*.md")]
    linked = {name for text in pages for name in re.findall(r"\]\((?:\.\./)*configuration\.md#([\w.]+)\)", text)}
    assert len(linked) > 5
    assert sorted(anchors) == sorted(linked)


def test_readme_links_lead_to_files() -> None:
    links = re.findall(r"\]\(([^)#]+)", (ROOT / "README.md").read_text())
    assert len(links) > 20
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("page", [page for page in PAGES if "```yaml" in (ROOT / page).read_text()])
def test_yaml_blocks_can_be_read(page: str) -> None:
    for block in re.findall(r"^```yaml\n(.*?)^```$", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL):
        assert yaml.safe_load(block)


def test_scale_page_has_the_table_of_the_step_time_model() -> None:
    assert step_time.table() in (ROOT / "docs" / "scale.md").read_text()


def test_scale_page_has_the_table_of_the_cost_model_and_benchmarks_its_rates() -> None:
    assert cost.table() in (ROOT / "docs" / "scale.md").read_text()
    benchmarks = (ROOT / "docs" / "benchmarks.md").read_text()
    for rate in ("1,840", "122,000", "3,790"):
        assert f"| {rate} |" in benchmarks


def exists(name: str) -> bool:
    """Whether a file, a folder, or for a pattern any file of that name is in the repository."""
    return any(ROOT.glob(name.rstrip("/"))) if "*" in name else (ROOT / name).exists()

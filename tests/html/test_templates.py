"""The Jinja environment of the pages is shared, and so are its compiled templates."""

from pathlib import Path

from headrace.html.jinja_environment import environment


def test_environment_compiles_a_template_once(tmp_path: Path) -> None:
    (tmp_path / "page.jinja").write_text("{{ 2 }}")
    first, second = (environment(tmp_path).get_template("page.jinja") for _ in range(2))
    assert first is second


def test_environments_with_other_filters_are_separate(tmp_path: Path) -> None:
    (tmp_path / "page.jinja").write_text("{{ 'a' | shown }}")
    pages = [environment(tmp_path, shown=shown).get_template("page.jinja") for shown in (str.upper, ascii)]
    assert [page.render() for page in pages] == ["A", "&#39;a&#39;"]

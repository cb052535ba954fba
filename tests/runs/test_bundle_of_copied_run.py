"""The files of a run are found in its folder, also after it was moved or copied."""

from pathlib import Path

from headrace.runs.run_folder import bundle_path


def test_copied_run_has_its_own_bundle_while_the_original_exists(tmp_path: Path) -> None:
    """The original may have been continued since."""
    run, original, elsewhere = tmp_path / "copy", tmp_path / "original" / "bundle", tmp_path / "elsewhere"
    original.mkdir(parents=True)
    elsewhere.mkdir()
    assert bundle_path(run, None, str(original)) == run / "bundle"
    assert bundle_path(run, "elsewhere", str(elsewhere)) == elsewhere
    assert bundle_path(run, "old/bundle", str(tmp_path / "old" / "bundle")) == run / "bundle", "moved with the run"

"""The page of retraining: which data, runs and decisions have led to the champion."""

from pathlib import Path

from headrace import __version__
from headrace.config import Configuration
from headrace.registry.store import registry_of
from headrace.registry.versions import ModelRecord, versions
from headrace.report.environment import environment
from headrace.retrain.journal import Journal
from headrace.retrain.progress_chart import progress_chart
from headrace.retrain.story import tell
from headrace.storage import locate
from headrace.whole_file import write_whole

TEMPLATES = Path(__file__).parent / "pages"


def write_page(journal: Journal, model: str, records: list[ModelRecord], metric: str | None = None) -> Path:
    """Write the page anew and give its place; the same journal gives the same bytes.

    Args:
        metric: by which models are compared; the first that was measured if not given.

    Raises:
        DataError: a file of the journal is damaged.
    """
    story = tell(journal, model, records, metric)
    template = environment(TEMPLATES).get_template("retraining.html.jinja")
    page = template.render(headrace_version=__version__, story=story, chart=progress_chart(story), journal=journal)
    write_whole(journal.report, page.encode("utf-8", "backslashreplace"))
    return journal.report


def refresh_page(configuration: Configuration) -> None:
    """Write the page anew where there is a journal: what serves may have been changed by hand.

    Raises:
        DataError: a file of the journal is damaged.
        HeadraceError: the registry does not answer.
    """
    settings = configuration.retrain
    if settings is None:
        return
    journal, registry = Journal(locate(settings.folder).absolute()), registry_of(configuration)
    if journal.cycles():
        write_page(journal, registry.name, versions(registry), settings.gate.metric)

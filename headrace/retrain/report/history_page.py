"""The HTML page of retraining: the data, runs and decisions that led to the champion."""

import logging
from pathlib import Path

from headrace import __version__
from headrace.config import Configuration
from headrace.html.jinja_environment import environment
from headrace.registry.registry_connection import open_registry
from headrace.registry.version_registration_and_lookup import ModelRecord, versions
from headrace.retrain.journal import Journal
from headrace.retrain.report.history_page_content import build_view
from headrace.retrain.report.progress_chart import progress_chart
from headrace.storage import locate
from headrace.storage.atomic_files_and_folders import atomic_write
from headrace.storage.disk_errors import describe

log = logging.getLogger(__name__)

TEMPLATES = Path(__file__).parent / "pages"


def write_page(journal: Journal, model: str, records: list[ModelRecord], metric: str | None = None) -> Path:
    """Write the page, replacing an older one, and return its path; the same journal yields the same bytes.

    Args:
        metric: metric that models are compared by; if None, the first metric that was computed.

    Raises:
        DataError: a file of the journal is damaged.
    """
    history = build_view(journal, model, records, metric)
    template = environment(TEMPLATES).get_template("retraining.html.jinja")
    page = template.render(
        headrace_version=__version__, history=history, chart=progress_chart(history), journal=journal
    )
    atomic_write(journal.report, page.encode("utf-8", "backslashreplace"))
    return journal.report


def refresh_page(configuration: Configuration) -> None:
    """Rewrite the page, if there is a journal, after a user has changed the champion.

    The champion has changed by then, so that a page that cannot be written is only warned of.

    Raises:
        DataError: a file of the journal is damaged.
        HeadraceError: the registry does not respond.
    """
    settings = configuration.retrain
    if settings is None:
        return
    journal, registry = Journal(locate(settings.folder).absolute()), open_registry(configuration)
    if not journal.cycles():
        return
    try:
        write_page(journal, registry.name, versions(registry), settings.gate.metric)
    except OSError as error:
        log.warning("The page is not up to date. %s", describe(error) or error)

"""Verbs of the registry of models: `headrace models VERB`."""

import sys
from typing import Annotated

import typer

from headrace.cli.parameters import Conf, Overrides, load_configuration
from headrace.cli.program import app, print_result

models = typer.Typer(
    help="The versions of the model that is retrained: list, promote, roll back, compare.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(models, name="models")


@models.command("list")
def models_list(conf: Conf, overrides: Overrides = None) -> None:
    """All versions of the model, which of them are champion and challenger, and what was decided about each.

    Example: headrace models list conf/retraining.yaml
    """
    configuration = load_configuration(conf, overrides)
    from headrace.registry.listing import as_text, list_versions
    from headrace.registry.store import open_registry

    found = list_versions(open_registry(configuration))
    print(as_text(found), file=sys.stderr)
    print_result(found)


@models.command("promote")
def models_promote(
    conf: Conf,
    version: Annotated[str, typer.Argument(help="number or alias, such as challenger")],
    overrides: Overrides = None,
) -> None:
    """Make a version the champion, whatever the gate has said.

    Example: headrace models promote conf/retraining.yaml 3
    """
    configuration = load_configuration(conf, overrides)
    from headrace.registry.listing import promote_by_hand
    from headrace.registry.store import open_registry
    from headrace.retrain.report.page import refresh_page

    done = promote_by_hand(open_registry(configuration), version)
    refresh_page(configuration)
    print_result(done)


@models.command("rollback")
def models_rollback(conf: Conf, overrides: Overrides = None) -> None:
    """Make the version champion again that the champion has replaced, byte for byte.

    Example: headrace models rollback conf/retraining.yaml
    """
    configuration = load_configuration(conf, overrides)
    from headrace.registry.listing import roll_back
    from headrace.registry.store import open_registry
    from headrace.retrain.report.page import refresh_page

    done = roll_back(open_registry(configuration))
    refresh_page(configuration)
    print_result(done)


@models.command("compare")
def models_compare(
    conf: Conf,
    first: Annotated[str, typer.Argument(help="version or alias")] = "champion",
    second: Annotated[str, typer.Argument(help="version or alias")] = "challenger",
) -> None:
    """Two versions on the same rows of the test split, with the checks of the gate; nothing is promoted.

    Example: headrace models compare conf/retraining.yaml 1 2
    """
    configuration = load_configuration(conf)
    from headrace.retrain.gate.comparison import as_text, compare

    found = compare(configuration, first, second)
    print(as_text(found), file=sys.stderr)
    print_result(found)

"""Verbs of the registry of models: `headrace models VERB`."""

import sys
from typing import Annotated

import typer

from headrace.cli.program import answer, app
from headrace.cli.words import Conf, Overrides, loaded

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
    configuration = loaded(conf, overrides)
    from headrace.registry.listing import as_text, listed
    from headrace.registry.store import registry_of

    found = listed(registry_of(configuration))
    print(as_text(found), file=sys.stderr)
    answer(found)


@models.command("promote")
def models_promote(
    conf: Conf,
    version: Annotated[str, typer.Argument(help="number or alias, such as challenger")],
    overrides: Overrides = None,
) -> None:
    """Make a version the champion, whatever the gate has said.

    Example: headrace models promote conf/retraining.yaml 3
    """
    configuration = loaded(conf, overrides)
    from headrace.registry.listing import promoted
    from headrace.registry.store import registry_of
    from headrace.retrain.page import refresh_page

    done = promoted(registry_of(configuration), version)
    refresh_page(configuration)
    answer(done)


@models.command("rollback")
def models_rollback(conf: Conf, overrides: Overrides = None) -> None:
    """Make the version champion again that the champion has replaced, byte for byte.

    Example: headrace models rollback conf/retraining.yaml
    """
    configuration = loaded(conf, overrides)
    from headrace.registry.listing import rolled_back
    from headrace.registry.store import registry_of
    from headrace.retrain.page import refresh_page

    done = rolled_back(registry_of(configuration))
    refresh_page(configuration)
    answer(done)


@models.command("compare")
def models_compare(
    conf: Conf,
    first: Annotated[str, typer.Argument(help="version or alias")] = "champion",
    second: Annotated[str, typer.Argument(help="version or alias")] = "challenger",
) -> None:
    """Two versions on the same rows of the test split, with the checks of the gate; nothing is promoted.

    Example: headrace models compare conf/retraining.yaml 1 2
    """
    configuration = loaded(conf)
    from headrace.retrain.compare import as_text, compare

    found = compare(configuration, first, second)
    print(as_text(found), file=sys.stderr)
    answer(found)

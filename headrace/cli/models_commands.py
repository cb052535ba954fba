"""Commands of the model registry: `headrace models COMMAND`."""

import sys
from typing import Annotated

import typer

from headrace.cli.application import app, print_result
from headrace.cli.help_and_usage_errors import PlainGroup
from headrace.cli.parameters import Conf, Overrides, load_configuration
from headrace.cli.result_tables import promotion_summary, repair_summary

models = typer.Typer(
    cls=PlainGroup,
    help="List, promote, roll back and compare versions of the model in the registry; repair the registry.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(models, name="models")


@models.command("list")
def models_list(conf: Conf, overrides: Overrides = None) -> None:
    """List all versions of the model with their aliases (champion, challenger) and the decision about each.

    Example: headrace models list conf/retraining.yaml
    """
    configuration = load_configuration(conf, overrides)
    from headrace.registry.registry_connection import open_registry
    from headrace.registry.version_listing import as_text, list_versions

    versions = list_versions(open_registry(configuration))
    print(as_text(versions), file=sys.stderr)
    print_result(versions)


@models.command("promote")
def models_promote(
    conf: Conf,
    version: Annotated[str, typer.Argument(help="version number or alias, such as challenger")],
    overrides: Overrides = None,
) -> None:
    """Make a version the champion, whatever the gate decided.

    Example: headrace models promote conf/retraining.yaml 3
    """
    configuration = load_configuration(conf, overrides)
    from headrace.registry.manual_promotion import promote_by_hand
    from headrace.registry.registry_connection import open_registry
    from headrace.retrain.report.history_page import refresh_page

    result = promote_by_hand(open_registry(configuration), version)
    refresh_page(configuration)
    print_result(result, promotion_summary(result, [str(conf), *(overrides or [])]))


@models.command("rollback")
def models_rollback(conf: Conf, overrides: Overrides = None) -> None:
    """Make the previous champion the champion again, byte for byte.

    Example: headrace models rollback conf/retraining.yaml
    """
    configuration = load_configuration(conf, overrides)
    from headrace.registry.manual_promotion import roll_back
    from headrace.registry.registry_connection import open_registry
    from headrace.retrain.report.history_page import refresh_page

    result = roll_back(open_registry(configuration))
    refresh_page(configuration)
    print_result(result, promotion_summary(result, [str(conf), *(overrides or [])]))


@models.command("compare")
def models_compare(
    conf: Conf,
    first: Annotated[str, typer.Argument(help="version number or alias")] = "champion",
    second: Annotated[str, typer.Argument(help="version number or alias")] = "challenger",
) -> None:
    """Compare two versions on the same rows of the test split with the gate's checks; promote nothing.

    Example: headrace models compare conf/retraining.yaml 1 2
    """
    configuration = load_configuration(conf)
    from headrace.retrain.gate.models_compare_command import as_text, compare

    comparison = compare(configuration, first, second)
    print(as_text(comparison), file=sys.stderr)
    print_result(comparison)


@models.command("repair")
def models_repair(conf: Conf, overrides: Overrides = None) -> None:
    """Rebuild a lost or damaged database of the registry from its bundles and the retraining journal.

    Example: headrace models repair conf/retraining.yaml
    """
    configuration = load_configuration(conf, overrides)
    from headrace.retrain.rebuild_registry_from_journal import repair
    from headrace.retrain.report.history_page import refresh_page

    result = repair(configuration)
    refresh_page(configuration)
    print_result(result, repair_summary(result))

"""Verbs of scheduled retraining."""

import sys
from typing import Annotated, Literal

import typer

from headrace.cli.parameters import Conf, Overrides, load_configuration
from headrace.cli.program import app, print_result

# As headrace.retrain.steps.runner has them, which takes long to import.
Until = Literal["prepare", "validate", "train", "evaluate", "register", "gate", "promote", "predict", "conclude"]


@app.command()
def retrain(
    conf: Conf,
    overrides: Overrides = None,
    force: Annotated[bool, typer.Option("--force", help="train though nothing has changed")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="for another that is retraining, instead of leaving it")] = False,
    until: Annotated[Until | None, typer.Option(help="last step to do; the same again goes on from there")] = None,
    cycle: Annotated[str | None, typer.Option(help="a scheduler's name for the cycle, the same for each step")] = None,
) -> None:
    """One cycle, if there is anything to do: new raw data -> a challenger -> a gate -> a champion.

    Safe at any time, twice at once, and after a crash. A challenger that is refused ends in exit code 5, refused data
    in 3; both keep their reasons in the journal and on its page.

    Example: headrace retrain conf/retraining.yaml
    """
    configuration = load_configuration(conf, overrides)
    from headrace.retrain.cycle import retrain as run

    result = run(configuration, until=until, name=cycle, force=force, wait=wait)
    print_result(result)
    if result["exit_code"]:
        print(f"headrace: {result['decision']}: {'; '.join(result['reasons'])}", file=sys.stderr)
        raise typer.Exit(result["exit_code"])


@app.command()
def watch(
    conf: Conf,
    overrides: Overrides = None,
    every: Annotated[str | None, typer.Option(help="such as 30m, 1h or 1d")] = None,
    cron: Annotated[str | None, typer.Option(help="five fields, such as '0 3 * * *'")] = None,
    times: Annotated[int | None, typer.Option(min=1, help="cycles to begin; without end if not given")] = None,
) -> None:
    """Retrain by the clock, where there is neither cron nor Airflow: now, and then again and again.

    Example: headrace watch conf/retraining.yaml --every 1h
    """
    load_configuration(conf, overrides)
    from headrace.retrain.watch import Watch, trigger

    print_result(Watch([str(conf), *(overrides or ())], times).run(trigger(every, cron)))

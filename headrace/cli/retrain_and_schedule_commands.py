"""The commands `headrace retrain` and `headrace schedule`."""

import sys
from typing import Annotated, Literal

import typer

from headrace.cli.application import app, print_result
from headrace.cli.parameters import Conf, Overrides, load_configuration
from headrace.cli.result_tables import gate_hint, retraining_table
from headrace.errors import GateError

# A copy of the steps in headrace.retrain.steps.runner, which is slow to import.
Until = Literal["prepare", "validate", "train", "evaluate", "register", "gate", "promote", "predict", "conclude"]


@app.command()
def retrain(
    conf: Conf,
    overrides: Overrides = None,
    force: Annotated[bool, typer.Option("--force", help="train even if nothing has changed")] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="wait for another process that is retraining, instead of exiting")
    ] = False,
    until: Annotated[Until | None, typer.Option(help="last step to run; the next call resumes after it")] = None,
    cycle: Annotated[
        str | None, typer.Option(metavar="NAME", help="the scheduler's name for the cycle, the same in every step")
    ] = None,
) -> None:
    """Run one cycle if there is new data: prepare it, train a challenger, compare it with the champion, promote it.

    You may run it at any time, concurrently, and after a crash. Exit code 5 means that the gate refused the challenger,
    3 that the data were refused; the journal and its report page record the reasons.

    Example: headrace retrain conf/retraining.yaml
    """
    configuration = load_configuration(conf, overrides)
    from headrace.retrain.cycle import retrain as run

    result = run(configuration, until=until, name=cycle, force=force, wait=wait)
    print_result(result, retraining_table(result))
    if result["exit_code"]:
        if result["exit_code"] == GateError.exit_code:
            print(gate_hint(configuration.data.table, result), file=sys.stderr)
        print(f"headrace: {result['decision']}: {'; '.join(result['reasons'])}", file=sys.stderr)
        raise typer.Exit(result["exit_code"])


@app.command()
def schedule(
    conf: Conf,
    overrides: Overrides = None,
    every: Annotated[str | None, typer.Option(metavar="INTERVAL", help="interval, such as 30m, 1h or 1d")] = None,
    cron: Annotated[
        str | None, typer.Option(metavar="EXPRESSION", help="cron expression with five fields, such as '0 3 * * *'")
    ] = None,
    times: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="number of cycles; default: run forever")
    ] = None,
) -> None:
    """Retrain immediately and then on a schedule, on machines without cron or Airflow.

    Example: headrace schedule conf/retraining.yaml --every 1h
    """
    load_configuration(conf, overrides)
    from headrace.retrain.cycle_scheduler import CycleScheduler, trigger

    print_result(CycleScheduler([str(conf), *(overrides or ())], times).run(trigger(every, cron)))

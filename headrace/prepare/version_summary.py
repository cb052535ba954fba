"""The summary of a version that a preparation commits: its contract, its counts, and what was read."""

import json

from headrace.config.configuration_model import Source
from headrace.config.secrets_and_environment_variables import withhold_secrets
from headrace.contract import Contract
from headrace.features.input_kind_loader import input_traits
from headrace.prepare.encode_deduplicate_split_fit import StageOutput
from headrace.prepare.encoders.record_encoder_in_preparation_interface import record_encoder_module
from headrace.prepare.incremental_plan_and_task_context import PrepareContext, PreparePlan
from headrace.prepare.increments.kept_split_search import must_keep_splits
from headrace.prepare.increments.source_changes import save_listing
from headrace.prepare.record_accounting import RecordAccounting, add_filled
from headrace.processes.own_command_line_and_utc_now import command_line
from headrace.table import Summary
from headrace.wording import escape_path


def summarize(
    plan: PreparePlan, context: PrepareContext, output: StageOutput, accounting: RecordAccounting, seconds: float
) -> Summary:
    """Return the summary of the version to commit, and write the listing that the next preparation compares with.

    Args:
        seconds: duration of the preparation so far.
    """
    source, sums = plan.configuration.data.source, accounting.sums
    contract = Contract(
        columns=output.columns,
        classes=output.classes,
        task=context.settings.task,
        input_specs=record_encoder_module(context.settings.input).input_specs(
            plan.configuration, sums.statistics() if sums else output.statistics, output.input_specs
        ),
        is_record=bool(context.settings.inputs),
        label_statistics=output.label_statistics,
    )
    return Summary(
        contract=contract,
        rows_in=accounting.rows_in,
        written=accounting.written,
        rejected=accounting.rejected,
        duplicates=accounting.duplicates,
        counts=accounting.by_class(contract),
        label_counts=accounting.by_label(contract),
        rejects=accounting.rejects,
        rejects_version=None,
        source={"kind": source.kind, "path": source.path, "root": escape_path(context.root)}
        | _text_source(source, context),
        fingerprint=plan.fingerprint,
        settings=context.settings.model_dump(mode="json"),
        seconds=seconds,
        prepared_rows=accounting.prepared_rows,
        append_key=plan.append_key,
        listing=save_listing(plan.listing.files, context.table, context.identity),
        sums=None if sums is None else (sums.count, sums.total, sums.squares),
        periods=output.periods,
        filled=add_filled(plan.increment.before, accounting.shards, output.filled),
        keeps_splits=must_keep_splits(plan) or any(result.departed_splits for result in output.results),
        command=command_line(),
        data=withhold_secrets(plan.configuration.data.model_dump(mode="json")),
    )


def _text_source(source: Source, context: PrepareContext) -> dict[str, str]:
    """Return the text column and the options of the reader, which predictions use too; empty for files."""
    columns = source.columns if input_traits(context.settings.input).is_cell else None
    if columns is None or columns.content == "paths":
        return {}
    options = {} if source.format == "jdbc" else source.options
    column = {"text_column": columns.input} if input_traits(context.settings.input).is_text else {}
    return column | {"format": source.format, "options": json.dumps(options)}

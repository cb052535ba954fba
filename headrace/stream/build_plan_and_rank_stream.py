"""Build the plan and one rank's stream for a version of a table."""

from headrace.config.sections.streaming_and_augmentation import Stream
from headrace.contract import Contract
from headrace.stream.batch_plan import Plan
from headrace.stream.rank_batch_stream import RankStream
from headrace.stream.read.shard_cache import open_cache
from headrace.table import Version


def training_plan(version: Version, split: str, global_batch: int, lanes: int, seed: int) -> Plan:
    """Return the shuffled plan for training on `split`.

    Raises:
        DataError: the version has no such split.
    """
    rows = tuple(shard.rows for shard in version.split(split))
    return Plan(shard_rows=rows, global_batch=global_batch, lanes=lanes, seed=seed)


def evaluation_plan(version: Version, split: str, global_batch: int, world_size: int = 1) -> Plan:
    """Return the plan for evaluation on `split`: every row once, unshuffled, one lane per rank.

    Raises:
        DataError: the version has no such split.
    """
    rows = tuple(shard.rows for shard in version.split(split))
    return Plan(shard_rows=rows, global_batch=global_batch, lanes=world_size, shuffle=False)


def rank_stream(
    version: Version,
    split: str,
    plan: Plan,
    columns: tuple[str, ...],
    rank: int = 0,
    world_size: int = 1,
    settings: Stream | None = None,
) -> RankStream:
    """Return the stream of `rank` of `world_size` over `split`; texts are grouped by length if the plan shuffles.

    Raises:
        DataError: the version has no such split.
    """
    settings = settings or Stream()
    texts = [name for name, spec in version.contract.input_specs.items() if spec.vocabulary and name in columns]
    return RankStream(
        table=version.table,
        shards=version.split(split),
        columns=columns,
        plan=plan,
        rank=rank,
        world_size=world_size,
        # Of several texts the first one decides which rows are of one length.
        grouped_by=texts[0] if texts and settings.bucket_steps > 1 else None,
        group_steps=settings.bucket_steps,
        cache=open_cache(settings),
    )


def training_columns(contract: Contract, *, weighted: bool = False) -> tuple[str, ...]:
    """Return the names of the input and target columns and, if `weighted`, of the weight column if there is one."""
    weight = contract.weight_name if weighted else None
    return (*contract.input_names, contract.named("target")[0], *([weight] if weight else []))

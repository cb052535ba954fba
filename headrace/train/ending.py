"""The end of a training: the last checkpoint, the weights that leave, the proof that all ranks agree, the bundle."""

import keras

from headrace import bundle
from headrace.train import collectives
from headrace.train.best import Best
from headrace.train.one_rank import OneRank
from headrace.train.position import Position
from headrace.train.reporting import Reporting
from headrace.train.saving import Checkpoints

Figures = dict[str, float | int | str]


def settle(rank: OneRank, position: Position, callbacks: list[keras.callbacks.Callback]) -> Figures:
    """Write the last checkpoint, choose the weights that the bundle gets, and see that all ranks have them."""
    figures: Figures = {"steps": position.step}
    for callback in callbacks:
        if isinstance(callback, Checkpoints):
            callback.finish()
            figures["checkpoint_seconds"] = round(callback.seconds, 3)
        elif isinstance(callback, Reporting):
            callback.finish()
        elif isinstance(callback, Best):
            figures["best_epoch"] = callback.epoch
            if rank.record.configuration.train.watch.bundle == "best":
                callback.restore()
    rank.model.optimizer.finish(rank.model.trainable_weights)
    return figures | {"weights_sha256": collectives.agree_on(rank.model.weights)}


def write_bundle(rank: OneRank, seconds: float, steps: int, figures: Figures) -> None:
    """Write the bundle and tell the driver what came of the run; on rank 0 only.

    Args:
        seconds: of the steps done since this process began, `steps` of them.
    """
    record, version = rank.record, rank.version
    columns = record.configuration.data.source.columns
    origin = bundle.Origin(
        run=str(rank.folder.path),
        table=record.table,
        data_version=record.data_version,
        steps=int(figures["steps"]),
        weights_sha256=str(figures["weights_sha256"]),
        settings=version.summary.settings,
        input_column=columns.input if columns else None,
    )
    options = record.configuration.model.options
    written = bundle.write(record.bundle, rank.model, rank.folder.model_file, version.contract, options, origin)
    speed = steps * record.global_batch / seconds if steps else 0.0
    rank.channel.send(
        kind="done",
        bundle=str(written),
        parameters=rank.model.count_params(),
        seconds=round(seconds, 3),
        samples_per_second=round(speed, 1),
        **figures,
    )

"""The learning rate at every step: scaled by the number of ranks, warmed up, then constant or decreasing.

Goyal et al.: Accurate, large minibatch SGD: training ImageNet in 1 hour. arXiv:1706.02677 (2017), for linear
scaling and warm-up; Krizhevsky: One weird trick, arXiv:1404.5997 (2014), for the square root; Loshchilov, Hutter:
SGDR, arXiv:1608.03983 (2016), for cosine.
"""

import math

import keras
import tensorflow as tf

from headrace.config.sections.training import Optimizer

SCALES = {"none": lambda ranks: 1.0, "linear": float, "square_root": math.sqrt}


class Rate(keras.optimizers.schedules.LearningRateSchedule):
    """The learning rate as a function of the step (0-based, over the whole run).

    Args:
        settings: settings of the optimizer.
        ranks: number of ranks, by which the rate may be scaled.
        steps_per_epoch: at least 1.
        total_steps: steps of the whole run.
    """

    def __init__(self, settings: Optimizer, ranks: int, steps_per_epoch: int, total_steps: int) -> None:
        self.schedule = settings.schedule
        self.base = settings.learning_rate
        self.full = self.base * SCALES[self.schedule.scale_by_ranks](ranks)
        self.steps_per_epoch, self.total_steps = steps_per_epoch, total_steps
        self.warmup_steps = self.schedule.warmup_epochs * steps_per_epoch

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """Return the rate at `step`, float32."""
        step = tf.cast(step, tf.float32)
        if not self.warmup_steps:
            return self._after_warmup(step)
        start = self.base if self.full > self.base else 0.0
        # `step + 1`: the first step has the rate at the end of its share of the warm-up, not a rate of 0.
        warming = start + (self.full - start) * (step + 1.0) / self.warmup_steps
        return tf.where(step < self.warmup_steps, tf.minimum(warming, self.full), self._after_warmup(step))

    def get_config(self) -> dict[str, float]:
        """Return the rate without its schedule; Keras calls this to save an optimizer; a run rebuilds it."""
        return {"learning_rate": self.base}

    def _after_warmup(self, step: tf.Tensor) -> tf.Tensor:
        if self.schedule.kind == "step":
            return self._stepped(step)
        if self.schedule.kind == "cosine":
            return self._cosine(step)
        return tf.constant(self.full, tf.float32)

    def _stepped(self, step: tf.Tensor) -> tf.Tensor:
        boundaries = tf.constant([epoch * self.steps_per_epoch for epoch in self.schedule.at_epochs], tf.float32)
        passed = tf.reduce_sum(tf.cast(step >= boundaries, tf.float32))
        return self.full * tf.pow(self.schedule.factor, passed)

    def _cosine(self, step: tf.Tensor) -> tf.Tensor:
        length = max(self.total_steps - self.warmup_steps, 1.0)
        progress = tf.clip_by_value((step - self.warmup_steps) / length, 0.0, 1.0)
        final = self.schedule.final_fraction
        return self.full * (final + (1.0 - final) * 0.5 * (1.0 + tf.cos(math.pi * progress)))


def learning_rate(settings: Optimizer, ranks: int, steps_per_epoch: int, total_steps: int) -> float | Rate:
    """Return the `learning_rate` of a Keras optimizer: a number if it never changes."""
    schedule = settings.schedule
    if schedule.kind == "constant" and not schedule.warmup_epochs:
        return settings.learning_rate * SCALES[schedule.scale_by_ranks](ranks)
    return Rate(settings, ranks, steps_per_epoch, total_steps)

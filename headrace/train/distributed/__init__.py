"""Communication between ranks: Horovod's collectives, gradients, and threads that yield the CPU."""

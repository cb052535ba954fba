"""What ranks do together: Horovod's collectives, gradients, and threads that yield the CPU."""

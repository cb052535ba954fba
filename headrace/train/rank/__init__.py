"""One rank: the program `python -m headrace.train.rank RUN`, its training loop and its messages to the driver."""

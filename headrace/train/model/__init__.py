"""The model that a run trains: network, loss and metrics, optimizer, schedule, initial weights."""

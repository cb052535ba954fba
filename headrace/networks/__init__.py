"""Networks: load the Python file that builds one, list the available networks, and count their FLOPs."""

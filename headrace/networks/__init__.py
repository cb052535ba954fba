"""Networks: the Python file that builds one, the list of those there are, and their arithmetic."""

"""The files of a table: a folder, partitions, a Delta log, and formats that are refused."""

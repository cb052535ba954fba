"""Entry point of `python -m headrace`, which is the `headrace` command."""

from headrace.cli import main

if __name__ == "__main__":
    main()

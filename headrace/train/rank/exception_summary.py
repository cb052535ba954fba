"""Summarise a rank's exception in one sentence."""

import re
import traceback

FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')
# TensorFlow appends the failed node to a graph's error.
NODE = re.compile(r"\n\s*\[\[\{\{node .*", re.DOTALL)
GRAPH = "Graph execution error:"


def summarize_error(error: BaseException, model_file: str) -> str:
    """Return the error's class, its line in the model's file, and its message.

    Args:
        model_file: the path with which the model's source was compiled.
    """
    location = _location(error, model_file)
    message = _message(str(error)) or "no message"
    return f"{type(error).__name__}{location}: {message}"


def _location(error: BaseException, model_file: str) -> str:
    """Return the last line of the model's file that the graph's or Python's traceback names."""
    text = "".join(traceback.format_exception(error))
    lines = [match["line"] for match in FRAME.finditer(text) if match["file"] == model_file]
    return f" at line {lines[-1]} of the model's file" if lines else ""


def _message(text: str) -> str:
    if GRAPH in text:
        # The message follows the frames of the traceback; without frames it comes first.
        text = NODE.sub("", text.partition(GRAPH)[2])
        paragraphs = [part for part in re.split(r"\n\s*\n", text) if part.strip() and not FRAME.search(part)]
        text = paragraphs[-1] if paragraphs else ""
    return " ".join(text.split())[:1000]

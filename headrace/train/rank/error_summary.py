"""What went wrong on a rank, in one sentence, out of what TensorFlow and Keras say in a hundred lines."""

import re
import traceback

FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')
# TensorFlow ends a graph's error with the node that failed.
NODE = re.compile(r"\n\s*\[\[\{\{node .*", re.DOTALL)
GRAPH = "Graph execution error:"


def summarize_error(error: BaseException, model_file: str) -> str:
    """The error's class, where in the model's file it arose, and its own words.

    Args:
        model_file: the path under which the model's source was compiled.
    """
    place = _place(error, model_file)
    words = _own_words(str(error)) or "no message"
    return f"{type(error).__name__}{place}: {words}"


def _place(error: BaseException, model_file: str) -> str:
    """The last line of the model's file on the way to the error, in the graph or in Python."""
    text = "".join(traceback.format_exception(error))
    lines = [match["line"] for match in FRAME.finditer(text) if match["file"] == model_file]
    return f" at line {lines[-1]} of the model's file" if lines else ""


def _own_words(text: str) -> str:
    if GRAPH in text:
        # What is said comes after the frames that led there, or first where there are none.
        text = NODE.sub("", text.partition(GRAPH)[2])
        paragraphs = [part for part in re.split(r"\n\s*\n", text) if part.strip() and not FRAME.search(part)]
        text = paragraphs[-1] if paragraphs else ""
    return " ".join(text.split())[:1000]

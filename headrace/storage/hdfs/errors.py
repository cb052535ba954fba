"""Translate errors of HDFS into messages for the user."""

import re

USER_ERRORS = "set HADOOP_USER_NAME, or have a Kerberos ticket (kinit), on executors too"


def describe(server: str, path: str, text: str) -> str:
    """Return a message that says what failed for a path and how to fix it.

    Args:
        server: NameNode or nameservice; empty for the default of Hadoop's configuration.
        text: message of the library's error.
    """
    place, name = f"hdfs://{server}{path}", f"hdfs://{server}" if server else "The default file system of Hadoop"
    said = _said(text)
    if re.search("AccessControlException|AuthorizationException", text):
        return f"{name} refuses access to {place} ({said}); let that user read there, or {USER_ERRORS}."
    if re.search("SASL|GSSAPI|Kerberos|InvalidToken", text):
        return f"{name} does not know who asks for {place} ({said}); {USER_ERRORS}."
    if re.search("InvalidArgument|UrlParseError", text):
        return (
            f"{place} names no server that is known here ({said}); name host and port of the NameNode, or set "
            "HADOOP_CONF_DIR to the folder of a core-site.xml and hdfs-site.xml that know it, on executors too."
        )
    if "XmlParseError" in text:
        return f"Hadoop's configuration in HADOOP_CONF_DIR, which {place} needs, cannot be read ({said}); fix it."
    if re.search("DataTransferError|BlocksNotFound|ChecksumError|ErasureCodingError", text):
        return (
            f"No DataNode of {name} gives {place} ({said}); see whether they run, whether this machine reaches them, "
            "and whether the file was changed while it was read. Run it again then."
        )
    if re.search("RPCError", text):
        return f"{name} answered for {place}: {said}; nothing was committed. Run it again later."
    return (
        f"{name} did not answer for {place}; see whether the NameNode runs, and whether the address, or the files in "
        f"HADOOP_CONF_DIR, name it. The last error: {said}."
    )


def _said(text: str) -> str:
    """Return the innermost message of an error in the library's debug format, on one line."""
    quoted = re.findall(r'"((?:[^"\\]|\\.)*)"', text)
    words = quoted[-1] if quoted else text
    first = re.split(r"\\n|\n|: \[", words)[0].replace('\\"', '"').strip().rstrip(".")
    return first if len(first) <= 200 else f"{first[:200]}..."

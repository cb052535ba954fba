"""Translate errors of HDFS into messages for the user."""

import re

USER_ERRORS = "set HADOOP_USER_NAME, or get a Kerberos ticket (kinit), on executors too"


def describe(server: str, path: str, text: str) -> str:
    """Return a message that states what failed for a path and how to fix it.

    Args:
        server: NameNode or nameservice; empty for the default of Hadoop's configuration.
        text: message of the library's error.
    """
    uri, name = f"hdfs://{server}{path}", f"hdfs://{server}" if server else "The default file system of Hadoop"
    detail = _innermost(text)
    if re.search("AccessControlException|AuthorizationException", text):
        return f"{name} refuses access to {uri} ({detail}); grant read access, or {USER_ERRORS}."
    if re.search("SASL|GSSAPI|Kerberos|InvalidToken", text):
        return f"{name} could not authenticate the request for {uri} ({detail}); {USER_ERRORS}."
    if re.search("InvalidArgument|UrlParseError", text):
        return (
            f"{uri} names no server that is known here ({detail}); specify host and port of the NameNode, or set "
            "HADOOP_CONF_DIR to the folder of a core-site.xml and hdfs-site.xml that define it, on executors too."
        )
    if "XmlParseError" in text:
        return f"Hadoop's configuration in HADOOP_CONF_DIR, which {uri} needs, cannot be read ({detail}); fix it."
    if re.search("DataTransferError|BlocksNotFound|ChecksumError|ErasureCodingError", text):
        return (
            f"No DataNode of {name} serves {uri} ({detail}); check that DataNodes run, that this machine reaches them, "
            "and that the file was not changed while it was read; then try again."
        )
    if re.search("RPCError", text):
        return f"{name} returned an error for {uri}: {detail}. Try again later."
    return (
        f"{name} did not respond for {uri}; check that the NameNode runs, and that the address or the files in "
        f"HADOOP_CONF_DIR name it. Last error: {detail}."
    )


def _innermost(text: str) -> str:
    """Return the innermost message of an error in the library's debug format, on one line."""
    quoted = re.findall(r'"((?:[^"\\]|\\.)*)"', text)
    message = quoted[-1] if quoted else text
    line = re.split(r"\\n|\n|: \[", message)[0].replace('\\"', '"').strip().rstrip(".")
    return line if len(line) <= 200 else f"{line[:200]}..."

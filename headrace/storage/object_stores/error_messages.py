"""Translate errors of object stores into messages for the user."""

import re

from headrace.storage.object_stores.bucket_address import Bucket

# Metadata services of the providers' machines; queried last, when there are no other credentials.
METADATA = ("169.254.169.254", "metadata.google.internal", "metadata/identity")
MISSING_BUCKET = re.compile("NoSuchBucket|ContainerNotFound|specified bucket does not exist")


def describe(bucket: Bucket, key: str, text: str) -> str:
    """Return a message that states what failed for an object or prefix and how to fix it.

    Args:
        text: message of the store library's error.
    """
    uri, store = f"{bucket}/{key}".rstrip("/"), bucket.connection
    # The endpoint's address may contain a password.
    server = re.sub("//[^/]*@", "//", store.endpoint() or store.PRODUCT)
    code = re.search(r"<Code>(\w+)</Code>", text)
    status = re.search(r"status code: (\d{3})", text)
    if any(one in text for one in METADATA):
        return (
            f"No credentials for {uri} were found: {store.CREDENTIALS} are not in the environment, and this machine "
            "has no role; set them, on executors too."
        )
    if MISSING_BUCKET.search(text):
        return f"There is no bucket {bucket.name!r} on {server}; create it, or use another bucket."
    if "Precondition" in text or (status and status[1] == "412"):
        return f"{uri} was changed while it was read; try again when no other process writes there."
    if status and status[1] in ("401", "403"):
        return (
            f"{server} refuses access to {uri} ({code[1] if code else status[1]}); put credentials with read "
            f"and write access into the environment ({store.CREDENTIALS}), on executors too."
        )
    if status and status[1] == "501":
        return f"{server} does not support conditional puts (If-None-Match), which {uri} needs; use another server."
    if status or code:
        reply = " ".join(match[1] for match in (status, code) if match)
        return f"{server} returned {reply} for {uri}{_attempts(text)}; nothing was committed. Try again later."
    if "invalid path" in text:
        return f"An object below {uri} has an empty, '.' or '..' part in its name; rename or remove it."
    return (
        f"{server} did not respond for {uri}{_attempts(text)}; check that it runs, that {store.ENDPOINT_VARIABLE} "
        f"names it, and that credentials are in the environment. Last error: {_innermost(text)}."
    )


def _attempts(text: str) -> str:
    retries = re.search(r"after (\d+) retries", text)
    return f", in {int(retries[1]) + 1} attempts" if retries else ""


def _innermost(text: str) -> str:
    line = text.split("\n")[0]
    return line.rpartition(" - ")[2].strip().rstrip(".") or line

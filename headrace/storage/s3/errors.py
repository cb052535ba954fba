"""Translate errors of an S3 store into messages for the user."""

import re

from headrace.storage.s3.connection_settings import endpoint

# Instance metadata service of AWS; queried last, when there are no other credentials.
METADATA = "169.254.169.254"


def describe(bucket: str, key: str, text: str) -> str:
    """Return a message that says what failed for an object or prefix and how to fix it.

    Args:
        text: message of the store library's error.
    """
    place = f"s3://{bucket}/{key}".rstrip("/")
    # The address of the endpoint may hold a password.
    server = re.sub("//[^/]*@", "//", endpoint() or "Amazon S3")
    code = re.search(r"<Code>(\w+)</Code>", text)
    status = re.search(r"status code: (\d{3})", text)
    if METADATA in text:
        return (
            f"No credentials for {place} were found: neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are in the "
            "environment, nor has this machine a role; set them, on executors too."
        )
    if "NoSuchBucket" in text:
        return f"There is no bucket {bucket!r} on {server}; create it, or use another."
    if "Precondition" in text or (status and status[1] == "412"):
        return f"{place} was changed while it was read; run it again when no other process writes there."
    if status and status[1] in ("401", "403"):
        return (
            f"{server} refuses access to {place} ({code[1] if code else status[1]}); put credentials that may read "
            "and write there into the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), on executors too."
        )
    if status and status[1] == "501":
        return f"{server} cannot do what {place} needs, conditional puts (If-None-Match); use another."
    if status or code:
        said = " ".join(one[1] for one in (status, code) if one)
        return f"{server} answered {said} for {place}{_tries(text)}; nothing was committed. Run it again later."
    if "invalid path" in text:
        return f"Below {place} is an object with an empty, '.' or '..' part in its name; rename or remove it."
    return (
        f"{server} did not answer for {place}{_tries(text)}; see whether it runs, whether AWS_ENDPOINT_URL names it, "
        f"and whether credentials are in the environment. The last error: {_innermost(text)}."
    )


def _tries(text: str) -> str:
    tries = re.search(r"after (\d+) retries", text)
    return f", in {int(tries[1]) + 1} tries" if tries else ""


def _innermost(text: str) -> str:
    first = text.split("\n")[0]
    return first.rpartition(" - ")[2].strip().rstrip(".") or first

"""One short text that is equal exactly when a preparation would give the same version again."""

import hashlib

from headrace.config.sections import Prepare
from headrace.prepare.sources.listing import Listing

# Raised when the same input would be prepared to other bytes than before.
PREPARATION = 1


def fingerprint(listing: Listing, settings: Prepare) -> str:
    """Of every file's path, size and time, and of all settings that change what is written."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(f"{PREPARATION}\n{listing.root}\n".encode(errors="surrogateescape"))
    digest.update(settings.model_dump_json(exclude={"max_rejects"}).encode())
    for file in listing.files:
        digest.update(f"{file.path}\0{file.size}\0{file.modified}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()

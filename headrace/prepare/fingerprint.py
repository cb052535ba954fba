"""Short texts that are equal exactly when a preparation would give the same again."""

import hashlib

from headrace.config.sections import Prepare, Source
from headrace.prepare.sources.listing import Listing

# Raised when the same input would be prepared to other bytes than before.
PREPARATION = 4
# What decides whether a version is accepted, and not what is in it.
ONLY_CHECKS = {"max_rejects", "expectations"}


def fingerprint(listing: Listing, settings: Prepare) -> str:
    """Of every file's path, size and time, and of all settings that change what is written."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(f"{PREPARATION}\n{listing.root}\n".encode(errors="surrogateescape"))
    digest.update(_written(settings))
    for file in listing.files:
        digest.update("\0".join(map(str, (*file, "\n"))).encode(errors="surrogateescape"))
    return digest.hexdigest()


def basis(root: str, source: Source, settings: Prepare) -> str:
    """Of the source and of all settings that change what is written: versions of one basis can share shards."""
    digest = hashlib.blake2b(f"{PREPARATION}\n{root}\n".encode(errors="surrogateescape"), digest_size=16)
    # Where secrets are, their names are; a password that is changed does not change what is read.
    digest.update(source.model_dump_json().encode())
    digest.update(_written(settings))
    return digest.hexdigest()


def _written(settings: Prepare) -> bytes:
    """Those settings that change what is written."""
    unused = set() if settings.task == "multi_label" else {"label_separator"}
    return settings.model_dump_json(exclude=ONLY_CHECKS | unused).encode()

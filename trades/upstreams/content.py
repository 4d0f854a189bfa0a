"""The hash that says whether an answer differs from what is stored."""

import hashlib
from collections.abc import Mapping

import msgspec

_JSON = msgspec.json.Encoder()


def content_hash(fields: Mapping[str, object]) -> bytes:
    """16 bytes over the typed fields and items of a record, equal in every process.

    The raw answer is left out on purpose: a changed avatar, an unknown field or another order of
    members rewrites no row, any change of what we filter, sort, sum or show does.
    """
    return hashlib.blake2b(_JSON.encode(fields), digest_size=16).digest()

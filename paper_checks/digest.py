"""A short hash of text, numbers, lists and mappings: the same on every machine."""

from __future__ import annotations

import json
from hashlib import sha256


def digest(parts: object) -> str:
    """Twenty hexadecimal digits."""
    return sha256(json.dumps(parts, sort_keys=True, ensure_ascii=True).encode()).hexdigest()[:20]

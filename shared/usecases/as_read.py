"""What a caller may ask of a thing that it is about to change: that it still is as it was read (R-380).

A use case asks it of the thing as loaded, before it decides, and saves under the version that it has loaded. What a version is,
is the edge's business.
"""

from collections.abc import Callable

type AsRead[T] = Callable[[T], None]
"""Raises StaleVersion where this is no longer what the caller has read."""


def whatever(_: object) -> None:
    """Nothing is asked: whatever stands there is meant."""

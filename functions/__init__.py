"""The edge: what HTTP, queues and timers start."""

import gc

# Before anything else is imported: Python's default looks for garbage hundreds of times while a worker starts, and there is none,
# because modules stay. One look at all that a start makes costs 25 ms; so many objects may come together before the first.
gc.set_threshold(200_000)

"""The edge: what HTTP, queues and timers start."""

import gc
import os

# Pydantic looks through all installed packages for plugins before it builds its first model: 10 ms of a start, and there are none.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
# Before anything else is imported: Python's default looks for garbage hundreds of times while a worker starts, and there is none,
# because modules stay. One look at all that a start makes costs 25 ms; so many objects may come together before the first.
gc.set_threshold(200_000)

"""The edge: what HTTP, queues and timers start."""

import gc

# Before anything else is imported: Python's default looks for garbage hundreds of times while a worker starts, and there is none,
# because modules stay. That costs a tenth of the first answer; without it a worker holds some megabytes more.
gc.set_threshold(50_000)

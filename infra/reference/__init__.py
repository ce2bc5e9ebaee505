"""The committed reference, `openapi.json`, `problems.md` and `events.md` in `docs`, and what would break a caller of it."""

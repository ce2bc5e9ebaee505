"""The committed reference: `docs/openapi.json` and `docs/problems.md` from the code, and what would break a caller of them."""

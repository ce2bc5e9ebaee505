"""`make demo`: the whole story of one claim, told against a system of its own, from the first request to the last mail."""

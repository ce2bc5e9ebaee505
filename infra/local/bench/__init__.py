"""The benchmark: measures what an evaluation and an import cost, holds it against the targets and prints all of it."""

"""What ends the demo: something came that the story does not know."""


class Surprise(Exception):
    """One sentence: what was expected, and what came."""

"""Why the host will not start, in one sentence for the person at the terminal."""


class Refusal(Exception):
    """The app, its settings or this machine cannot be served as asked; the message is the whole explanation."""

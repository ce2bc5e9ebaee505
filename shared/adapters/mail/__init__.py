"""Mail: a letter is rendered into a subject and two bodies, and handed to a mail server."""

"""Real services for every test that wants them: one storage emulator and one mail catcher a session (with xdist, a worker)."""

from collections.abc import Iterator

import pytest

from infra.local import azurite as emulator
from infra.local import maildev as catcher
from infra.local.azurite import Azurite
from infra.local.mailbox import Mailbox
from infra.local.maildev import Maildev


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """A storage emulator in memory. It is shared: a test makes tables, queues and containers with names of its own."""
    with emulator.azurite() as running:
        yield running


@pytest.fixture(scope="session")
def maildev() -> Iterator[Maildev]:
    """A mail catcher. It is shared: a test looks for mails to addresses of its own."""
    with catcher.maildev() as running:
        yield running


@pytest.fixture
def mailbox(maildev: Maildev) -> Mailbox:
    """What the mail catcher has received."""
    return maildev.mailbox

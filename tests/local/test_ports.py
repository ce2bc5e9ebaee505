"""Free ports, for programs that start a moment later."""

import socket

from infra.local.ports import LOOPBACK, free_ports, is_free

CONNECTIONS_START_FROM = 32_768
"""The first port that Linux gives a connection; those of macOS and Windows lie above."""


def test_several_free_ports_are_different_ones() -> None:
    many = free_ports(3_000)
    assert len(set(many)) == len(many) == 3_000


def test_no_connection_takes_a_free_port_before_its_server_starts() -> None:
    assert all(1_024 <= port < CONNECTIONS_START_FROM for port in free_ports(3_000))


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    (port,) = free_ports(1)
    with socket.create_server((LOOPBACK, port)):
        assert not is_free(port)
    assert is_free(port)

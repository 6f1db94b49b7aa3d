"""Ending a TCP connection the way a refusing host does."""

import asyncio
import socket
import struct


def reset_transport(transport: asyncio.Transport) -> None:
    """End a connection with a TCP reset instead of an orderly end."""
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()

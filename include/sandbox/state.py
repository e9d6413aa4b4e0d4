"""Where one sandbox keeps its things: folders, ports and throw-away secrets."""

from __future__ import annotations

import json
import secrets
import socket
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography.fernet import Fernet

from include.sandbox.services.settings import LIMITS

REPOSITORY = Path(__file__).resolve().parents[2]
DEFAULT_ROOT = REPOSITORY / ".sandbox"
SERVERS = ("postgres", "warehouse", "services", "airflow")
# Below the range Linux hands out to outgoing connections, so no client socket can sit on a remembered port.
FIRST_PORT, PORTS = 20000, 10000


@dataclass(frozen=True)
class State:
    """One sandbox on disk. Two checkouts have two roots, hence other ports and other secrets."""

    root: Path = DEFAULT_ROOT

    def folder(self, name: str) -> Path:
        """The folder ``root/name``, made if missing."""
        path = self.root / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    @cached_property
    def ports(self) -> dict[str, int]:
        """Server name -> TCP port, chosen free on first use and remembered in ``ports.json``."""
        file = self.root / "ports.json"
        known: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
        if missing := [name for name in SERVERS if name not in known]:
            for name in missing:
                known[name] = self._free_port(taken=set(known.values()))
            self._write(file, json.dumps(known, indent=2))
        return known

    def move_port(self, name: str) -> None:
        """Give ``name`` another port: a stranger has taken the remembered one."""
        ports = self.ports
        ports[name] = self._free_port(taken=set(ports.values()))
        self._write(self.root / "ports.json", json.dumps(ports, indent=2))

    @cached_property
    def secrets(self) -> dict[str, str]:
        """Name -> throw-away secret, made on first use, readable by the owner alone."""
        file = self.root / "secrets.json"
        known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        made = {name: secrets.token_hex(32) for name in ("jwt", "session", "identifier", *LIMITS)}
        made["slack"] = f"xoxb-sandbox-{secrets.token_hex(16)}"
        made["fernet"] = Fernet.generate_key().decode()
        if made.keys() - known.keys():
            known = made | known
            self._write(file, json.dumps(known, indent=2))
        return known

    def url(self, server: str) -> str:
        """Base URL of an HTTP server of this sandbox."""
        return f"http://127.0.0.1:{self.ports[server]}"

    def _free_port(self, taken: set[int]) -> int:
        start = zlib.crc32(str(self.root.resolve()).encode())
        for step in range(PORTS):
            port = FIRST_PORT + (start + step) % PORTS
            if port not in taken and port_is_free(port):
                return port
        raise RuntimeError(f"no free port between {FIRST_PORT} and {FIRST_PORT + PORTS}; close some servers")

    def _write(self, file: Path, text: str) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(text)
        fresh.replace(file)


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

"""Debian's coturn with the configuration that docs/nat.md has people write."""

import re
import shutil
import socket
import subprocess
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from benchmarks.server import ROOT, free_port

PROGRAM = shutil.which("turnserver")
SECRET = "a secret for coturn alone"
RECIPE = ROOT / "docs" / "nat.md"


def address() -> str:
    """This machine's own address, by which it is reached beside loopback; "" without one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.51.100.1", 9))  # sends nothing
        except OSError:
            return ""
        return str(probe.getsockname()[0])


class Coturn:
    """`turnserver -c` of the recipe's file; inside the `with`, it listens."""

    def __init__(self, folder: Path) -> None:
        self.host = address()
        self.port, self.tls_port = free_port(), free_port()
        self.certificate = folder / "fullchain.pem"
        key = folder / "privkey.pem"
        certify(self.host, self.certificate, key)
        (self._file, self._log) = folder / "turnserver.conf", folder / "coturn.log"
        self._file.write_text(
            self._filled(re.findall(r"```ini\n(.*?)```", RECIPE.read_text(), re.DOTALL)[0], key)
        )
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def _filled(self, recipe: str, key: Path) -> str:
        """The recipe for this machine: nothing but what it says to replace, and the ports."""
        own = {
            "=SECRET": f"={SECRET}",
            "PUBLIC_IP": self.host,
            "PRIVATE_IP": self.host,
            "/etc/coturn/fullchain.pem": str(self.certificate),
            "/etc/coturn/privkey.pem": str(key),
            "listening-port=3478": f"listening-port={self.port}",
            "tls-listening-port=5349": f"tls-listening-port={self.tls_port}",
        }
        for name, value in own.items():
            assert name in recipe, name
            recipe = recipe.replace(name, value)
        return recipe

    def __enter__(self) -> Self:
        assert PROGRAM
        place = self._folder
        own = ("--pidfile", place / "pid", "--userdb", place / "turndb", "--log-file", "stdout")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [PROGRAM, "-c", str(self._file), *map(str, own), "--verbose"],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        deadline = time.monotonic() + 20
        while not self._listens():
            assert self._process.poll() is None and time.monotonic() < deadline, self.log
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process
        self._process.terminate()
        self._process.wait(10)

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def _listens(self) -> bool:
        try:
            for port in (self.port, self.tls_port):
                socket.create_connection((self.host, port), 1).close()
        except OSError:
            return False
        return True


def certify(host: str, certificate: Path, key: Path) -> None:
    """A certificate for `host` by nobody, as a test's own authority."""
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(secret, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    key.write_bytes(secret.private_bytes(serialization.Encoding.PEM, form, plain))

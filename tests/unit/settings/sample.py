# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A complete pattern 2 inventory, as the variables of its hosts."""

from __future__ import annotations

import functools
import io
import os
import struct
import zipfile
from pathlib import Path
from typing import Any

from settings import certificates

NODES, WORKERS, DASHBOARDS, BALANCERS = ["is1", "is2"], ["an1", "an2"], ["an1"], ["lb1"]
ADDRESSES = {"is1": "192.0.2.21", "is2": "192.0.2.22", "an1": "192.0.2.31", "an2": "192.0.2.32", "lb1": "192.0.2.11"}


SCRIPT = Path(__file__).resolve().parents[3] / "lab/practice-pack/analytics/src/main/pack/common/carbon.sh"


def jar(*classes: str, java: int = 8, bundle: bool = True) -> bytes:
    """A jar with classes for a Java, the same bytes every time."""
    manifest = b"Manifest-Version: 1.0\r\n" + (b"Bundle-SymbolicName: a.driver\r\n" if bundle else b"")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("META-INF/MANIFEST.MF"), manifest)
        for name in classes:
            archive.writestr(
                zipfile.ZipInfo(f"{name.replace('.', '/')}.class"), struct.pack(">IHH", 0xCAFEBABE, 0, 44 + java)
            )
    return buffer.getvalue()


DRIVER = jar("org.postgresql.Driver")


@functools.cache
def _certificate() -> bytes:
    return bytes(certificates.certificate("login.example.org", "console.example.org"))


def databases(**pools: dict[str, int]) -> dict[str, dict[str, Any]]:
    """The databases, with pools by purpose."""
    names = ("user", "identity", "workflow", "analytics", "analytics_cluster", "analytics_persistence")
    return {
        name: {
            "name": f"{name}_db",
            "username": f"{name}_owner",
            "password": f"{name}&pw",
            **({"pool": pools[name]} if name in pools else {}),
        }
        for name in names
    }


def hostvars(folder: Path, **changes: Any) -> dict[str, dict[str, Any]]:
    """The variables of every host; keystores and driver are small files in `folder`."""
    files = {}
    contents = {
        **{
            name: b"content of " + name.encode()
            for name in ("wso2carbon.jks", "client-truststore.jks", "an.jks", "an-trust.jks")
        },
        "driver.jar": DRIVER,
        "lb.crt": _certificate(),
        "lb.key": certificates.key_pem(),
        "ca.crt": _certificate(),
    }
    for name, content in contents.items():
        files[name] = folder / name
        files[name].write_bytes(content)
    shared = {
        "wso2is_pack": str(folder / "wso2is-5.8.0.zip"),
        "wso2is_analytics_pack": str(folder / "wso2is-analytics-5.8.0.zip"),
        "wso2is_public_host": "login.example.org",
        "wso2is_admin_password": "ad<min&1",
        "wso2is_database_host": "db.example.org",
        "wso2is_databases": databases(),
        "wso2is_jdbc_driver": str(files["driver.jar"]),
        "wso2is_keystore": str(files["wso2carbon.jks"]),
        "wso2is_keystore_password": 'key"store',
        "wso2is_key_alias": "login",
        "wso2is_truststore": str(files["client-truststore.jks"]),
        "wso2is_truststore_password": "truststore",
        "artifact_sync_path": "/mnt/shared",
        "analytics_keystore": str(files["an.jks"]),
        "analytics_keystore_password": "an: key",
        "analytics_truststore": str(files["an-trust.jks"]),
        "analytics_truststore_password": "an-trust",
        "analytics_admin_password": "an-admin",
        "load_balancer_certificate": str(files["lb.crt"]),
        "load_balancer_certificate_key": str(files["lb.key"]),
        "load_balancer_upstream_ca": str(files["ca.crt"]),
        "hazelcast_domain": "example.cluster",
        "hazelcast_group_password": "group<pw",
        **changes,
    }
    return {host: {**shared, "ansible_host": address} for host, address in ADDRESSES.items()}


def zip_folder(source: Path, target: Path) -> None:
    """A pack: the folder with its own name as the top folder."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder, _names, files in os.walk(source):
            for name in files:
                path = Path(folder) / name
                archive.write(path, str(Path(source.name) / path.relative_to(source)))


def vendor_packs(source: Path, target: Path) -> None:
    """Packs of the vendor's files. The folder has no scripts: the practice pack's start script stands in."""
    for name in ("wso2is-5.8.0", "wso2is-analytics-5.8.0"):
        zip_folder(source / name, target / f"{name}.zip")
    with zipfile.ZipFile(target / "wso2is-analytics-5.8.0.zip", "a") as archive:
        for runtime in ("worker", "dashboard"):
            archive.write(SCRIPT, f"wso2is-analytics-5.8.0/wso2/{runtime}/bin/carbon.sh")

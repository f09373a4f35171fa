# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module from its arguments to its answer, with the real AnsibleModule between."""

from __future__ import annotations

import base64
import grp
import hashlib
import json
import os
import pwd
import shutil
import socket
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils.bundle import pack
from identity_fake import ADMIN, HOST, Fake
from real_module import run_module

OWNER, GROUP = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
DATABASE = {"host": "db.example", "name": "stats", "username": "reader", "password": "pass-1"}


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[Fake]:
    made = Fake(tmp_path)
    yield made
    made.close()


def program(folder: Path, text: str, name: str = "psql") -> str:
    path = folder / name
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return str(path)


class TestAnalyticsLogins:
    def test_counted(self, tmp_path: Path) -> None:
        row = {"username": "alice", "node": "192.0.2.21", "worker": "w1", "logins": 2}
        psql = program(tmp_path, f"cat >/dev/null; echo '{json.dumps([row])}'\n")
        found = run_module("analytics_logins", database=DATABASE, users=["alice"], psql=psql)
        assert found["counted"].pop("seconds") < 5
        assert found["counted"] == {"ok": True, "rows": [row], "missing": [], "problem": None}
        assert found["changed"] is False

    def test_check_mode_does_not_wait(self, tmp_path: Path) -> None:
        psql = program(tmp_path, "cat >/dev/null; echo '[]'\n")
        found = run_module("analytics_logins", check_mode=True, database=DATABASE, users=["alice"], psql=psql, wait=600)
        assert found["counted"]["missing"] == ["alice"]
        assert found["counted"]["seconds"] < 5

    def test_without_psql(self) -> None:
        found = run_module("analytics_logins", database=DATABASE, users=["alice"], psql="/absent/psql")
        assert found["failed"]
        assert found["msg"].startswith("/absent/psql is not installed on this host; install PostgreSQL's client")
        assert found["msg"].endswith("correct the option psql")

    def test_an_option_that_lacks(self) -> None:
        found = run_module("analytics_logins", database={"host": "db"}, users=["alice"])
        assert found["failed"]
        assert "missing required arguments: name, password, username found in database" in found["msg"]


class TestIdentityProbe:
    def arguments(self, fake: Fake) -> dict[str, Any]:
        return {
            "public_host": HOST,
            "public_port": fake.port,
            "address": "127.0.0.1",
            "nodes": [{"name": node.name, "address": "127.0.0.1", "port": node.server.port} for node in fake.nodes],
            "ca": fake.ca,
            "timeout": 2,
        }

    def test_well(self, fake: Fake) -> None:
        found = run_module("identity_probe", **self.arguments(fake), public_ca=fake.ca)
        assert found["probe"]["reasons"] == []
        assert found["probe"]["issuer"] == f"https://{HOST}:{fake.port}/oauth2/token"

    def test_waits_until_it_is(self, fake: Fake) -> None:
        fake.behaviour.health = False
        found = run_module("identity_probe", **self.arguments(fake), wait=1)
        assert not found["probe"]["ok"]
        assert len(found["probe"]["reasons"]) == 2

    def test_a_text_that_is_no_certificate(self, fake: Fake) -> None:
        found = run_module("identity_probe", **{**self.arguments(fake), "ca": "none"})
        assert found["failed"]
        assert found["msg"].startswith("ca or public_ca: ")

    @pytest.mark.parametrize("status", [404, 200])
    def test_no_discovery_document(self, fake: Fake, status: int) -> None:
        fake.behaviour.discovery = (status, {"scopes_supported": []})
        found = run_module("identity_probe", **self.arguments(fake))
        said = {404: "status 404 instead of 200", 200: "the OpenID discovery document names no issuer"}[status]
        assert found["probe"]["issuer"] is None
        assert said in found["probe"]["reasons"][0]


class TestIdentityProof:
    def arguments(self, fake: Fake) -> dict[str, Any]:
        return {
            **TestIdentityProbe().arguments(fake),
            "run": "run1",
            "admin_user": ADMIN[0],
            "admin_password": ADMIN[1],
            "access_log": str(fake.log),
        }

    def test_login_and_what_follows(self, fake: Fake) -> None:
        login = run_module("identity_proof", proof="login", **self.arguments(fake))
        assert login["proof"]["ok"], login
        again = run_module(
            "identity_proof",
            proof="login_again",
            state=login["state"],
            restarted=login["proof"]["node"],
            **self.arguments(fake),
        )
        assert again["proof"]["ok"], again
        removed = run_module("identity_proof", proof="remove", state=login["state"], **self.arguments(fake))
        assert removed["proof"] == {"ok": True, "text": "removed"}
        assert fake.database.users == {}

    @pytest.mark.parametrize("what", ["claims", "sticky", "node_logins"])
    def test_the_others(self, fake: Fake, what: str) -> None:
        found = run_module("identity_proof", proof=what, requests=3, browsers=6, **self.arguments(fake))
        assert found["proof"]["ok"], found
        assert found["changed"] is False

    def test_a_step_that_needs_another(self, fake: Fake) -> None:
        found = run_module("identity_proof", proof="remove", **self.arguments(fake))
        assert found["failed"]
        assert "proof is remove but all of the following are missing: state" in found["msg"]

    def test_what_is_wrong_is_said(self, fake: Fake) -> None:
        found = run_module("identity_proof", proof="claims", **{**self.arguments(fake), "admin_password": "wrong"})
        assert found["proof"]["ok"] is False
        assert "creating the user wp-run1-claim at is1: status 401" in found["proof"]["text"]

    def test_a_text_that_is_no_certificate(self, fake: Fake) -> None:
        found = run_module("identity_proof", proof="claims", **{**self.arguments(fake), "ca": "none"})
        assert found["failed"]
        assert found["msg"].startswith("ca or public_ca: ")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A process that is called java, a port that is open, and the log of its start."""
    home = tmp_path / "home"
    (home / "repository/logs").mkdir(parents=True)
    sleep = shutil.which("sleep")
    assert sleep
    shutil.copy(sleep, tmp_path / "java")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        process = subprocess.Popen([tmp_path / "java", "600"], env={"TZ": "Asia/Tokyo"})
        (home / "wso2carbon.pid").write_text(f"{process.pid}\n")
        (home / "repository/logs/wso2carbon.log").write_text(
            "TID: [-1234] [] [2099-01-01 00:00:00,000]  INFO {org.wso2.carbon.X} -  WSO2 Carbon started in 9 sec\n"
        )
        yield {"home": home, "port": listening.getsockname()[1], "pid": process.pid}
        process.kill()
        process.wait()


class TestClusterView:
    def test_a_server_that_runs(self, server: dict[str, Any]) -> None:
        view = run_module("cluster_view", carbon_home=str(server["home"]), ready_ports=[server["port"]])["view"]
        assert view["reasons"] == []
        assert (view["ok"], view["pid"], view["ready_seconds"]) == (True, server["pid"], 9)
        assert view["log"] == str(server["home"] / "repository/logs/wso2carbon.log")
        assert view["listening"][str(server["port"])] is True

    def test_members_that_are_not_there(self, server: dict[str, Any]) -> None:
        view = run_module(
            "cluster_view",
            carbon_home=str(server["home"]),
            ready_ports=[server["port"]],
            local="is1",
            members=[
                {"name": "is1", "address": "127.0.0.1"},
                {"name": "is2", "address": "no such host"},
            ],
        )["view"]
        assert "is2" in view["absent"]
        assert any(reason.startswith("member is2: ") for reason in view["reasons"])

    def test_a_log_of_another_time(self, server: dict[str, Any]) -> None:
        """The clock was set: only the line of a start tells where this run begins."""
        log = server["home"] / "repository/logs/wso2carbon.log"
        log.write_text(log.read_text().replace("2099", "2001"))
        os.utime(log, (4_000_000_000, 4_000_000_000))
        view = run_module("cluster_view", carbon_home=str(server["home"]), ready_ports=[server["port"]])["view"]
        assert view["ready_seconds"] == 9

    @pytest.mark.parametrize("runtime", ["server", "worker", "dashboard"])
    @pytest.mark.parametrize("pid", [None, "", "none", "999999999", "1"])
    def test_a_server_that_does_not_run(self, tmp_path: Path, runtime: str, pid: str | None) -> None:
        file = tmp_path / "pid"
        if pid is not None:
            file.write_text(pid)
        view = run_module("cluster_view", carbon_home="/absent", runtime=runtime, pid_file=str(file))["view"]
        assert view["reasons"] == ["the server does not run"]
        assert view["log"].startswith("/absent/")

    def test_waits_but_not_in_check_mode(self, tmp_path: Path) -> None:
        arguments = {"carbon_home": str(tmp_path)}
        assert not run_module("cluster_view", wait=1, **arguments)["view"]["ok"]
        assert not run_module("cluster_view", check_mode=True, wait=600, **arguments)["view"]["ok"]

    def test_with_the_rest_of_the_host(self, server: dict[str, Any], tmp_path: Path) -> None:
        """host_info gives the same view, in a time zone of its own, and does not fail for a wrong one."""
        (tmp_path / "nodes.conf").write_bytes(b"upstream {\xff}\n" + b"x" * 100000)
        home = str(server["home"])
        asked = [
            {"name": "is", "carbon_home": home, "ready_ports": [server["port"]]},
            {"name": "absent", "carbon_home": "/absent", "runtime": "worker"},
            {"name": "wrong", "carbon_home": home, "local": "is9", "members": [{"name": "is1", "address": "a"}]},
        ]
        texts = [str(tmp_path / "nodes.conf"), "/absent"]
        zone = os.environ.get("TZ")
        host = run_module("host_info", servers=asked, texts=texts)["host"]
        assert os.environ.get("TZ") == zone
        view = run_module("cluster_view", carbon_home=home, ready_ports=[server["port"]])["view"]
        assert host["servers"]["is"] == view
        assert view["heap"] == {"max_mb": None, "used_mb": None}
        assert host["servers"]["absent"]["reasons"] == ["the server does not run"]
        assert host["servers"]["wrong"] is None
        assert host["texts"]["/absent"] is None
        assert host["texts"][texts[0]].startswith("upstream {\ufffd}\n")
        assert len(host["texts"][texts[0]]) == 65536

    def test_a_member_of_its_own(self) -> None:
        found = run_module("cluster_view", carbon_home="/x", local="is9", members=[{"name": "is1", "address": "a"}])
        assert found["failed"]
        assert found["msg"] == "local is 'is9'; it must be the name of one of the members"


SCRIPT = "DROP TABLE IF EXISTS UM_TENANT;\nCREATE TABLE UM_TENANT (ID INTEGER);\n"
TARGETS = [
    {
        "database": {"host": "db.example", "port": 5432, "name": "u", "username": "o", "password": "secret-1"},
        "schemas": [{"name": "user", "marker": "UM_TENANT", "script": SCRIPT}],
    }
]


class TestPostgresqlSchemas:
    def psql(self, folder: Path, present: str) -> str:
        """Answers the question for schemas with a version and `present`, and a script with `created`."""
        return program(
            folder,
            f"""text=$(cat)
case $text in
*CREATE*) echo created ;;
*) echo "17.5 (Debian)"; echo {present} ;;
esac
""",
        )

    def test_creates_what_is_missing(self, tmp_path: Path) -> None:
        found = run_module("postgresql_schemas", bundle=pack(TARGETS), psql=self.psql(tmp_path, "f"))
        assert (found.get("msg"), found["changed"], found["created"], found["present"]) == (None, True, ["user"], [])
        assert found["diff"]["after"] == "user\n"
        assert found["databases"][0]["server_version"] == "17.5"
        assert "secret-1" not in json.dumps(found)

    def test_leaves_what_is_there(self, tmp_path: Path) -> None:
        found = run_module("postgresql_schemas", bundle=pack(TARGETS), psql=self.psql(tmp_path, "t"))
        assert (found["changed"], found["created"], found["present"]) == (False, [], ["user"])

    def test_check_mode(self, tmp_path: Path) -> None:
        found = run_module("postgresql_schemas", True, bundle=pack(TARGETS), psql=self.psql(tmp_path, "f"))
        assert (found["changed"], found["created"]) == (True, ["user"])
        found = run_module("postgresql_schemas", True, bundle=pack(TARGETS), psql="/absent/psql")
        assert found["created"] == ["user"]
        assert found["databases"][0]["server_version"] is None
        assert "is not installed on this host yet" in found["messages"][0]

    def test_without_psql(self) -> None:
        found = run_module("postgresql_schemas", bundle=pack(TARGETS), psql="/absent/psql")
        assert found["failed"]
        assert "install PostgreSQL's client programs or correct the option psql" in found["msg"]

    def test_a_program_that_can_not_run(self, tmp_path: Path) -> None:
        path = tmp_path / "psql"
        path.write_text("#!/absent/shell\n")
        path.chmod(0o755)
        found = run_module("postgresql_schemas", bundle=pack(TARGETS), psql=str(path))
        assert found["failed"]
        assert "psql can not be run: " in found["msg"]

    @pytest.mark.parametrize(
        ("bundle", "said"),
        [
            ("text", "bundle: "),
            (pack({}), "bundle: a list of databases is required"),
            (pack([{"database": {"host": "h"}}]), "bundle: a database has no port, name, username, password"),
        ],
    )
    def test_what_is_no_bundle(self, bundle: str, said: str) -> None:
        found = run_module("postgresql_schemas", bundle=bundle)
        assert found["failed"]
        assert found["msg"].startswith(said)


class TestCarbonRelease:
    def arguments(self, tmp_path: Path, **changes: Any) -> dict[str, Any]:
        archive = tmp_path / "pack.zip"
        if not archive.exists():
            with zipfile.ZipFile(archive, "w") as made:
                for name in ("wso2is-5.8.0/bin/wso2server.sh", "wso2is-5.8.0/repository/logs/README"):
                    made.writestr(name, "text\n")
        return {
            "archive": str(archive),
            "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
            "name": "wso2is-5.8.0",
            "base": str(tmp_path / "is"),
            "owner": OWNER,
            "group": GROUP,
            **changes,
        }

    def test_installs_once(self, tmp_path: Path) -> None:
        arguments = self.arguments(tmp_path, links={"repository/logs": str(tmp_path / "logs")}, writable=["tmp"])
        check = run_module("carbon_release", check_mode=True, **arguments)
        assert check["changed"]
        assert not (tmp_path / "is").exists()
        first = run_module("carbon_release", **arguments)
        assert (first["installed"], first["selected"]) == (True, True)
        assert (tmp_path / "is/current/bin/wso2server.sh").read_text() == "text\n"
        assert (tmp_path / "logs/README").exists()
        second = run_module("carbon_release", **arguments)
        assert (second["changed"], second["messages"]) == (False, [])

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"sha256": "1"}, "sha256 is '1'; 64 hexadecimal digits are required"),
            ({"sha256": "0" * 64}, "get the pack again or correct its checksum variable"),
            ({"name": "a b"}, "name is 'a b'; letters, digits, dots, hyphens and underscores make the name"),
            ({"owner": "no-such-user"}, "owner: there is no 'no-such-user' on this host"),
            ({"archive": "/absent.zip"}, "the pack /absent.zip is not on this host"),
            ({"links": {"a": "b"}}, "links: the target of a is 'b'; an absolute path is required"),
            ({"link_mode": "rwx"}, "link_mode: mode is 'rwx'; octal digits are required"),
            ({"writable": ["/etc"]}, "writable: '/etc' is not a path below the release"),
            (
                {"extra_files": [{"src": "/a", "dest": "lib/a"}, {"src": "/b", "dest": "lib/a"}]},
                "extra_files: two files have the same dest",
            ),
            ({"extra_files": [{"src": "/absent.jar", "dest": "lib/a"}]}, "the file /absent.jar for lib/a is not on"),
            ({"base": "/dev/null"}, "the release can not be installed: "),
        ],
    )
    def test_refuses(self, tmp_path: Path, changes: dict[str, Any], said: str) -> None:
        found = run_module("carbon_release", **self.arguments(tmp_path, **changes))
        assert found["failed"]
        assert said in found["msg"]
        assert not (tmp_path / "is/current").exists()

    def test_a_pack_that_is_no_zip(self, tmp_path: Path) -> None:
        archive = tmp_path / "text.zip"
        archive.write_text("text")
        digest = hashlib.sha256(b"text").hexdigest()
        found = run_module("carbon_release", **self.arguments(tmp_path, archive=str(archive), sha256=digest))
        assert found["failed"]
        assert "text.zip is not a zip archive: " in found["msg"]


class TestSharedArtifacts:
    def arguments(self, tmp_path: Path, **changes: Any) -> dict[str, Any]:
        (tmp_path / "share").mkdir(exist_ok=True)
        (tmp_path / "home").mkdir(exist_ok=True)
        return {
            "root": str(tmp_path / "share"),
            "cluster": "login.example.org",
            "directories": {"userstores": "repository/deployment/server/userstores"},
            "carbon_home": str(tmp_path / "home"),
            "seed": True,
            "must_be_mount": False,
            "owner": OWNER,
            "group": GROUP,
            **changes,
        }

    def test_links_once(self, tmp_path: Path) -> None:
        arguments = self.arguments(tmp_path)
        first = run_module("shared_artifacts", **arguments)
        assert first.get("msg") is None
        assert first["changed"]
        assert (tmp_path / "home/repository/deployment/server/userstores").readlink() == tmp_path / "share/userstores"
        assert not run_module("shared_artifacts", **arguments)["changed"]

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"must_be_mount": True}, "is not a mount point on this node"),
            ({"root": "/absent"}, "/absent is not a directory on this node; mount the shared file system there"),
            ({"owner": "no-such-user"}, "owner: there is no 'no-such-user' on this host"),
            ({"uid": 4_000_000}, "so it must be the same on every node"),
            ({"mode": "rwx"}, "mode is 'rwx'; octal digits are required, for example '0750'"),
            ({"carbon_home": "/absent"}, "the carbon home /absent is not there; install the release first"),
        ],
    )
    def test_refuses(self, tmp_path: Path, changes: dict[str, Any], said: str) -> None:
        found = run_module("shared_artifacts", **self.arguments(tmp_path, **changes))
        assert found["failed"]
        assert said in found["msg"]


class TestHostInfo:
    def test_everything(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to("file")
        (tmp_path / "file").write_text("x")
        java = program(tmp_path, "echo 'openjdk version \"1.8.0_504\"' >&2\n", "java")
        with socket.create_server(("127.0.0.1", 0)) as listening:
            found = run_module(
                "host_info",
                paths=[str(tmp_path / "absent/deep")],
                listening=True,
                names=["localhost", "no such name"],
                java=java,
                nginx=True,
                commands=["sh", "no-such-command"],
                links=[str(tmp_path / "link"), str(tmp_path / "file")],
                files=[str(tmp_path / "file"), str(tmp_path / "file/below"), str(tmp_path), "/dev/null"],
                users=[OWNER, "no-such-user"],
                uids=[os.getuid(), 4_000_000],
                groups=[GROUP, "no-such-group"],
                gids=[os.getgid(), 4_000_000],
            )["host"]
            port = listening.getsockname()[1]
        assert any(entry["port"] == port and entry["process"] for entry in found["listening"])
        assert found["paths"][str(tmp_path / "absent/deep")]["nearest"] == str(tmp_path)
        assert found["names"]["no such name"] == []
        assert "127.0.0.1" in found["names"]["localhost"]
        assert (found["java"]["found"], found["java"]["version"]) == (True, "1.8.0_504")
        assert (bool(found["commands"]["sh"]), found["commands"]["no-such-command"]) == (True, None)
        links = found["links"]
        assert (links[str(tmp_path / "link")]["target"], links[str(tmp_path / "file")]["is_link"]) == ("file", False)
        files = found["files"]
        assert files[str(tmp_path / "file/below")]["exists"] is False
        assert [files[str(path)]["type"] for path in (tmp_path / "file", tmp_path, "/dev/null")] == [
            "file",
            "directory",
            "other",
        ]
        assert files[str(tmp_path / "file")]["owner"] == OWNER
        assert (found["users"][OWNER]["uid"], found["users"]["no-such-user"]) == (os.getuid(), None)
        assert found["uids"] == {str(os.getuid()): OWNER, "4000000": None}
        assert found["groups"] == {GROUP: os.getgid(), "no-such-group": None}
        assert found["gids"] == {str(os.getgid()): GROUP, "4000000": None}
        assert found["memory_mb"] > 0

    def test_nothing_asked(self) -> None:
        found = run_module("host_info", check_mode=True)["host"]
        assert (found["java"], found["nginx"], found["listening"]) == (None, None, None)
        assert found["os"]["kernel"]


ITEMS = [{"host": "is1", "path": "conf/a.xml", "content": base64.b64encode(b"<a/>").decode()}]


class TestRenderedFiles:
    def test_writes_once(self, tmp_path: Path) -> None:
        path = tmp_path / "is1/conf/a.xml"
        path.parent.mkdir(parents=True)
        path.symlink_to("/absent")
        for changed in (True, False):
            found = run_module("rendered_files", bundle=pack(ITEMS), dest=str(tmp_path))
            assert (found["changed"], found["files"]) == (changed, [str(path)])
        assert path.read_text() == "<a/>"

    def test_a_place_that_cannot_be_written(self) -> None:
        found = run_module("rendered_files", bundle=pack(ITEMS), dest="/dev/null/x")
        assert found["failed"]
        assert found["msg"] == "cannot write /dev/null/x: Not a directory; choose another dest"


class TestCarbonFiles:
    @pytest.mark.parametrize("bundle", ["cut", ""])
    def test_what_is_no_bundle(self, tmp_path: Path, bundle: str) -> None:
        found = run_module("carbon_files", bundle=bundle, state=str(tmp_path), unit="wso2is")
        assert found["failed"]
        assert "not a bundle" in found["msg"]

    def test_what_a_turn_asks_and_gives_back(self, tmp_path: Path) -> None:
        (tmp_path / "started.json").write_text('{"release": "/r"}')
        options = {"restore": "change", "current": str(tmp_path / "current"), "state": str(tmp_path), "unit": "wso2is"}
        asked = run_module("carbon_files", check_mode=True, **options)
        assert len(asked["started"]) == 64
        found = run_module("carbon_files", started=asked["started"], **options)
        assert (found["changed"], found["changed_files"]) == (False, [])

# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decisions of the role load_balancer: features by version, findings, paths, plan; and what its files promise."""

from __future__ import annotations

import re
import time
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.identityops.wso2is.plugins.filter.nginx_features import nginx_features
from ansible_collections.identityops.wso2is.plugins.filter.nginx_findings import nginx_findings
from ansible_collections.identityops.wso2is.plugins.filter.nginx_nodes import nginx_nodes
from ansible_collections.identityops.wso2is.plugins.filter.nginx_path import nginx_path
from ansible_collections.identityops.wso2is.plugins.filter.nginx_plan import nginx_plan
from ansible_collections.identityops.wso2is.plugins.filter.nginx_state import nginx_state
from ansible_collections.identityops.wso2is.plugins.plugin_utils.nginx_paths import CLIMBING, DISGUISED, path_pattern
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader, StrictUndefined

ROLE = Path(__file__).parents[3] / "roles" / "load_balancer"
MODULES = "--with-http_ssl_module --with-http_realip_module --with-http_v2_module --with-http_stub_status_module"


def nginx(version: str, options: str = MODULES, product: str = "nginx") -> str:
    return f"nginx version: {product}/{version}\nbuilt with OpenSSL 3.5.7\nconfigure arguments: {options}\n"


def settings(**changes: object) -> dict[str, object]:
    base: dict[str, object] = {
        "public_host": "login.example.com",
        "management_host": "",
        "management_certificate": "",
        "management_certificate_key": "",
        "public_port": 443,
        "public_http_port": 80,
        "status_port": 8008,
        "nodes": [{"name": "is1", "address": "192.0.2.21"}, {"name": "is2", "address": "192.0.2.22"}],
        "drained": [],
        "sticky_cookie": "WSO2IS_NODE",
        "console_allowed_from": ["192.0.2.0/24", "2001:db8::/32"],
        "trusted_proxies": [],
    }
    return {**base, **changes}


class TestFeatures:
    @pytest.mark.parametrize(
        ("version", "sticky", "http2_directive", "minimum"),
        [
            ("1.22.1", False, False, False),
            ("1.25.1", False, True, False),
            ("1.26.3 (Debian)", False, True, False),
            ("1.27.4", False, True, True),
            ("1.29.5", False, True, True),
            ("1.29.6", True, True, True),
            ("1.30.6", True, True, True),
            ("2.0.0", True, True, True),
        ],
    )
    def test_by_version(self, version: str, sticky: bool, http2_directive: bool, minimum: bool) -> None:
        able = nginx_features(nginx(version))
        assert able["installed"] is True
        assert able["version"] == version.split()[0]
        assert able["sticky_cookie"] is sticky
        assert able["http2_directive"] is http2_directive
        assert able["keepalive_min_timeout"] is minimum

    def test_plus_had_sticky_before(self) -> None:
        assert nginx_features(nginx("1.25.5 (nginx-plus-r32-p1)"))["sticky_cookie"] is True

    def test_sticky_may_be_left_out_of_a_build(self) -> None:
        text = nginx("1.30.6", MODULES + " --without-http_upstream_sticky_module")
        assert nginx_features(text)["sticky_cookie"] is False

    def test_modules_are_read_from_the_build_options(self) -> None:
        able = nginx_features(nginx("1.30.6", "--with-http_ssl_module"))
        assert (able["ssl"], able["realip"], able["http2"], able["stub_status"]) == (True, False, False, False)

    @pytest.mark.parametrize("text", ["", "bash: nginx: command not found"])
    def test_no_nginx_yet_counts_as_a_current_one(self, text: str) -> None:
        able = nginx_features(text)
        assert able["installed"] is False
        assert able["version"] == ""
        assert all(value for name, value in able.items() if name not in ("installed", "version"))

    def test_other_products_keep_their_base_version(self) -> None:
        assert nginx_features(nginx("1.25.3.1", product="openresty"))["version"] == "1.25.3"

    def test_input_that_is_no_text(self) -> None:
        with pytest.raises(AnsibleFilterError, match="not NoneType"):
            nginx_features(None)


class TestNodes:
    def test_port_and_endpoint(self) -> None:
        nodes = [{"name": "is1", "address": "192.0.2.21"}, {"name": "is2", "address": "2001:db8::22", "port": "9444"}]
        first, second = nginx_nodes(nodes, ["is2"])
        assert (first["endpoint"], first["port"], first["drained"]) == ("192.0.2.21:9443", 9443, False)
        assert (second["endpoint"], second["port"], second["drained"]) == ("[2001:db8::22]:9444", 9444, True)

    @pytest.mark.parametrize("node", [{"name": "is1"}, {"name": "is1", "address": "192.0.2.1", "port": "https"}, "is1"])
    def test_incomplete_node(self, node: object) -> None:
        with pytest.raises(AnsibleFilterError, match="name, address"):
            nginx_nodes([node])


class TestFindings:
    def checks(self, version: str = "1.30.6", options: str = MODULES, **changes: object) -> list[str]:
        rows = nginx_findings(nginx_features(nginx(version, options)), settings(**changes), "lb1")
        assert all(row["severity"] == "error" and row["host"] == "lb1" for row in rows)
        assert all(row[key] for row in rows for key in ("found", "required", "remedy"))
        return [row["check"] for row in rows]

    def test_all_is_well(self) -> None:
        assert self.checks() == []
        assert self.checks("1.22.1") == []
        assert nginx_findings(nginx_features(""), settings()) == []

    @pytest.mark.parametrize(
        ("changes", "check"),
        [
            ({"nodes": []}, "nodes"),
            ({"nodes": [{"name": "is 1;", "address": "192.0.2.21"}]}, "node name"),
            (
                {"nodes": [{"name": "is1", "address": "192.0.2.21"}, {"name": "is1", "address": "192.0.2.22"}]},
                "node name",
            ),
            (
                {"nodes": [{"name": "is1", "address": "192.0.2.21"}, {"name": "is2", "address": "192.0.2.21"}]},
                "node address",
            ),
            ({"drained": ["is3"]}, "drained node"),
            ({"drained": ["is1", "is2"]}, "drained nodes"),
            ({"sticky_cookie": "WSO2IS-NODE"}, "sticky cookie"),
            ({"console_allowed_from": ["192.0.2.1/24"]}, "network"),
            ({"trusted_proxies": ["proxy.example.com"]}, "network"),
            ({"management_host": "console host"}, "management host"),
            ({"management_host": "Login.example.com."}, "management host"),
            ({"management_certificate": "console.crt"}, "management certificate"),
            ({"management_certificate_key": "console.key"}, "management certificate"),
            ({"public_port": 0}, "port"),
            ({"public_port": 80}, "port"),
            ({"status_port": "8443", "public_port": 8443}, "port"),
        ],
    )
    def test_a_setting_that_cannot_work(self, changes: dict[str, object], check: str) -> None:
        assert self.checks(**changes) == [check]

    def test_host_names_need_the_sticky_directive(self) -> None:
        nodes = [{"name": "is1", "address": "is1.example.com"}, {"name": "is2", "address": "is2.example.com"}]
        assert self.checks(nodes=nodes) == []
        assert self.checks("1.26.3", nodes=nodes) == ["node address", "node address"]

    def test_what_nginx_lacks(self) -> None:
        assert self.checks("1.18.0") == ["nginx version"]
        assert self.checks(options="--with-http_realip_module") == ["nginx modules"]
        assert self.checks(options="--with-http_ssl_module", trusted_proxies=["192.0.2.1"]) == ["nginx modules"]

    def test_a_missing_setting_is_named(self) -> None:
        with pytest.raises(AnsibleFilterError, match="drained"):
            nginx_findings(nginx_features(""), {"nodes": [], "trusted_proxies": []})


def tomcat_reads(path: str) -> str | None:
    """The path as Tomcat reads it where encoded slashes are allowed: None if it refuses it."""
    return resolve(unquote(re.sub(r";[^/]*", "", path)))


def resolve(path: str) -> str | None:
    """Merges slashes and resolves dots: None if the path leaves the root."""
    done: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            if not done:
                return None
            done.pop()
        elif segment not in ("", "."):
            done.append(segment)
    return "/" + "/".join(done) + ("/" if path.endswith("/") and done else "")


# Python 3.11.2 (Debian 12) gives up where a possessive repetition ends before a look-ahead; PCRE does not. Without
# the mark the expressions match the same and are only slower.
POSSESSIVE_WORKS = re.search("^(?:/(?=/))*+/a", "/a") is not None


def found(pattern: str, text: str) -> bool:
    """Whether PCRE finds the pattern in the text, letters of either case."""
    return re.search(pattern if POSSESSIVE_WORKS else pattern.replace("*+", "*"), text, re.IGNORECASE) is not None


def nginx_refuses(path: str, closed: list[str]) -> bool:
    path = path.partition("?")[0]
    uri = resolve(unquote(path))
    if uri is None or found(DISGUISED, path):
        return True
    patterns = [CLIMBING, *(path_pattern(entry) for entry in closed)]
    return any(found(pattern, uri) for pattern in patterns)


CLOSED = ["/services", "/api/health-check", "/carbon"]
PIECES = ["/", ";", ".", "..", "a", "t", "services", "api", "health-check", "carbon", "%2f", "%2e", "%3b", "%5C", "%63"]


class TestPaths:
    @pytest.mark.parametrize(
        "path",
        [
            "/services",
            "/services/",
            "/services/RemoteUserStoreManagerService?wsdl".partition("?")[0],
            "/Services/Version",
            "/t/example.com/services/x",
            "/t/example.com/carbon/admin/login.jsp",
            "//carbon/admin",
            "/x/../carbon",
            "/%63arbon/",
            "/carbon;jsessionid=1/admin/index.jsp",
            "/;a=b/carbon",
            "/.;a/carbon",
            "/x/..;/carbon",
            "/x/..;a=b/carbon/",
            "/carbon;%2f..%2fx/admin",
            "/t;a/;b/example.com;c/;d/carbon;e/admin",
            "/api/health-check/v1.0/health",
            "/api;a/;b/health-check;c/v1.0/health",
            "/t/%3b/services",
        ],
    )
    def test_closed(self, path: str) -> None:
        assert nginx_refuses(path, CLOSED)

    @pytest.mark.parametrize(
        "path",
        [
            "/",
            "/oauth2/token",
            "/authenticationendpoint/login.do;jsessionid=1",
            "/api/identity/oauth2/dcr/v1.1/register",
            "/api/health",
            "/scim2/Users/services",
            "/servicesx",
            "/scim2/Groups/a%2Fb",
            "/oauth2/x;y?redirect=%2Fcarbon",
            "/x/carbon",
            "/t/carbon/oauth2/token",
            "/t/services",
            "/carbonara",
        ],
    )
    def test_open(self, path: str) -> None:
        assert not nginx_refuses(path, CLOSED)

    @given(st.lists(st.sampled_from(PIECES), max_size=14).map(lambda pieces: "/" + "".join(pieces)))
    def test_what_tomcat_reads_as_closed_never_passes(self, path: str) -> None:
        read = tomcat_reads(path)
        if read is None:
            return
        plain = re.sub(r"^/t/[^/]+(?=/)", "", read)
        if any(
            candidate == entry or candidate.startswith(entry + "/") for entry in CLOSED for candidate in (read, plain)
        ):
            assert nginx_refuses(path, CLOSED)

    @given(st.lists(st.sampled_from(["/", "a", "t", "services", "api", "carbon", "health-check"]), max_size=14))
    def test_a_plain_path_is_refused_only_if_it_is_closed(self, pieces: list[str]) -> None:
        path = "/" + "".join(pieces)
        read = resolve(path)
        assert read is not None
        plain = re.sub(r"^/t/[^/]+(?=/)", "", read)
        closed = any(one == entry or one.startswith(entry + "/") for entry in CLOSED for one in (read, plain))
        assert nginx_refuses(path, CLOSED) is closed

    @pytest.mark.parametrize("piece", ["/;a", "/.;", "/t/;", "/t/a", "/;;;;", "/carbon;"])
    def test_a_long_path_takes_no_long_time(self, piece: str) -> None:
        path = piece * 8000 + "/x"
        start = time.monotonic()
        for entry in CLOSED:
            re.search(path_pattern(entry), path)
        assert time.monotonic() - start < 1

    @pytest.mark.parametrize("path", ["carbon", "/", "", "/a b", '/a"', "/a;b", "/a//b", "/(a)", "/a\n"])
    def test_not_a_path(self, path: str) -> None:
        with pytest.raises(AnsibleFilterError, match="not a path"):
            nginx_path(path)

    def test_fixed_expressions_stand_in_the_role(self) -> None:
        variables = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())
        assert variables["__load_balancer_climbing"] == CLIMBING
        assert variables["__load_balancer_disguised"] == DISGUISED


PROBE = (
    "nginx\tnginx version: nginx/1.30.6\n"
    f"nginx\tconfigure arguments: {MODULES}\n"
    "directory\n"
    "file\taaa\t644\troot:root\t/etc/nginx/nginx.conf\n"
    "file\tbbb\t600\troot:root\t/etc/nginx/wso2is/tls-1.key\n"
    "file\tccc\t644\troot:root\t/etc/nginx/wso2is/nodes.conf\n"
    "included\n"
    "enabled\tenabled\n"
    "active\tactive\n"
    "running\tm1 n1\n"
)
FOLDER = "/etc/nginx/wso2is"
WANTED = [
    {"path": f"{FOLDER}/tls-1.key", "sha256": "bbb", "mode": "0600"},
    {"path": f"{FOLDER}/nodes.conf", "sha256": "ccc", "mode": "0644"},
    {"path": "/etc/nginx/nginx.conf", "sha256": "aaa", "mode": "0644"},
]


class TestPlan:
    def test_nothing_to_do(self) -> None:
        state = nginx_state(PROBE)
        assert nginx_features(state["nginx"])["version"] == "1.30.6"
        assert nginx_plan(state, WANTED, "m1 n1", FOLDER) == {"files": [], "stale": [], "reload": False, "start": False}

    def test_an_empty_host(self) -> None:
        state = nginx_state("enabled\t\nactive\tinactive\n")
        todo = nginx_plan(state, WANTED, "m1 n1", FOLDER)
        assert todo == {"files": [entry["path"] for entry in WANTED], "stale": [], "reload": False, "start": True}
        assert (state["directory"], state["included"], state["selinux"]) == (False, False, False)

    @pytest.mark.parametrize(
        ("before", "after"),
        [("bbb", "bbd"), ("\t600\t", "\t640\t"), ("600\troot:root", "600\troot:www-data")],
    )
    def test_a_key_that_differs_is_written_again(self, before: str, after: str) -> None:
        state = nginx_state(PROBE.replace(before, after, 1))
        todo = nginx_plan(state, WANTED, "m1 n1", FOLDER)
        assert todo["files"] == [f"{FOLDER}/tls-1.key"]
        assert todo["reload"] is True

    @pytest.mark.parametrize(("running", "reload"), [("m1 n2", True), ("", True), ("* n1", False), ("* n2", True)])
    def test_reload_is_decided_by_what_nginx_says(self, running: str, reload: bool) -> None:
        assert nginx_plan(nginx_state(PROBE), WANTED, running, FOLDER)["reload"] is reload

    def test_a_stopped_nginx_is_started_not_reloaded(self) -> None:
        todo = nginx_plan(nginx_state(PROBE.replace("active\tactive", "active\tfailed")), WANTED, "m2 n2", FOLDER)
        assert (todo["start"], todo["reload"]) == (True, False)

    def test_an_nginx_that_would_not_start_at_boot_is_enabled(self) -> None:
        assert nginx_plan(nginx_state(PROBE.replace("enabled\tenabled", "enabled\tdisabled")), WANTED, "m1 n1", FOLDER)[
            "start"
        ]

    def test_only_files_of_the_role_are_stale(self) -> None:
        state = nginx_state(PROBE + "file\tddd\t600\troot:root\t/etc/nginx/wso2is/tls-0.key\n")
        assert nginx_plan(state, WANTED[1:2], "m1 n1", FOLDER)["stale"] == [
            f"{FOLDER}/tls-0.key",
            f"{FOLDER}/tls-1.key",
        ]

    def test_input_of_the_wrong_shape(self) -> None:
        with pytest.raises(AnsibleFilterError, match="lacks a key"):
            nginx_plan({}, WANTED, "", FOLDER)
        with pytest.raises(AnsibleFilterError, match="as text"):
            nginx_state(None)


DEFAULTS = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
SPECS = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]


class TestRole:
    def test_defaults_and_argument_specs_agree(self) -> None:
        for entry in SPECS.values():
            for name, option in entry["options"].items():
                assert option.get("description"), name
                assert ("default" in option) is (name in DEFAULTS), name
                assert bool(option.get("required")) is (name not in DEFAULTS), name
                assert option.get("default") == DEFAULTS.get(name), name

    def test_every_default_is_an_argument(self) -> None:
        assert set(DEFAULTS) <= {name for entry in SPECS.values() for name in entry["options"]}

    def test_the_readme_names_every_variable(self) -> None:
        readme = (ROLE / "README.md").read_text()
        assert [name for name in SPECS["main"]["options"] if f"`{name}`" not in readme] == []


def render(template: str, version: str, **changes: object) -> str:
    """Renders a template of the role as Ansible would, with the defaults, a few required values and the changes."""
    environment = Environment(
        loader=FileSystemLoader(ROLE / "templates"),
        trim_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    environment.filters.update(
        {
            "comment": lambda text: f"# {text}",
            "regex_escape": re.escape,
            "identityops.wso2is.nginx_nodes": nginx_nodes,
            "identityops.wso2is.nginx_path": nginx_path,
        }
    )
    variables = {
        "ansible_managed": "Ansible managed",
        "load_balancer_public_host": "login.example.com",
        "load_balancer_nodes": settings()["nodes"],
        "__load_balancer_user": "www-data",
        "__load_balancer_modules": "/etc/nginx/modules-enabled/*.conf",
        "__load_balancer_certificate_path": f"{FOLDER}/tls-1.crt",
        "__load_balancer_key_path": f"{FOLDER}/tls-1.key",
        "__load_balancer_management_certificate_path": f"{FOLDER}/tls-2.crt",
        "__load_balancer_management_key_path": f"{FOLDER}/tls-2.key",
        "__load_balancer_ca_path": f"{FOLDER}/upstream-ca-1.crt",
        **yaml.safe_load((ROLE / "vars" / "main.yml").read_text()),
        **DEFAULTS,
    }
    variables["__load_balancer_able"] = nginx_features(nginx(version))
    return environment.get_template(template).render({**variables, **changes})


class TestNodesFile:
    def test_sticky_directive(self) -> None:
        text = render("nodes.conf.j2", "1.30.6", load_balancer_drained=["is2"])
        assert "server 192.0.2.21:9443 route=is1 max_fails=3 fail_timeout=10s;" in text
        assert "server 192.0.2.22:9443 route=is2 max_fails=3 fail_timeout=10s drain;" in text
        assert "sticky cookie WSO2IS_NODE path=/ httponly secure samesite=none;" in text

    def test_maps_of_an_older_nginx(self) -> None:
        text = render("nodes.conf.j2", "1.26.3", load_balancer_drained=["is2"])
        assert "sticky cookie" not in text and "drain;" not in text
        assert "server 192.0.2.22:9443 max_fails=3 fail_timeout=10s down;" in text
        assert '"is2" wso2is_is2;' in text
        own = text.partition("upstream wso2is_is1 {")[2].partition("}")[0]
        assert "192.0.2.21" in own and "192.0.2.22" not in own, "a drained node stands in for no other"
        assert "192.0.2.21:9443 max_fails=3 fail_timeout=10s backup;" in text.partition("upstream wso2is_is2 {")[2]

    def test_a_node_that_leaves_is_not_the_operators(self) -> None:
        text = render("nodes.conf.j2", "1.30.6", load_balancer_leaving=["is2"], load_balancer_drained=["is1"])
        assert "server 192.0.2.22:9443 route=is2 max_fails=3 fail_timeout=10s drain;" in text
        assert "# is2: down soon, when a run changes it" in text
        assert "# is2: drained by the operator" not in text
        assert "# is1: drained by the operator" in text

    def test_a_node_that_is_changed_gets_no_request(self) -> None:
        text = render("nodes.conf.j2", "1.30.6", load_balancer_changing=["is2"], load_balancer_drained=["is2"])
        assert "server 192.0.2.22:9443 route=is2 max_fails=3 fail_timeout=10s down;" in text
        assert "server 192.0.2.21:9443 route=is1 max_fails=3 fail_timeout=10s;" in text
        assert "# is2: down while a run changes it" in text

        text = render("nodes.conf.j2", "1.26.3", load_balancer_changing=["is2"])
        own = text.partition("upstream wso2is_is2 {")[2].partition("}")[0]
        assert "192.0.2.22:9443 max_fails=3 fail_timeout=10s down;" in own
        assert "192.0.2.21:9443 max_fails=3 fail_timeout=10s backup;" in own
        assert "192.0.2.22" not in text.partition("upstream wso2is_is1 {")[2].partition("}")[0]
        assert "server 192.0.2.22:9443 max_fails=3 fail_timeout=10s down;" in text.partition("upstream wso2is {")[2]

    @pytest.mark.parametrize("version", ["1.26.3", "1.30.6"])
    def test_what_nginx_conf_relies_on(self, version: str) -> None:
        text = render("nodes.conf.j2", version)
        for variable in ("wso2is_upstream", "wso2is_set_cookie", "wso2is_nodes_digest"):
            assert len(re.findall(rf"^map \S+ \${variable} ", text, re.MULTILINE)) == 1


class TestNginxConf:
    @pytest.mark.parametrize(
        ("version", "listen", "directive"),
        [
            ("1.22.1", "listen 443 ssl http2;", False),
            ("1.26.3", "listen 443 ssl;", True),
            ("1.30.6", "listen 443 ssl;", True),
        ],
    )
    def test_http2_by_version(self, version: str, listen: str, directive: bool) -> None:
        text = render("nginx.conf.j2", version)
        assert listen in text
        assert ("http2 on;" in text) is directive
        assert ("keepalive_min_timeout" in text) is (version == "1.30.6")

    def test_the_default_ports_stand_in_no_url(self) -> None:
        assert "return 301 https://login.example.com$request_uri;" in render("nginx.conf.j2", "1.30.6")
        text = render("nginx.conf.j2", "1.30.6", load_balancer_public_port=8443)
        assert "return 301 https://login.example.com:8443$request_uri;" in text

    def test_addresses_to_listen_on(self) -> None:
        text = render("nginx.conf.j2", "1.30.6", load_balancer_listen=["192.0.2.11", "[::]"])
        assert "listen 192.0.2.11:443 ssl default_server;" in text and "listen [::]:80;" in text
        assert "listen 443" not in text

    def test_forwarded_for_is_believed_from_trusted_proxies_only(self) -> None:
        alone = render("nginx.conf.j2", "1.30.6")
        assert "X-Forwarded-For $remote_addr;" in alone and "real_ip" not in alone
        behind = render("nginx.conf.j2", "1.30.6", load_balancer_trusted_proxies=["192.0.2.1"])
        assert "X-Forwarded-For $remote_addr;" in behind and "set_real_ip_from 192.0.2.1;" in behind

    def test_no_query_string_in_the_access_log(self) -> None:
        log_format = re.search(r"log_format wso2is (.*?);", render("nginx.conf.j2", "1.30.6"), re.DOTALL)
        assert log_format is not None
        assert not re.search(
            r"\$(request|request_uri|args|query_string|http_referer|http_cookie)\b", log_format.group(1)
        )

    def test_a_post_is_never_repeated(self) -> None:
        assert "non_idempotent" not in render("nginx.conf.j2", "1.30.6")

    def test_hsts_can_be_left_out(self) -> None:
        text = render("nginx.conf.j2", "1.30.6", load_balancer_hsts_seconds=0)
        assert re.findall(r".*Strict-Transport-Security.*", text) == [
            "            proxy_hide_header Strict-Transport-Security;"
        ], "neither its own nor that of a node"


def block(text: str, name: str, number: int = 0) -> str:
    """The server of a name: 0 is that of HTTP, 1 that of HTTPS."""
    servers = [part for part in text.split("    server {\n")[1:] if f"server_name {name};" in part]
    return servers[number].partition("\n    }\n")[0]


class TestManagementHost:
    CONSOLE = "console.example.com"

    def render(self, **changes: object) -> str:
        return render("nginx.conf.j2", "1.30.6", load_balancer_management_host=self.CONSOLE, **changes)

    def test_without_one_the_public_name_serves_the_console(self) -> None:
        text = render("nginx.conf.j2", "1.30.6")
        assert '"console 1"' not in text and "management" not in text
        assert text.count("proxy_pass") == 1

    def test_the_public_name_no_longer_serves_the_console(self) -> None:
        refused = self.render().partition("$wso2is_refused {")[2].partition("}")[0]
        assert re.findall(r'"(\w+ \d)" 1;', refused) == ["blocked 0", "blocked 1", "console 0", "console 1"]

    def test_the_management_name_serves_networks_that_are_named_only(self) -> None:
        text = self.render()
        refused = text.partition("$wso2is_management_refused {")[2].partition("}")[0]
        assert re.findall(r"(\S+|\"[^\"]+\") (\d);", refused) == [
            ("default", "1"),
            ('"open 1"', "0"),
            ('"console 1"', "0"),
        ]
        assert "if ($wso2is_management_refused)" in block(text, self.CONSOLE, 1)
        assert "if ($wso2is_refused)" in block(text, "login.example.com", 1)

    @pytest.mark.parametrize(("port", "suffix"), [(443, ""), (8443, ":8443")])
    def test_redirects(self, port: int, suffix: str) -> None:
        text = self.render(load_balancer_public_port=port)
        assert f"return 301 https://{self.CONSOLE}{suffix}$request_uri;" in block(text, self.CONSOLE)
        assert f"return 302 https://{self.CONSOLE}{suffix}/carbon/;" in block(text, self.CONSOLE, 1)

    def test_certificates_and_the_name_that_nodes_prove(self) -> None:
        text = self.render()
        own, public = block(text, self.CONSOLE, 1), block(text, "login.example.com", 1)
        assert "ssl_certificate /etc/nginx/wso2is/tls-2.crt;" in own and "tls-1" not in own
        assert "ssl_certificate /etc/nginx/wso2is/tls-1.crt;" in public and "tls-2" not in public
        assert "proxy_ssl_name login.example.com;" in own
        assert f"X-Forwarded-Server {self.CONSOLE};" in own and self.CONSOLE not in public

    def test_both_names_treat_requests_the_same_way(self) -> None:
        text = self.render()
        own, public = (
            block(text, name, 1).partition("location / {")[2].replace(name, "NAME").replace("login.example.com", "NAME")
            for name in (self.CONSOLE, "login.example.com")
        )
        assert own == public and "proxy_pass https://$wso2is_upstream;" in own

# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings as data, and rendering."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils import is_server, servers
from ansible_collections.identityops.wso2is.plugins.plugin_utils import settings as engine
from ansible_collections.identityops.wso2is.plugins.plugin_utils.edit_error import Mask
from ansible_collections.identityops.wso2is.plugins.plugin_utils.settings import SettingError

NAMES = (*is_server.SETTINGS, "analytics/worker", "analytics/dashboard")
ALL = [(name, setting) for name in NAMES for setting in engine.load_settings(name)]
FIELDS: dict[str, Any] = {"a": {"b": "value", "none": "", "list": [{"tag": "x", "text": "1"}]}, "file": "/k.jks"}


def read_pack(name: str) -> bytes:
    found = {"c.xml": b"<r>\n  <v>old</v>\n  <s>secret</s>\n</r>\n", "c.properties": b"k=old\n", "c.yaml": b"k: old\n"}
    try:
        return found[name]
    except KeyError as exc:
        raise ValueError(f"{name} is not in the pack") from exc


def read_file(path: str) -> bytes:
    if path != "/k.jks":
        raise FileNotFoundError(2, "No such file or directory", path)
    return b"\x00key"


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[engine.RenderedFile]]:
    def render(*settings: Mapping[str, Any]) -> list[engine.RenderedFile]:
        monkeypatch.setattr(engine, "load_settings", lambda _name: settings)
        return engine.render(["x"], FIELDS, read_pack, read_file)

    return render


# The data


@pytest.mark.parametrize(("name", "setting"), ALL)
def test_every_setting_is_complete(name: str, setting: Mapping[str, Any]) -> None:
    kind = setting.get("kind", "set")

    assert set(setting) <= {
        "file",
        "kind",
        "place",
        "value",
        "text",
        "content_of",
        "effect",
        "when",
        "secret",
        "compare",
        "why",
        "source",
    }
    assert kind in ("set", "add", "replace", "create")
    assert len({"value", "text", "content_of"} & set(setting)) == 1
    assert ("content_of" in setting) <= (kind == "create")
    assert ("place" in setting) is (kind != "create")
    assert setting.get("effect", "start") in engine.EFFECTS
    assert setting.get("compare", "bytes") in ("bytes", "meaning")
    assert setting["why"].endswith(".")
    assert re.match(r"wso2-is(-code)? \d", setting["source"])
    assert "{{" not in str(setting)
    # A setting on a password says so.
    named = "password" in str(setting.get("place", "")).lower() or "pass" in str(setting.get("value", ""))
    structured = setting.get("value") == "hazelcast.group_password"
    assert bool(setting.get("secret")) or not named or structured


@pytest.mark.parametrize("name", NAMES)
def test_no_place_has_two_settings(name: str) -> None:
    places = [
        (setting["file"], setting.get("place"))
        for setting in engine.load_settings(name)
        if setting.get("kind", "set") != "add"
    ]

    assert len(places) == len(set(places))


def test_every_field_that_a_setting_names_is_in_the_model(practice_deployment: dict[str, Any]) -> None:
    for host, kind in (("is1", "is"), ("an1", "worker"), ("an1", "dashboard")):
        server = practice_deployment["hosts"][host]["servers"][kind]
        for name in server["settings"]:
            for setting in engine.load_settings(name):
                for key in ("value", "content_of", "when"):
                    if key in setting:
                        engine.lookup_field(servers.fields_of(practice_deployment, server), setting[key])


# The engine


def test_lookup() -> None:
    assert engine.lookup_field(FIELDS, "a.b") == "value"
    for name in ("a.c", "a.b.c", "z"):
        with pytest.raises(SettingError, match=f"the model has no field {name}"):
            engine.lookup_field(FIELDS, name)


def test_edits_of_a_file(rendered: Callable[..., list[engine.RenderedFile]]) -> None:
    (file,) = rendered(
        {"file": "c.xml", "place": "r/v", "value": "a.b", "effect": "none"},
        {"file": "c.xml", "place": "r/s", "text": "n3w", "secret": True, "effect": "reload"},
        {"file": "c.xml", "kind": "add", "place": "r", "value": "a.list", "effect": "none"},
    )

    assert file.content == b"<r>\n  <v>value</v>\n  <s>n3w</s>\n  <x>1</x>\n</r>\n"
    assert file.shipped == read_pack("c.xml")
    assert file.masks == (Mask("<s>", "</s>"),)
    # What its strongest setting needs, and the part that needs it.
    assert file.effect == "reload"
    assert file.counted == b"<r>\n  <v>old</v>\n  <s>n3w</s>\n</r>\n"
    assert (file.secret, file.compare, file.mode) == (False, "bytes", 0o640)
    assert len(file.settings) == 3


def test_formats(rendered: Callable[..., list[engine.RenderedFile]]) -> None:
    files = rendered(
        {"file": "c.properties", "place": "k", "text": "p"},
        {"file": "c.yaml", "place": "k", "text": True},
        {"file": "c.xml", "place": "r/v", "text": "x", "compare": "meaning"},
    )

    assert [file.content for file in files[:2]] == [b"k=p\n", b"k: true\n"]
    assert [(file.effect, file.compare) for file in files] == [
        ("start", "bytes"),
        ("start", "bytes"),
        ("start", "meaning"),
    ]
    assert [file.counted for file in files] == [None] * 3


def test_created_files(rendered: Callable[..., list[engine.RenderedFile]]) -> None:
    key, text = rendered(
        {"file": "k", "kind": "create", "content_of": "file", "secret": True, "effect": "none"},
        {"file": "t", "kind": "create", "value": "a.b"},
    )

    assert (key.content, key.shipped, key.secret, key.effect) == (b"\x00key", None, True, "none")
    assert (text.content, text.secret, text.effect) == (b"value", False, "start")


def test_a_setting_that_does_not_apply(rendered: Callable[..., list[engine.RenderedFile]]) -> None:
    files = rendered(
        {"file": "c.xml", "place": "r/v", "text": "1", "when": "a.none"},
        {"file": "c.yaml", "place": "k", "text": "1", "when": "a.b"},
    )

    assert [file.path for file in files] == ["c.yaml"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ([{"file": "c.xml", "place": "r/w", "text": "1"}], r"^c\.xml: r/w: found 0 times"),
        ([{"file": "c.xml", "place": "r/v", "value": "a.x"}], r"^c\.xml: the model has no field a\.x"),
        ([{"file": "d.xml", "place": "r", "text": "1"}], r"^d\.xml: d\.xml is not in the pack"),
        ([{"file": "k", "kind": "create", "content_of": "a.b"}], r"^k: .*No such file or directory: 'value'"),
        ([{"file": "k", "kind": "create", "text": "1"}] * 2, r"^k: a created file has one setting, 2 were found"),
    ],
)
def test_what_cannot_be_applied_is_said_with_file_and_place(
    rendered: Callable[..., list[engine.RenderedFile]], settings: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(SettingError, match=message):
        rendered(*settings)


def test_settings_are_loaded_by_role() -> None:
    assert engine.load_settings("analytics/worker") != engine.load_settings("analytics/dashboard")
    assert Path(engine.COLLECTION_ROOT, "roles/hazelcast/files/settings.yml").is_file()
    with pytest.raises(FileNotFoundError):
        engine.load_settings("no_role")

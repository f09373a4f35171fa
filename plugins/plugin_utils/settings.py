# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings and rendering: which setting in which vendor file becomes what, and the files that result.

A setting is data (roles/*/files/*.yml); its value is the name of a field of the model. Everything here is a pure
function of the pack's files, the settings and the model.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .data_files import read_data
from .editors import Edit, EditError, Mask, apply_edits, format_of
from .variables import COLLECTION_ROOT

# From weak to strong: a file needs what its strongest setting needs.
EFFECTS = ("none", "reload", "start")


class SettingError(ValueError):
    """A setting cannot be applied; the text names file, place and reason."""


@dataclass(frozen=True)
class RenderedFile:
    """One file as it is to be on a host.

    Attributes:
        path: path below the carbon home, or an absolute one.
        content: what it is to contain.
        shipped: what the pack has there; None for a file that the pack does not have.
        masks: where secrets stand: the text left and right of each on its line.
        effect: `start`, `reload` or `none`, what a change of it needs.
        counted: what it would contain without the settings that need less than that; None when all need the same.
        secret: nothing of it may be shown.
        compare: `bytes`, or `meaning` for a file that the server rewrites.
        mode: permission bits.
    """

    path: str
    content: bytes
    shipped: bytes | None = None
    masks: tuple[Mask, ...] = ()
    effect: str = "start"
    secret: bool = False
    compare: str = "bytes"
    mode: int = 0o640
    settings: tuple[Mapping[str, Any], ...] = field(default=(), compare=False)
    counted: bytes | None = None


@functools.lru_cache(maxsize=16)
def load_settings(name: str) -> tuple[Mapping[str, Any], ...]:
    """The settings of `role`, or of `role/name` for a role with several files."""
    role, _slash, part = name.partition("/")
    path = os.path.join(COLLECTION_ROOT, "roles", role, "files", f"{part or 'settings'}.yml")
    return tuple(_each_file(read_data(path)))


def _each_file(entries: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The same setting in several files is one for each of them."""
    for entry in entries:
        for file in entry.get("files") or [entry["file"]]:
            yield {**{key: value for key, value in entry.items() if key != "files"}, "file": file}


def lookup_field(fields: Mapping[str, Any], name: str) -> Any:
    """The field with the dotted name. Raises SettingError when the model has none."""
    value: Any = fields
    for step in name.split("."):
        if not isinstance(value, Mapping) or step not in value:
            raise SettingError(f"the model has no field {name}")
        value = value[step]
    return value


def active_settings(names: Sequence[str], fields: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The settings that apply to a node, in order; those of the operator (`extra_settings`) are the last."""
    own = [
        setting
        for name in names
        for setting in load_settings(name)
        if "when" not in setting or lookup_field(fields, setting["when"])
    ]
    return [*own, *fields.get("extra_settings", ())]


def setting_value(setting: Mapping[str, Any], fields: Mapping[str, Any]) -> Any:
    """What the setting puts into its place."""
    return lookup_field(fields, setting["value"]) if "value" in setting else setting.get("text")


def edit_of(setting: Mapping[str, Any], fields: Mapping[str, Any]) -> Edit:
    """A setting as an edit of its file."""
    return Edit(
        kind=setting.get("kind", "set"),
        place=setting["place"],
        value=setting_value(setting, fields),
        secret=bool(setting.get("secret")),
    )


def render(
    names: Sequence[str],
    fields: Mapping[str, Any],
    read_pack: Callable[[str], bytes],
    read_file: Callable[[str], bytes],
) -> list[RenderedFile]:
    """The files of one server.

    Args:
        names: which settings, as load_settings takes them.
        fields: the fields of the node in the model.
        read_pack: gives a file of the pack by its path in the carbon home.
        read_file: gives a file of the control node, for keystores.

    Raises:
        SettingError: a place is not there exactly once, or a file cannot be read.
    """
    by_file: dict[str, list[Mapping[str, Any]]] = {}
    for setting in active_settings(names, fields):
        by_file.setdefault(setting["file"], []).append(setting)
    return [_render_file(path, settings, fields, read_pack, read_file) for path, settings in by_file.items()]


def _render_file(
    path: str,
    settings: Sequence[Mapping[str, Any]],
    fields: Mapping[str, Any],
    read_pack: Callable[[str], bytes],
    read_file: Callable[[str], bytes],
) -> RenderedFile:
    effect = max((setting.get("effect", "start") for setting in settings), key=EFFECTS.index)
    try:
        if settings[0].get("kind") == "create":
            return _created(path, settings, fields, read_file, effect)
        shipped = read_pack(path)
        result = apply_edits(shipped, [edit_of(setting, fields) for setting in settings], format_of(path))
        strong = [setting for setting in settings if setting.get("effect", "start") == effect]
        counted = None
        if len(strong) < len(settings):
            counted = apply_edits(shipped, [edit_of(setting, fields) for setting in strong], format_of(path)).data
    except EditError as exc:
        raise SettingError(f"{path}: {exc}") from exc
    except (OSError, ValueError) as exc:
        raise SettingError(f"{path}: {exc}") from exc
    return RenderedFile(
        path,
        result.data,
        shipped,
        tuple(result.masks),
        effect,
        False,
        settings[0].get("compare", "bytes"),
        # A start script may be run as a program of its own.
        0o750 if format_of(path) == "shell" else 0o640,
        tuple(settings),
        counted,
    )


def _created(
    path: str,
    settings: Sequence[Mapping[str, Any]],
    fields: Mapping[str, Any],
    read_file: Callable[[str], bytes],
    effect: str,
) -> RenderedFile:
    if len(settings) != 1:
        raise SettingError(f"a created file has one setting, {len(settings)} were found")
    setting = settings[0]
    if "content_of" in setting:
        content = read_file(lookup_field(fields, setting["content_of"]))
    else:
        content = str(setting_value(setting, fields)).encode()
    return RenderedFile(path, content, None, (), effect, bool(setting.get("secret")), settings=tuple(settings))

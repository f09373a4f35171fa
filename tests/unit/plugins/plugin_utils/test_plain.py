# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain data out of lazy containers."""

from __future__ import annotations

from collections import UserString
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils.plain import plain


class Lazy(Mapping[str, Any]):
    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data

    def __getitem__(self, key: str) -> Any:
        return self.data[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)


class LazyList(Sequence[Any]):
    def __init__(self, *data: Any) -> None:
        self.data = data

    def __getitem__(self, key: Any) -> Any:
        return self.data[key]

    def __len__(self) -> int:
        return len(self.data)


def test_containers_become_plain() -> None:
    found = plain(Lazy({"a": LazyList(1, Lazy({"b": (True, None)})), "c": {"d": [LazyList()]}}))

    assert found == {"a": [1, {"b": [True, None]}], "c": {"d": [[]]}}
    types = [type(each) for each in (found, found["a"], found["a"][1], found["a"][1]["b"])]
    assert types == [dict, list, dict, list]


@pytest.mark.parametrize("value", ["text", b"bytes", 1, 1.5, True, None])
def test_scalars_stay(value: Any) -> None:
    assert plain(value) is value


class Vaulted(UserString):
    """As ansible-core 2.18 hands over a text that is encrypted in the inventory."""

    __ENCRYPTED__ = True


def test_a_vaulted_text_is_a_text() -> None:
    result = plain({"a": [Vaulted("secret")]})

    assert result == {"a": ["secret"]}
    assert [type(each) for each in result["a"][:1]] == [str]

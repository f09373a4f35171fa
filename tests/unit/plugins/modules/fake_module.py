# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module's main() in this process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import pytest


class ModuleFailed(Exception):
    """The module called fail_json."""


class _Exit(Exception):
    def __init__(self, result: dict[str, Any]) -> None:
        super().__init__(result)
        self.result = result


def run_main(monkeypatch: pytest.MonkeyPatch, module: ModuleType, check_mode: bool = False, **params: Any) -> Any:
    """What the module returns. Raises ModuleFailed with its message."""

    class FakeModule:
        def __init__(
            self,
            argument_spec: dict[str, Any],
            supports_check_mode: bool,
            required_one_of: Sequence[Sequence[str]] = (),
            required_by: Mapping[str, Sequence[str]] | None = None,
        ) -> None:
            assert supports_check_mode
            assert set(params) <= set(argument_spec)
            assert argument_spec.get("bundle", {"no_log": True})["no_log"] is True
            missing = {name for name, option in argument_spec.items() if option.get("required")} - set(params)
            given = {name for name, value in params.items() if value is not None}
            missing.update(name for option, names in (required_by or {}).items() if option in given for name in names)
            assert not missing - given
            assert all(given & set(names) for names in required_one_of)
            self.params = {name: option.get("default") for name, option in argument_spec.items()} | params
            self.check_mode = check_mode

        def exit_json(self, **result: Any) -> None:
            raise _Exit(result)

        def fail_json(self, msg: str) -> None:
            raise ModuleFailed(msg)

    monkeypatch.setattr(module, "AnsibleModule", FakeModule)
    with pytest.raises(_Exit) as caught:
        module.main()
    return caught.value.result

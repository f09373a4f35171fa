# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's own data files."""

from __future__ import annotations

from typing import Any

import yaml


def read_data(path: str) -> Any:
    """The data of a YAML file.

    By PyYAML's parser in C where it has been built: every process of a run reads the files anew, and the other one
    takes nine times as long.

    Raises:
        OSError: the file cannot be read.
        yaml.YAMLError: it is not YAML.
    """
    with open(path, encoding="utf-8") as handle:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(handle)
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()

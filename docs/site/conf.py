# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx configuration of the documentation site (lab/site.sh): the pages of docs/, and all plugins and roles."""

from __future__ import annotations

import os
import re

from sphinx.application import Sphinx

project = "identityops.wso2is"
project_copyright = "identityops.wso2is contributors"
title = "WSO2 Identity Server, highly available, with Ansible"
html_short_title = "identityops.wso2is"
extensions = ["sphinx_antsibull_ext", "myst_parser"]
html_theme = "sphinx_ansible_theme"
html_theme_options = {"topbar_links": {}, "vcs_pageview_mode": ""}
html_show_sphinx = False
# Headings of the pages can be linked to as on the repository's pages.
myst_heading_anchors = 4
default_role = "any"
highlight_language = "YAML+Jinja"

REPOSITORY = os.environ["SITE_REPOSITORY"]


def link_to_repository(_app: Sphinx, docname: str, source: list[str]) -> None:
    """A page links to files that are not on the site: to the repository's page of them."""
    if docname.startswith("pages/"):
        source[0] = re.sub(r"\]\(\.\./([^)#]*)", rf"]({REPOSITORY}/blob/main/\1", source[0])


def setup(app: Sphinx) -> None:
    """Entry point of the extension that this file is."""
    app.connect("source-read", link_to_repository)

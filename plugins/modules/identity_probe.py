#!/usr/bin/python
# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a deployment from a load balancer whether it answers."""

from __future__ import annotations

DOCUMENTATION = r"""
module: identity_probe
short_description: Whether a WSO2 Identity Server deployment answers
version_added: 1.0.0
author:
  - identityops.wso2is contributors (@identityops)
description:
  - Runs on a load balancer. Asks the public URL through the load balancer for the OpenID discovery document, in which
    every URL must name the public host, and every node directly for its health. With O(sticky_cookie) it also asks for
    the document as a client of each node.
  - Certificates are verified, and every one must carry the public host name.
  - Only reads, needs no credentials, and does not fail when something is wrong; RV(probe.ok) says whether everything
    is as it should be.
options:
  public_host:
    description:
      - Public name of the deployment.
    type: str
    required: true
  public_port:
    description:
      - Public HTTPS port.
    type: int
    default: 443
  address:
    description:
      - Address at which the load balancer is asked. The public name itself may lead to another load balancer.
      - Without it only the nodes are asked.
    type: str
  sticky_cookie:
    description:
      - Name of the cookie by which the load balancer sends a client to its node; its value is the node's name. A node
        whose clients are sent to another one is a problem. Without it, or without O(address), that is not looked at.
    type: str
  nodes:
    description:
      - The Identity Server nodes.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - What the node is called in the result.
        type: str
        required: true
      address:
        description:
          - Its address.
        type: str
        required: true
      port:
        description:
          - Its HTTPS port.
        type: int
        default: 9443
  ca:
    description:
      - Certificates (PEM) that the nodes' certificate is verified against.
    type: str
    required: true
  public_ca:
    description:
      - Certificates (PEM) that the load balancer's certificate is verified against. Default is O(ca) and what the
        operating system trusts.
    type: str
  timeout:
    description:
      - Seconds to wait for a connection and for each answer.
    type: int
    default: 10
  wait:
    description:
      - Seconds to wait until RV(probe.ok) is true. The result is what was seen last.
    type: int
    default: 0
attributes:
  check_mode:
    description: Can run in check mode without changing anything.
    support: full
  diff_mode:
    description: Returns what it would change.
    support: none
    details: It changes nothing.
notes:
  - Fails only when O(ca) or O(public_ca) holds no certificate.
seealso:
  - module: identityops.wso2is.cluster_view
  - module: identityops.wso2is.identity_proof
"""

EXAMPLES = r"""
- name: Ask the deployment
  identityops.wso2is.identity_probe:
    public_host: login.example.com
    address: 192.0.2.11
    nodes:
      - {name: is1, address: 192.0.2.21}
      - {name: is2, address: 192.0.2.22}
    ca: "{{ lookup('ansible.builtin.file', 'ca.crt') }}"
"""

RETURN = r"""
probe:
  description: What was seen.
  returned: success
  type: dict
  contains:
    ok:
      description: Whether everything is as it should be.
      type: bool
      returned: always
    issuer:
      description: The issuer that the discovery document names; null when there is no document, and when it was not
        asked for.
      type: str
      returned: always
      sample: https://login.example.com/oauth2/token
    nodes:
      description:
        - Each node with the number of figures that its health API gave, whether it answers at all, be it not well or
          with another certificate, and what is wrong.
      type: list
      elements: dict
      returned: always
      sample: [{name: is1, figures: 9, answers: true, problem: null}]
    reasons:
      description: Why RV(probe.ok) is false.
      type: list
      elements: str
      returned: always
"""

import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.identityops.wso2is.plugins.module_utils.identity_client import (
    DISCOVERY,
    HEALTH,
    Client,
    ProductError,
    Site,
    Target,
    foreign_urls,
    health_problem,
    make_context,
)


class Deployment(NamedTuple):
    """Whom to ask, and how to verify who answers."""

    site: Site
    # None when only the nodes are asked.
    front: Target | None
    nodes: list[Target]
    public_context: ssl.SSLContext
    node_context: ssl.SSLContext
    timeout: int
    sticky_cookie: str | None = None


def ask_public(deployment: Deployment) -> tuple[str | None, list[str]]:
    """The issuer of the discovery document, and what is wrong with the document."""
    if deployment.front is None:
        return None, []
    client = Client(deployment.front, deployment.site, deployment.public_context, "wso2is-verify", deployment.timeout)
    try:
        answer = client.get(DISCOVERY)
        if answer.status != 200:
            raise client.wrong("the OpenID discovery document", answer, "200")
        document = answer.json()
        if not isinstance(document, dict) or not document.get("issuer"):
            raise ProductError("the OpenID discovery document names no issuer")
    except ProductError as error:
        return None, ["%s: %s" % (deployment.site.url, error)]
    finally:
        client.close()
    wrong = [
        "the discovery document does not lead to %s: %s" % (deployment.site.url, item)
        for item in foreign_urls(document, deployment.site)
    ]
    return str(document["issuer"]), wrong


def ask_node(deployment: Deployment, node: Target) -> dict[str, Any]:
    """A node's health as an entry of the result."""
    client = Client(node, deployment.site, deployment.node_context, "wso2is-verify", deployment.timeout)
    answers = False
    try:
        answer = client.get(HEALTH)
        answers = True
        problem = health_problem(answer)
        figures = 0 if problem else len(answer.json()["health"])
    except ProductError as error:
        problem, figures = str(error), 0
        # Perhaps its certificate is the one that is about to be changed.
        answers = answers or isinstance(error.__cause__, ssl.SSLCertVerificationError)
    finally:
        client.close()
    problem = "health of %s: %s" % (node.name, problem) if problem else ask_through(deployment, node)
    return {"name": node.name, "figures": figures, "answers": answers, "problem": problem}


def ask_through(deployment: Deployment, node: Target) -> str | None:
    """What is wrong with the way of a node's clients through the load balancer."""
    if deployment.front is None or not deployment.sticky_cookie:
        return None
    client = Client(deployment.front, deployment.site, deployment.public_context, "wso2is-verify", deployment.timeout)
    client.cookies.load([[deployment.sticky_cookie, "/", node.name]])
    try:
        answer = client.get(DISCOVERY)
        if answer.status != 200:
            raise client.wrong("a client of %s" % node.name, answer, "200")
    except ProductError as error:
        return "%s through the load balancer: %s" % (node.name, error)
    finally:
        client.close()
    # A load balancer that sends a client elsewhere says so by another cookie.
    reached = client.cookies.value(deployment.sticky_cookie)
    return None if reached == node.name else "clients of %s reach %s through the load balancer" % (node.name, reached)


def probe(deployment: Deployment) -> dict[str, Any]:
    """Ask everybody at once; see the documentation of the result."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        public = pool.submit(ask_public, deployment)
        nodes = list(pool.map(lambda node: ask_node(deployment, node), deployment.nodes))
        issuer, reasons = public.result()
    reasons = reasons + [node["problem"] for node in nodes if node["problem"]]
    return {"ok": not reasons, "issuer": issuer, "nodes": nodes, "reasons": reasons}


def main() -> None:
    """Entry point of the module."""
    module = AnsibleModule(
        argument_spec={
            "public_host": {"type": "str", "required": True},
            "public_port": {"type": "int", "default": 443},
            "address": {"type": "str"},
            "sticky_cookie": {"type": "str"},
            "nodes": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "address": {"type": "str", "required": True},
                    "port": {"type": "int", "default": 9443},
                },
            },
            "ca": {"type": "str", "required": True},
            "public_ca": {"type": "str"},
            "timeout": {"type": "int", "default": 10},
            "wait": {"type": "int", "default": 0},
        },
        supports_check_mode=True,
    )
    given = module.params
    try:
        deployment = Deployment(
            Site(given["public_host"], given["public_port"]),
            Target("the load balancer", given["address"], given["public_port"]) if given["address"] else None,
            [Target(node["name"], node["address"], node["port"]) for node in given["nodes"]],
            make_context(given["public_ca"] or given["ca"], system=not given["public_ca"]),
            make_context(given["ca"]),
            given["timeout"],
            given["sticky_cookie"],
        )
    except ValueError as error:
        module.fail_json(msg="ca or public_ca: %s" % error)
    # in check mode a server that is not there yet is no reason to wait for it
    deadline = time.monotonic() + (0 if module.check_mode else given["wait"])
    found = probe(deployment)
    while not found["ok"] and time.monotonic() < deadline:
        time.sleep(1)
        found = probe(deployment)
    module.exit_json(changed=False, probe=found)


if __name__ == "__main__":
    main()

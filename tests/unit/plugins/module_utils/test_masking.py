# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret is shown, neither in what settings wrote nor in what somebody else did."""

from __future__ import annotations

import pytest
from ansible_collections.identityops.wso2is.plugins.module_utils.masking import HIDDEN, hide, hide_found
from hypothesis import given
from hypothesis import strategies as st

PASSWORD = [("<Password>", "</Password>")]


@pytest.mark.parametrize(
    ("text", "masks", "shown"),
    [
        ("<Password>x</Password>\n", PASSWORD, f"<Password>{HIDDEN}</Password>\n"),
        ("  <Password>x</Password>\t\r\nb", PASSWORD, f"  <Password>{HIDDEN}</Password>\t\r\nb"),
        ("<Password></Password>", PASSWORD, f"<Password>{HIDDEN}</Password>"),
        ("<Password>  </Password>", PASSWORD, f"<Password>{HIDDEN}</Password>"),
        ("<Password>old</Passwort>", PASSWORD, "<Password>old</Passwort>"),
        ("password: x y ", [("password:", "")], f"password: {HIDDEN} "),
        ("a = x", [("a =", "")], f"a = {HIDDEN}"),
        ("\n  secret\n\n", [("", "")], f"\n  {HIDDEN}\n\n"),
        ("nothing\n", [], "nothing\n"),
        ("", PASSWORD, ""),
        # Of several masks that fit a line, none leaves a secret open.
        ('<a p="1" q="2"/>', [('<a p="', '" q="2"/>'), ('<a p="', '"/>')], f'<a p="{HIDDEN}"/>'),
        ('<a p="1" q="2"/>', [('<a p="', '"/>'), ('<a p="', '" q="2"/>')], f'<a p="{HIDDEN}"/>'),
        # What other tools take for a line end is part of a secret.
        ("p: a\x0cb\x85c\u2028d\x1ce", [("p:", "")], f"p: {HIDDEN}"),
        ("\u00fcsecret\u00fc", [("", "")], HIDDEN),
        # A side that overlaps the other does not fit.
        ("aba", [("ab", "ba")], "aba"),
    ],
)
def test_hide(text: str, masks: list[tuple[str, str]], shown: str) -> None:
    assert hide(text, masks) == shown


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_the_encoding_of_a_text_is_not_needed(encoding: str) -> None:
    data = "<b schl\u00fcssel='\u00e4\u00f6'>geh\u00e9im</b> <!-- f\u00fcr \u00dc -->\u00a0\n".encode(encoding)
    masks = [("<b schl\u00fcssel='\u00e4\u00f6'>", "</b> <!-- f\u00fcr \u00dc -->")]

    for text in (data.decode("utf-8", "replace"), data.decode("latin-1")):
        assert "im" not in hide(text, masks)
        assert "</b>" in hide(text, masks)


@given(st.text(), st.text(), st.from_regex(r"[0-9]{12}", fullmatch=True))
def test_the_sides_stay_and_the_secret_goes(before: str, after: str, secret: str) -> None:
    before, after = (side.replace("\n", " ").replace("\r", " ").strip() for side in (before, after))
    shown = hide(f"first\n\t{before}{secret}{after}\nlast", [(before, after)])

    if secret not in before + after:
        assert secret not in shown
    assert shown.count("\n") == 2


WANTED = f"""<a>
  <HostName>new</HostName>
  <Password>{HIDDEN}</Password>

  <KeyAlias>login</KeyAlias>
  <c keystorePass="{HIDDEN}"/>
</a>"""
XML_MASKS = [*PASSWORD, ('<c keystorePass="', '"/>')]


@pytest.mark.parametrize(
    "line",
    [
        "<Password>s3cr3t</Password> <!-- changed by hand -->",
        "<!-- before --> <Password>s3cr3t</Password>",
        "<Password >s3cr3t</Password>",
        "<Password>s3cr3t</Password><KeyAlias>login</KeyAlias>",
        '<Password encrypted="true">s3cr3t</Password>',
        "<n:Password>s3cr3t</n:Password>",
        "<password>s3cr3t</password>",
        "<Password>\n    s3cr3t\n  </Password>",
        "<Password>\n    s3cr3t\n\n  s3cr3t</Password>",
        "<Password><![CDATA[\ns3cr3t\n]]></Password>",
        "<a/><Password>\ns3cr3t\n</Password>",
        '<c a="1" keystorePass="s3cr3t"/>',
        '<c keystorePass="s3cr3t" a="1"/>',
        "<c keystorePass='s3cr3t'/>",
        '<c\n keystorePass\n =\n "s3cr3t"/>',
        '<Property name="ConnectionPassword">s3cr3t</Property>',
        '<Property name="ConnectionPassword">\n  s3cr3t\n</Property>',
        '<parameter name="clientSecret">s3cr3t</parameter>',
        "<url>jdbc:postgresql://db/x?user=u&amp;password=s3cr3t</url>",
    ],
)
def test_a_file_that_was_changed_by_hand_shows_no_secret(line: str) -> None:
    found = f"<a>\n  <HostName>old</HostName>\n  {line}\n  <KeyAlias>wso2carbon</KeyAlias>\n</a>"

    shown = hide_found(found, XML_MASKS, WANTED, xml=True)

    assert "s3cr3t" not in shown
    # Other changes are what a diff is for.
    assert "<HostName>old</HostName>" in shown
    assert shown.endswith("</a>")
    assert len(shown.split("\n")) == len(found.split("\n"))


def test_what_belongs_to_a_secret_ends_where_it_is_complete() -> None:
    found = """<a>
  <Password a="b">x</Password>\r
  <KeyAlias>old</KeyAlias>
  <c p="y"
     keystorePass="x"
 q="1"/>
</a>"""

    shown = hide_found(found, XML_MASKS, WANTED, xml=True)

    assert shown.split("\n") == [
        "<a>",
        f"  {HIDDEN}\r",
        "  <KeyAlias>old</KeyAlias>",
        '  <c p="y"',
        f"     {HIDDEN}",
        ' q="1"/>',
        "</a>",
    ]


@pytest.mark.parametrize(
    "lines",
    [
        "password: s3cr3t # by hand",
        "password : s3cr3t",
        '"password": s3cr3t',
        "{username: a, password: s3cr3t}",
        "password: >-\n     s3cr3t\n\n     s3cr3t",
        "password: first\n    s3cr3t",
        'password: "first\ns3cr3t"',
        "a.password=\\\n  s3cr3t",
        "trustStorePassword: s3cr3t",
    ],
)
def test_secrets_of_several_lines(lines: str) -> None:
    wanted = f"id: new\npassword: {HIDDEN}\nlast: 1\nother: 2\n"
    shown = hide_found(
        f"id: old\n{lines}\nlast: 1\nother: 1\n", [("password:", ""), ("a.password=", "")], wanted, xml=False
    )

    assert "s3cr3t" not in shown
    assert shown.startswith("id: old\n")
    assert shown.endswith("last: 1\nother: 1\n")


def test_a_mask_without_a_name_hides_its_own_lines() -> None:
    assert hide_found("- x\nb\n", [("-", "")], "- a\nb\n", xml=False) == f"- {HIDDEN}\nb\n"
    assert hide_found("x\n", [], "y\n", xml=False) == "x\n"


def test_an_empty_line_of_a_secret_stays_empty() -> None:
    assert hide_found("password: >-\n\n  x", [], "id: 1", xml=False) == f"{HIDDEN}\n\n  {HIDDEN}"

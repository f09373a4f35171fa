# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents with all that must survive an edit, written as what stays and the places between."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine import parsers


@dataclass(frozen=True)
class Document:
    """A file in which every place stands once.

    Attributes:
        source: the file, with the places written «place|what stands there».
        read: what another parser reads at a place: bytes and the place to value.
        everything: all that another parser reads.
    """

    name: str
    fmt: str
    source: str
    read: Callable[[bytes, str], Any]
    everything: Callable[[bytes], Any]
    encoding: str = "utf-8"
    bom: bool = False
    crlf: bool = False

    @property
    def places(self) -> list[str]:
        return re.findall("«(.*?)\\|", self.source)

    @property
    def data(self) -> bytes:
        return self._bytes(re.sub("«.*?\\|(.*?)»", r"\1", self.source, flags=re.DOTALL))

    def _bytes(self, text: str) -> bytes:
        text = text.replace("\n", "\r\n") if self.crlf else text
        return (b"\xef\xbb\xbf" if self.bom else b"") + text.encode(self.encoding)

    def only_changes(self, data: bytes, changed: set[str]) -> bool:
        """Whether ``data`` is this file, byte for byte, but for what stands at the places ``changed``."""
        parts = re.split("«(.*?)\\|(.*?)»", self.source, flags=re.DOTALL)
        pattern = re.escape(self._bytes(parts[0]))
        for place, there, behind in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
            inner = b"(?:.*?)" if place in changed else re.escape(self._text(there))
            pattern += inner + re.escape(self._text(behind))
        return re.fullmatch(pattern, data, re.DOTALL) is not None

    def _text(self, text: str) -> bytes:
        return self._bytes(text)[3 if self.bom else 0 :]


def _xml_value(data: bytes, place: str) -> str | None:
    path, _at, attribute = place.partition("/@")
    below = "/".join("{*}" + name for name in path.split("/")[1:]) or "."
    return parsers.xml_value(data, f"{below}/@{attribute}" if attribute else below)


# The stray text is that of the vendor's user-mgt.xml: an end of a comment without its beginning.
XML = """<?xml version="1.0" encoding="ENCODING"?>
<!-- before --><?target some data?>
<root xmlns="urn:main" xmlns:other="urn:other" other:kept = 'a &amp; "b"'  kept2="&#228;&lt;">
  !-- stray & text -->
  <!-- <plain>in a comment</plain> -->
  <plain>«root/plain|old»</plain>
  <cdata>«root/cdata|<![CDATA[<x> & y]]>»</cdata>
  <keep><![CDATA[ <kept> & ]] > ]]>&amp;&#x20;&gt;</keep>\t
  <entity>«root/entity|a &lt; &#228; &amp; b»</entity>
  <other:prefixed other:a="1" b = '«root/prefixed/@b|one "two"»' c="«root/prefixed/@c|3»"><inner/></other:prefixed>
  <commented>«root/commented|some»<!-- stays --></commented>
  <empty>«root/empty|»</empty><blank>«root/blank| \n »</blank>
  <last
      multi="line"
      d="«root/last/@d|»" />
</root>
<!-- behind -->
"""
YAML = """%YAML 1.1
---
# head
plain: «plain|old»   # behind
'quoted key' : «'quoted key'|'it''s'»
double: «double|"a\\tb ä"»
anchor: &anchor {x: 1, y: [a, b]}   # kept: {z}
alias: *anchor
tagged: !!str 12
list:
- name: A
  value: «list/[name=A]/value|1»
-   name: B
    # comment in between
    value:   «list/[name=B]/value|true»

- {name: C, value: «list/[name=C]/value|"x"», more: [1, 2]}
block: |
  text: of # the
    block

folded: >-
  folded
  text
multi: «multi|"on two

  lines"»
'a: b # c': «'a: b # c'|plain words»
... # end
"""
PROPERTIES = """# head = comment
! also: a comment \\
plain=«plain|old»
  spaced  =  «spaced|two words»
colon: «colon|3»
blank «blank|4»
empty=«empty|»
long=«long|one,\\
     two,\\
  three»
kept=\\u00e4 \\\\ \\
   \\# kept
esc\\ aped\\=key=«esc aped=key|x»

# latin ä
last=«last|9»
"""
JSON = """// head
{
  /* a "comment" */
  "plain" : «plain|"old"»,
  "number": «number|12.50e3», "flag":«flag|false»,
  "none":  «none|null»   ,
  "kept": {"é\\u00e9\\/": ["//", "/*", ",}", 1.0, -0, {"x": []}]}, // kept
  "list": [
    {"name": "A", "value": «list/[name=A]/value|"a\\u0022\\/"»},
    «list/[1]|1», // ,
  ],
  "a/b": «'a/b'|"x"»,
}
// behind
"""
SHELL = """#!/bin/sh
# -Da=comment «keep»
HOME_DIR=`dirname "$0"`; x=$(echo "it's" '"' | sed 's/#//')
cat <<-EOF
\tit's a "here-document
\tEOF
java -Da=«-Da=<value>|old» -Db="«-Db="<value>"|one two»" -Dc='«-Dc='<value>'|a b»' \\
  -Dd=«-Dd=<value>|"$HOME_DIR/x y"» "-De=«-De=<value>|v»" -Df=«-Df=<value>|'q'» "$@" # -Df=1
  X=«^X=<value>|»
"""
TEXT = """; head
heap = «heap = <value>|512»   ; MB
path=«path=<value>;|/a/b»; kept
\tlast:«^last:<value>|x»
"""


def _mapping_value(tree: Callable[[bytes], Any]) -> Callable[[bytes, str], Any]:
    def value(data: bytes, place: str) -> Any:
        found = tree(data)
        for step in [place[1:-1]] if place.startswith("'") else place.split("/"):
            if step.startswith("[name="):
                found = next(each for each in found if isinstance(each, dict) and each["name"][1] == step[6:-1])
            else:
                found = found[int(step[1:-1])] if step.startswith("[") else found[step]
        return found

    return value


def _properties_value(data: bytes, place: str) -> str:
    return dict(parsers.properties(data))[place]


def _xml(name: str, encoding: str, **more: Any) -> Document:
    source = XML.replace("ENCODING", encoding).replace("stray &", "stray &amp;")
    return Document(name, "xml", source, _xml_value, parsers.xml, encoding, **more)


DOCUMENTS = [
    _xml("xml", "utf-8"),
    _xml("xml-bom-crlf", "UTF-8", bom=True, crlf=True),
    _xml("xml-latin1", "ISO-8859-1"),
    _xml("xml-ascii", "US-ASCII"),
    Document("yaml", "yaml", YAML, _mapping_value(parsers.yaml_tree), parsers.yaml_tree),
    Document(
        "yaml-bom-crlf",
        "yaml",
        YAML.partition("---\n")[2],
        _mapping_value(parsers.yaml_tree),
        parsers.yaml_tree,
        bom=True,
        crlf=True,
    ),
    Document("properties", "properties", PROPERTIES, _properties_value, parsers.properties, "latin-1"),
    Document("properties-crlf", "properties", PROPERTIES, _properties_value, parsers.properties, "latin-1", crlf=True),
    Document("json", "json", JSON, _mapping_value(parsers.json_tree), parsers.json_tree),
    Document("json-bom-crlf", "json", JSON, _mapping_value(parsers.json_tree), parsers.json_tree, bom=True, crlf=True),
]

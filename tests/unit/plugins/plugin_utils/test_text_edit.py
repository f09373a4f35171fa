# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.identityops.wso2is.plugins.plugin_utils.edit_error import Edit, EditError, Mask
from ansible_collections.identityops.wso2is.plugins.plugin_utils.editors import apply_edits, read_value

ROOT = Path(__file__).resolve().parents[4]
CARBON = ROOT / "lab/practice-pack/analytics/src/main/pack/common/carbon.sh"

SCRIPT = r"""#!/bin/sh
# -Da=comment and it's fine
A=one
B="two $HOME words" C='three "words"'; D=`uname -s` E=$(uname "-m")
F=four\ words # F=5
G="a"'b'c
H= I="" J=${HOME:-x}/y K=~/x L=$'a\tb'
case $A in one) M=six ;; (two) M2=seven ;; esac
x=$((1 << 2)); y=$(( (1 + 2) * 3 )); echo "$(echo "it's ${A#o}" `echo \`id\``)" <<<"N=8"
cat <<EOF >/dev/null <<-'END'
O=nine
EOF
O=ten
<TAB>END
  exec java -Dp="eleven" "-Dq=twelve" "-Dr=$HOME" '-Ds=a b' \
    -Dt=one\
two "-Du=$(id)" -Dv="several
lines" -Dx=\
P=é
twice=1
twice=2
""".replace("<TAB>", "\t").encode()


def refusal(fmt: str, data: bytes, *edits: Edit) -> str:
    with pytest.raises(EditError) as caught:
        apply_edits(data, edits, fmt)
    return str(caught.value)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("^A=<value>", "one"),
        ("B=<value>", "two $HOME words"),
        ('B="<value>"', "two $HOME words"),
        ('B="two <value> words', "$HOME"),
        ("C=<value>", 'three "words"'),
        ("C='<value>'", 'three "words"'),
        ("C='three <value>'", '"words"'),
        ('C=\'three "<value>"', "words"),
        ("F=<value>", "four words"),
        ("G=<value>", "abc"),
        ("H=<value>", ""),
        ("I=<value>", ""),
        ("J=<value>", "${HOME:-x}/y"),
        ("K=<value>", "~/x"),
        (" M=<value> ;;", "six"),
        ("M2=<value>", "seven"),
        ("-Dp=<value>", "eleven"),
        ('"-Dq=<value>', "twelve"),
        ("-Dr=<value>", "$HOME"),
        ("-Ds=<value>", "a b"),
        ("P=<value>", "é"),
        ("^exec java <value>", "-Dp=eleven"),
    ],
)
def test_a_word_of_a_script_is_read(place: str, value: str) -> None:
    assert read_value(SCRIPT, place, "shell") == value


@pytest.mark.parametrize(
    ("place", "value", "old", "new"),
    [
        ("^A=<value>", "1", b"A=one\n", b"A=1\n"),
        ("^A=<value>", True, b"A=one\n", b"A=true\n"),
        ("^A=<value>", "a b", b"A=one\n", b"A='a b'\n"),
        ("^A=<value>", "", b"A=one\n", b'A=""\n'),
        ("^A=<value>", "it's", b"A=one\n", b"A='it'\\''s'\n"),
        ("^A=<value>", "~", b"A=one\n", b"A='~'\n"),
        ("^A=<value>", "é", b"A=one\n", "A='é'\n".encode()),
        ("B=<value>", "$HOME", b'"two $HOME words"', b'"\\$HOME"'),
        ("B=<value>", 'a\\"`$', b'"two $HOME words"', b'"a\\\\\\"\\`\\$"'),
        # What was expanded before is not the same as its text.
        ("B=<value>", "two $HOME words", b'"two $HOME words"', b'"two \\$HOME words"'),
        ('B="two <value> words', "no", b"$HOME", b"no"),
        ("C=<value>", "it's", b"'three \"words\"'", b"'it'\\''s'"),
        ("C='<value>'", "it's", b"'three \"words\"'", b"'it'\\''s'"),
        ("F=<value>", "5", rb"four\ words", b"5"),
        ("G=<value>", "d", b"\"a\"'b'c", b"d"),
        ("H=<value>", "7", b"H= ", b"H=7 "),
        ("J=<value>", "7", b"${HOME:-x}/y", b"7"),
        ("K=<value>", "~/x", b"K=~/x", b"K='~/x'"),
        ("-Ds=<value>", "c", b"'-Ds=a b'", b"'-Ds=c'"),
    ],
)
def test_a_word_of_a_script_is_set_and_nothing_else(place: str, value: object, old: bytes, new: bytes) -> None:
    result = apply_edits(SCRIPT, [Edit("set", place, value)], "shell").data
    assert result == SCRIPT.replace(old, new, 1)
    assert apply_edits(result, [Edit("set", place, value)], "shell").data == result


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("Q=<value>", "found 0 times, required exactly once; not even the text in front of the value"),
        ("A=<value>;", "found 0 times, required exactly once; 'A=' alone stands in line 3, but not so"),
        ("twice=<value>", "found 2 times (lines 20, 21), required exactly once; write more of it"),
        ("O=<value>", "stands in a here-document in line 11, which is not edited"),
        ("L=$'a<value>", "stands in a string with $'...' in line 7, which is not edited"),
        ("echo \\`<value>", "stands in a command in backquotes in line 9, which is not edited"),
        ("four\\<value>", "the text in front of the value ends with a backslash"),
        ("D=<value>", "has more than one line, or runs a command, and is not edited"),
        ("E=<value>", "has more than one line, or runs a command, and is not edited"),
        ("-Dt=<value>", "has more than one line, or runs a command, and is not edited"),
        ("-Du=<value>", "has more than one line, or runs a command, and is not edited"),
        ("-Dv=<value>", "has more than one line, or runs a command, and is not edited"),
        ('-Dv="<value>"', "has more than one line, or runs a command, and is not edited"),
        ('B="two <value> Words', "found 0 times"),
        ("F=5<value>", "found 0 times"),
        ("A=", "not a place of a text: the line is required, with one <value> behind its beginning"),
        ("^<value>", "not a place of a text"),
        ("A=<value><value>", "not a place of a text"),
        ("A\n=<value>", "not a place of a text: it must be in one line"),
        ("\ud800<value>", "not a place of a text: it contains an unpaired surrogate"),
    ],
)
def test_a_place_of_a_script_that_is_not_there_once_is_refused(place: str, reason: str) -> None:
    assert reason in refusal("shell", SCRIPT, Edit("set", place, "x"))
    with pytest.raises(EditError) as caught:
        read_value(SCRIPT, place, "shell")
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (Edit("add", "A=<value>", "x"), "a line of text has a value and no structure, use set"),
        (Edit("x", "A=<value>", "x"), "unknown kind of edit 'x'"),
        (Edit("set", "^A=<value>", None), "the value must be a string, an integer or a boolean, not NoneType"),
        (Edit("set", "^A=<value>", "a\nb"), "the value contains U+000A, which cannot stand in a line of text"),
        (Edit("set", "^A=<value>", "a\0b"), "the value contains U+0000"),
        (Edit("set", "^A=<value>", "a\u2028b"), "the value contains U+2028"),
    ],
)
def test_an_edit_that_cannot_be_done_is_refused(edit: Edit, reason: str) -> None:
    assert reason in refusal("shell", SCRIPT, edit)
    assert reason in refusal("text", SCRIPT, edit)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"a='", "the quote in line 1 of the script does not end"),
        (b'a=1\nb="$(c"', "the quote or substitution in line 2 of the script does not end"),
        (b"a=`", "the quote or substitution in line 1 of the script does not end"),
        (b"a=$((1", "the quote or substitution in line 1 of the script does not end"),
        (b"cat <<E\na=1\n", "the here-document in line 2 of the script does not end"),
        (b"a=1 <<E", "the here-document in line 1 of the script does not end"),
        (b"a=$'\\'", "the quote in line 1 of the script does not end"),
        (b"a=\xff", "the file is not UTF-8: invalid start byte at byte 2"),
    ],
)
def test_a_script_that_cannot_be_followed_is_refused(data: bytes, reason: str) -> None:
    assert reason in refusal("shell", data, Edit("set", "a=<value>", "x"))


@pytest.mark.parametrize(
    "data", [b"a=1", b"a=1\r\n", b"f() (\n  a=1\n)\n", b"x=1)\na=1 # )", b"a=1 <<E\nE", b"#\\\na=1\n"]
)
def test_scripts_are_followed_to_their_end(data: bytes) -> None:
    assert apply_edits(data, [Edit("set", "a=<value>", "2")], "shell").data == data.replace(b"a=1", b"a=2")
    assert apply_edits(data, [], "shell").data == data


def test_an_edit_that_breaks_another_is_refused() -> None:
    edits = [Edit("set", "^a=<value>", "b=9"), Edit("set", "^b=<value>", "2")]
    assert apply_edits(b"a=0\nb=1\n", edits, "text").data == b"a=b=9\nb=2\n"
    edits = [Edit("set", "a=<value>", "b=9"), Edit("set", "b=<value>", "2")]
    assert "b=<value>: the edited file would be wrong: found 2 times" in refusal("text", b"a=0\nb=1\n", *edits)


def test_passwords_in_the_start_script_are_set_and_masked() -> None:
    data = CARBON.read_bytes()
    password = 'it\'s "$x" `id` \\ é'
    edits = [
        Edit("set", "-Djavax.net.ssl.keyStorePassword=<value>", password, secret=True),
        Edit("set", "-Djavax.net.ssl.trustStorePassword=<value>", password, secret=True),
    ]
    assert read_value(data, edits[0].place, "shell") == "wso2carbon"
    result = apply_edits(data, edits, "shell")
    assert read_value(result.data, edits[1].place, "shell") == password
    assert result.data.count(b"Password='it'\\''s \"$x\" `id` \\ \xc3\xa9' \\\n") == 2
    before, after = data.splitlines(), result.data.splitlines()
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 2
    assert len(result.masks) == 2
    assert not [mask for mask in result.masks if "wso2carbon" in mask.after or "id" in mask.after]


TEXT = b"""; a = comment
a = 1  \r
path=/x/y; kept
  last:x"""


@pytest.mark.parametrize(
    ("place", "there", "value", "old", "new"),
    [
        ("^a = <value>", "1", "2 3", b"a = 1", b"a = 2 3"),
        ("^a =<value>", "1", 22, b"a = 1", b"a = 22"),
        ("path=<value>;", "/x/y", "/z", b"/x/y", b"/z"),
        ("path=<value>; kept", "/x/y", "", b"/x/y", b""),
        ("^last:<value>", "x", "é", b":x", ":é".encode()),
    ],
)
def test_a_line_of_text_is_set(place: str, there: str, value: object, old: bytes, new: bytes) -> None:
    assert read_value(TEXT, place, "text") == there
    assert apply_edits(TEXT, [Edit("set", place, there)], "text").data == TEXT
    assert apply_edits(TEXT, [Edit("set", place, value)], "text").data == TEXT.replace(old, new)


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        ("a = <value>", "2", "found 2 times (lines 1, 2), required exactly once; write more of it"),
        ("^b = <value>", "2", "found 0 times, required exactly once; not even the text in front"),
        ("path=<value>:", "2", "found 0 times, required exactly once; 'path=' alone stands in line 3, but not so"),
        ("path=<value>;", "a;b", "the value cannot be written there, it would read as another one"),
        ("^last:<value>", " a", "the value cannot be written there, it would read as another one"),
        ("^last:<value>", "a ", "the value cannot be written there, it would read as another one"),
    ],
)
def test_a_line_of_text_that_would_not_be_exact_is_refused(place: str, value: str, reason: str) -> None:
    assert reason in refusal("text", TEXT, Edit("set", place, value))


def test_a_secret_in_a_text_is_masked() -> None:
    edits = [Edit("set", "path=<value>;", "new", secret=True)]
    assert apply_edits(TEXT, edits, "text").masks == (Mask("path=", "; kept"),)
    empty = apply_edits(b"p=\n", [Edit("set", "p=<value>", "new", secret=True)], "text")
    assert (empty.data, empty.masks) == (b"p=new\n", (Mask("p=", ""),))

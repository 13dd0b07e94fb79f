"""Prints the table of Nameprep (RFC 3491) as this Python applies it to the labels of host names.

Decompositions and properties are those of Unicode 3.2. As in CPython's codec `idna`, lower-case
letters, combining classes and compositions are those of the newest version that it has.
"""

import platform
import stringprep
import unicodedata
from unicodedata import ucd_3_2_0

CHARACTERS = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def mapped(c):
    """A character after the mapping (table B.1 and B.2) and the decomposition."""
    text = "" if stringprep.in_table_b1(c) else stringprep.map_table_b2(c)
    return ucd_3_2_0.normalize("NFKD", text)


def is_hangul(c):
    """Hangul syllables are composed by a formula, and need not be decomposed before."""
    return "\uac00" <= c < "\ud7a4"


def is_prohibited(c):
    return any(table(c) for table in (
        stringprep.in_table_c12, stringprep.in_table_c22, stringprep.in_table_c3,
        stringprep.in_table_c4, stringprep.in_table_c5, stringprep.in_table_c6,
        stringprep.in_table_c7, stringprep.in_table_c8, stringprep.in_table_c9))


def codes(text):
    return "".join(f" {ord(c):X}" for c in text)


def span(first, last):
    return f"{ord(first):X}" if first == last else f"{ord(first):X}-{ord(last):X}"


def print_ranges(keyword, value):
    """Prints a line for each run of characters that have the same value."""
    start = None
    for c in CHARACTERS + [None]:
        now = value(c) if c is not None else None
        if start is not None and (now != held or ord(c) != ord(last) + 1):
            print(f"{keyword} {span(start, last)}{held}")
            start = None
        if start is None and now is not None:
            start, held = c, now
        last = c


print(f"""\
# Nameprep (RFC 3491) as CPython {platform.python_version()} applies it, with Unicode 3.2 and {unicodedata.unidata_version}.
# Made by `cargo xtask nameprep`. All numbers are hexadecimal.
#
# map RANGE [TO]...    the characters are replaced by TO, which counts up with the characters of the range
# class RANGE NUMBER   the canonical combining class
# compose A B TO       A followed by B is replaced by TO
# prohibited RANGE     the characters cannot be in a label
# left RANGE           left-to-right letters
# right RANGE          right-to-left letters""")

run = None
for c in CHARACTERS:
    to = mapped(c)
    if to == c or is_hangul(c):
        continue
    if run and len(to) == 1 and len(run[2]) == 1:
        first, last, start = run
        if ord(c) == ord(last) + 1 and ord(to) - ord(start) == ord(c) - ord(first):
            run = (first, c, start)
            continue
    if run:
        print(f"map {span(run[0], run[1])}{codes(run[2])}")
    run = (c, c, to)
print(f"map {span(run[0], run[1])}{codes(run[2])}")

print_ranges("class", lambda c: f" {n:X}" if (n := unicodedata.combining(c)) else None)

for c in CHARACTERS:
    parts = unicodedata.decomposition(c).split()
    if len(parts) == 2 and not parts[0].startswith("<"):
        pair = "".join(chr(int(part, 16)) for part in parts)
        composed = ucd_3_2_0.normalize("NFKC", pair)
        if len(composed) == 1:
            print(f"compose{codes(pair)}{codes(composed)}")

print_ranges("prohibited", lambda c: "" if is_prohibited(c) else None)
print_ranges("left", lambda c: "" if stringprep.in_table_d2(c) else None)
print_ranges("right", lambda c: "" if stringprep.in_table_d1(c) else None)

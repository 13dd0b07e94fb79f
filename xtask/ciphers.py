"""Writes the table of suites of an OpenSSL that pyssl does not link with, such as 1.1.1.

usage: python3 xtask/ciphers.py <libcrypto> <libssl> <where the build is from> > ciphers/src/cipher/tables/openssl-1.1.1.json
       python3 xtask/ciphers.py <libcrypto> <libssl> --lists < strings

The first form does what the test in ciphers/src/cipher/table.rs does for the linked library. With a library of
OpenSSL 3, its output is the same as that test's. The second form prints the number of suites that each line
selects, and a checksum of their list, for ciphers/tests/cipher_strings/openssl-*.tsv.
"""

import ctypes
import json
import pathlib
import re
import sys

crypto = ctypes.CDLL(sys.argv[1], mode=ctypes.RTLD_GLOBAL)
ssl = ctypes.CDLL(sys.argv[2])
POINTER, TEXT, INT = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int


def function(library, name, result, *arguments):
    found = getattr(library, name)
    found.restype, found.argtypes = result, arguments
    return found


make = function(ssl, "SSL_CTX_new", POINTER, POINTER)
free = function(ssl, "SSL_CTX_free", None, POINTER)
method = function(ssl, "TLS_method", POINTER)()
set_list = function(ssl, "SSL_CTX_set_cipher_list", INT, POINTER, TEXT)
get_list = function(ssl, "SSL_CTX_get_ciphers", POINTER, POINTER)
number_of = function(crypto, "OPENSSL_sk_num", INT, POINTER)
at = function(crypto, "OPENSSL_sk_value", POINTER, POINTER, INT)
clear = function(crypto, "ERR_clear_error", None)
last = function(crypto, "ERR_peek_last_error", ctypes.c_ulong)
long_name = function(crypto, "OBJ_nid2ln", TEXT, INT)
short_name = function(crypto, "OBJ_nid2sn", TEXT, INT)

NO_CIPHER_MATCH = 185
POISON = "*"
TLS12 = "TLSv1.2"


def suite(cipher):
    def get(name, kind=INT, *more):
        return function(ssl, f"SSL_CIPHER_{name}", kind, POINTER, *[type_ for type_, _ in more])(
            cipher, *[value for _, value in more])

    def named(name):
        nid = get(name)
        return long_name(nid).decode() if nid else None

    alg_bits = INT()
    strength = get("get_bits", INT, (ctypes.POINTER(INT), ctypes.byref(alg_bits)))
    standard = get("standard_name", TEXT)
    standard = standard.decode() if standard and standard != b"(NONE)" else None
    buffer = ctypes.create_string_buffer(256)
    get("description", TEXT, (TEXT, buffer), (INT, 256))
    row = {
        "id": "%08x" % function(ssl, "SSL_CIPHER_get_id", ctypes.c_uint32, POINTER)(cipher),
        "name": get("get_name", TEXT).decode(),
        "protocol": get("get_version", TEXT).decode(),
        "strength_bits": strength,
        "alg_bits": alg_bits.value,
        "aead": bool(get("is_aead")),
        "symmetric": named("get_cipher_nid"),
        "digest": named("get_digest_nid"),
        "kea": named("get_kx_nid"),
        "auth": named("get_auth_nid"),
        "standard_name": standard,
        "classes": [],
        "description": buffer.value.decode().rstrip("\n"),
    }
    return row


def set_string(text):
    """The suites of a string, or the reason of the error."""
    clear()
    # SUITEB128 and its kind stay in force, so each string has a context of its own.
    new = make(method)
    try:
        if not set_list(new, text.encode()):
            return last() & 0xFFF
        stack = get_list(new)
        return [suite(at(stack, i)) for i in range(number_of(stack))]
    finally:
        free(new)


def ids(text):
    found = set_string(text)
    return [] if isinstance(found, int) else [row["id"] for row in found]


def knows_any(names):
    found = set_string("".join(f"+{name}{POISON}:" for name in names))
    return isinstance(found, int) and found != NO_CIPHER_MATCH


def table(build):
    everything = set_string("ALL:COMPLEMENTOFALL")
    tls13 = [row for row in everything if row["protocol"] == "TLSv1.3"]
    suites = [row for row in everything if row["protocol"] != "TLSv1.3"]

    def order(row):
        ephemeral = "dhe" in (row["kea"] or "") and not (row["kea"] or "").endswith("psk")
        group = {(True, True): 0, (True, False): 1, (False, True): 2, (False, False): 3}
        return group[ephemeral, row["aead"]], row["protocol"] != TLS12, not row["symmetric"]

    suites.sort(key=order)
    by_id = {row["id"]: row for row in suites}
    for name in ["LOW", "MEDIUM", "HIGH", "FIPS", "COMPLEMENTOFDEFAULT"]:
        for number in ids(name):
            if number in by_id:
                by_id[number]["classes"].append("not-default" if "DEFAULT" in name else name)
    for row in suites:
        if not {"LOW", "MEDIUM", "HIGH"} & set(row["classes"]):
            row["classes"].insert(0, "NONE")
    source = (pathlib.Path(__file__).parent.parent / "ciphers/src/cipher/names.rs").read_text()
    block = source.split("\naliases! {\n")[1].split("\n}\n")[0]
    aliases = re.findall(r'^    "([\w.-]+)" \{', block, re.M)
    level = function(ssl, "SSL_CTX_get_security_level", INT, POINTER)
    file = {
        "version": function(crypto, "OpenSSL_version", TEXT, INT)(0).decode(),
        "build": build,
        "security_level": level(make(method)),
        "ignores_case": knows_any(["all"]),
        "underscore": not knows_any(["ALL_"]),
        "profiles": not isinstance(set_string("PROFILE=SYSTEM"), int),
        "registry_names": knows_any([suites[0]["standard_name"]]),
        "names": [name for name in aliases if knows_any([name])],
        "default": [number for number in ids("DEFAULT") if number in by_id],
        "default_alive": [],
        "tls13": tls13,
        "suites": suites,
    }
    alive = [number for number in ids("DEFAULT:ALL:COMPLEMENTOFALL") if number in by_id]
    sleeping = [number for number in alive if number not in file["default"]]
    file["default_alive"] = sleeping + file["default"]
    for row in tls13 + suites:
        for key in [key for key, value in row.items() if value is None or value == []]:
            del row[key]
    text = json.dumps(file, separators=(",", ":"))
    text = text.replace('{"version"', '{\n"version"', 1)
    for key in list(file)[1:]:
        text = text.replace(f',"{key}":', f',\n"{key}":', 1)
    return text.replace('{"id"', '\n{"id"').replace("}]", "}\n]")


def checksum(text):
    """FNV-1a of the numbers, each as a line."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return "%016x" % value


if sys.argv[3] == "--lists":
    for line in sys.stdin.read().splitlines():
        found = [number for number in ids(line) if not number.startswith("030013")]
        print(f"{line}\t{len(found)}\t{checksum(''.join(n + chr(10) for n in found))}")
else:
    print(table(sys.argv[3]))

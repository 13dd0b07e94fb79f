"""Starts the interpreter again, with this engine's folder first in PYTHONPATH.

So the program runs exactly as without `-m pyssl`, and the programs that it starts with this interpreter use
the engine too.
"""

import json
import os
import subprocess
import sys

from . import ENGINE, engine_spec

USAGE = """\
usage: python -m pyssl FILE [ARGUMENTS]        runs a program on this engine
       python -m pyssl -m MODULE [ARGUMENTS]   runs a module
       python -m pyssl -c CODE [ARGUMENTS]     runs code
       python -m pyssl                         starts an interactive interpreter
       python -m pyssl --check                 says which engine and which OpenSSL programs get
"""

# Run by `--check` in the interpreter that a program would get.
CHECK = """\
import json, ssl, sys
own = ssl._ssl
print(json.dumps({
    "file": getattr(own, "__file__", "a part of the interpreter"),
    "engine": getattr(own, "_ENGINE_VERSION", None),
    "linked": getattr(own, "_ENGINE_OPENSSL", None),
    "openssl": ssl.OPENSSL_VERSION,
    "authorities": ssl.create_default_context().cert_store_stats()["x509_ca"],
    "paths": ssl.get_default_verify_paths()[:2],
}))
"""


def interpreter():
    """The command that started this process, without `-m pyssl` and what follows."""
    command = sys.orig_argv[: len(sys.orig_argv) - len(sys.argv[1:])]
    # The last options are `-m pyssl`, `-mpyssl`, or these with other letters before the `m`.
    last = command.pop()
    if last == "pyssl":
        last = command.pop()
    letters = last.removesuffix("pyssl").removesuffix("m")
    return [sys.executable, *command[1:], *([letters] if letters != "-" else [])]


def environment():
    earlier = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [ENGINE, earlier]))}


def obstacle():
    """The reason why a new interpreter would not find this engine."""
    if sys.flags.ignore_environment:
        return "python -I and -E ignore PYTHONPATH, which leads to this engine: use -s and -P, or pyssl.install()"
    try:
        engine_spec()
    except ImportError as error:
        return str(error)
    if "_ssl" in sys.builtin_module_names:
        return "_ssl is a part of this interpreter and precedes PYTHONPATH: use pyssl.install()"
    return None


def check():
    answer = subprocess.run(
        [*interpreter(), "-c", CHECK], env=environment(), stdout=subprocess.PIPE, text=True, check=False
    )
    if answer.returncode != 0:
        print("pyssl: a program that imports ssl fails, see above", file=sys.stderr)
        return 1
    found = json.loads(answer.stdout)
    import ssl  # Its classes are those of the interpreter's own engine.

    python = sys.version.split()[0]
    if found["engine"] is None:
        print(f"pyssl: programs do not get this engine, but {found['file']}", file=sys.stderr)
        return 1
    print(f"engine:          pyssl {found['engine']} ({found['file']})")
    print(f"OpenSSL:         {found['openssl']}, {found['linked']}")
    print(f"authorities:     {found['authorities']} certificates in {' and '.join(filter(None, found['paths'])) or 'no file'}")
    print(f"interpreter:     Python {python}, whose own ssl uses {ssl.OPENSSL_VERSION}")
    return 0


def main():
    arguments = sys.argv[1:]
    if arguments[:1] in (["-h"], ["--help"]):
        print(USAGE, end="")
        return 0
    reason = obstacle()
    if reason is not None:
        print(f"pyssl: {reason}", file=sys.stderr)
        return 2
    if arguments == ["--check"]:
        return check()
    if arguments[:1] == ["--check"] or (arguments and arguments[0].startswith("--")):
        print(USAGE, end="", file=sys.stderr)
        return 2
    command = [*interpreter(), *arguments]
    os.execve(sys.executable, command, environment())


if __name__ == "__main__":
    sys.exit(main())

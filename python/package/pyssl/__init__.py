"""Python's module `ssl` on the TLS engine of the Rust crate pyssl.

    python -m pyssl app.py      runs a program on this engine
    import pyssl                does so from within a program,
    pyssl.install()             before its first `import ssl`
"""

import importlib.machinery
import importlib.util
import sys
from pathlib import Path

__all__ = ["ENGINE", "install"]

# The folder of the engine's module `_ssl`. It has nothing else, so it can be a part of PYTHONPATH.
ENGINE = str(Path(__file__).resolve().parent / "engine")


def engine_spec():
    """Where this interpreter finds the engine's module.

    ImportError if the package was built for another interpreter, or was not built.
    """
    spec = importlib.machinery.PathFinder.find_spec("_ssl", [ENGINE])
    if spec is None:
        raise ImportError(f"{ENGINE} has no module _ssl for Python {sys.version.split()[0]}", name="_ssl")
    return spec


def install():
    """Makes `import ssl` use this engine, in this process.

    RuntimeError if `ssl` was imported before: its classes, and every name that was imported from it, belong
    to the interpreter's own engine, and cannot be exchanged.
    """
    spec = engine_spec()
    loaded = sys.modules.get("_ssl")
    if loaded is not None and loaded.__spec__.origin == spec.origin:
        return
    if loaded is not None or "ssl" in sys.modules:
        raise RuntimeError(_too_late())
    module = importlib.util.module_from_spec(spec)
    # An import of `_ssl` by the module itself, or by another thread, gets this module.
    sys.modules["_ssl"] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules["_ssl"]
        raise


def _too_late():
    ssl = sys.modules.get("ssl")
    users = sorted(
        name for name, module in sys.modules.items() if ssl is not None and getattr(module, "ssl", None) is ssl
    )
    by = f" (it is used by: {', '.join(users)})" if users else ""
    return (
        f"pyssl.install() must be called before `import ssl`, and ssl is imported already{by}. "
        "Call it first in the program, or start the program with `python -m pyssl`."
    )

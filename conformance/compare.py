"""Runs test modules on the interpreter's own `_ssl` and on ours, and compares test by test.

    python3 compare.py [MODULE ...]

`python3 -m pyssl` must run.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
# The test modules that use TLS, except those that need servers on the Internet.
MODULES = """
    test.test_ssl
    test.test_ftplib
    test.test_poplib
    test.test_imaplib
    test.test_smtplib
    test.test_httplib
    test.test_urllib2_localnet
    test.test_logging
    test.test_asyncio.test_ssl
    test.test_asyncio.test_sslproto
    test.test_asyncio.test_events
    test.test_asyncio.test_streams
    test.test_asyncio.test_sendfile
    test.test_asyncio.test_unix_events
""".split()
KINDS = ["ok", "skipped", "failed"]


class Run:
    """Runs one module in a process of its own."""

    def __init__(self, module, directory, engine):
        # Tests leave files in their directory, which must not affect the other run.
        directory = Path(directory) / ("ours" if engine else "stock")
        directory.mkdir()
        self.output = directory / "outcomes"
        self.log = self.output.with_suffix(".log").open("w+")
        environment = {k: v for k, v in os.environ.items() if engine or k != "PYTHONPATH"}
        self.ours = bool(engine)
        self.openssl = ""
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, *engine, HERE / "suite.py", self.output, module],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            cwd=directory,
        )

    def finish(self):
        """The outcomes by test, including the test during which the process ended early."""
        self.process.wait()
        self.seconds = time.monotonic() - self.began
        if self.output.exists():
            result = json.loads(self.output.read_text())
            if result["ours"] != self.ours:
                sys.exit(f"the module that was tested is {result['module']}")
            self.openssl = result["openssl"]
            return result["outcomes"]
        self.log.seek(0)
        log = self.log.read()
        started = self.output.with_suffix(".started")
        tests = started.read_text().split() if started.exists() else []
        if not tests:
            sys.exit(f"the tests did not start:\n{log[-4000:]}")
        return {tests[-1]: ["failed", f"the process ended during this test\n{log[-4000:]}"]}


def expected(python, openssl):
    """The tests that do worse with these versions, with the reason."""
    listed = {}
    for line in (HERE / "expected.tsv").read_text().splitlines():
        if line and not line.startswith("#"):
            test, where, reason = line.split("\t")
            if where == "all" or python.startswith(where) or openssl.startswith(where):
                listed[test] = reason
    return listed


def counts(outcomes):
    kinds = [kind for kind, _ in outcomes.values()]
    return " ".join(f"{kinds.count(kind):5}" for kind in KINDS)


def main(modules):
    python = f"CPython {sys.version.split()[0]}"
    seen, bad = set(), []
    print(python)
    print(f"{'':34}{'stock':^21}{'ours':^21}")
    print(f"{'':34}" + "".join(f"{'ok':>5} {'skip':>5} {'fail':>5}    " for _ in "ab"))
    for module in modules or MODULES:
        with tempfile.TemporaryDirectory() as directory:
            runs = [Run(module, directory, []), Run(module, directory, ["-m", "pyssl"])]
            stock, ours = (run.finish() for run in runs)
        seconds = max(run.seconds for run in runs)
        print(f"{module:34}{counts(stock)}    {counts(ours)}   {seconds:3.0f} s", flush=True)
        listed = expected(python, runs[1].openssl)
        for test in sorted(stock.keys() | ours.keys()):
            missing = ["failed", "not run"]
            theirs, our = stock.get(test, missing)[0], ours.get(test, missing)[0]
            worse = theirs != our and theirs != "failed"
            seen.add(test)
            if theirs == "failed":
                print(f"  note: {test} fails on the interpreter's own module ({our} on ours)")
            if worse and test not in listed:
                bad.append(test)
                why = ours.get(test, missing)[1]
                print(f"  WORSE: {test}: {theirs}, {our} on ours\n{why}")
            if worse and test in listed:
                print(f"  expected: {test}: {our}: {listed[test]}")
            if not worse and test in listed and theirs != "failed":
                bad.append(test)
                print(f"  LISTED, but has the expected outcome: {test}")
    if not modules:
        for test in listed.keys() - seen:
            bad.append(test)
            print(f"  LISTED, but does not exist: {test}")
    print("all as expected" if not bad else f"{len(bad)} tests are not as expected")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main(sys.argv[1:])

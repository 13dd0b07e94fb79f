"""Runs test modules of the standard library and records the outcome of each test.

    python3 suite.py OUTPUT MODULE...

OUTPUT gets a JSON object: the `_ssl` module that was used, whether it is ours, its OpenSSL, and for each test its outcome (`ok`,
`skipped`, `failed`) and the reason. A test that does not end is reported as failed by the absence of
an outcome; its name is the last line of OUTPUT.started.
"""

import faulthandler
import importlib
import json
import os
import sys
import unittest

PATIENCE = 120
# The resources that tests may use, without the external network.
RESOURCES = ["walltime", "cpu"]


class Outcomes(unittest.TestResult):
    def __init__(self, started):
        super().__init__()
        self.outcomes = {}
        self.started = started

    def startTest(self, test):
        super().startTest(test)
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        print(test.id(), file=self.started, flush=True)

    def stopTest(self, test):
        super().stopTest(test)
        faulthandler.cancel_dump_traceback_later()

    def note(self, test, outcome, why=""):
        # A test with subtests may have several outcomes: the worst counts.
        ranks = ["ok", "skipped", "failed"]
        known = self.outcomes.get(test.id(), ["ok", ""])
        if ranks.index(outcome) >= ranks.index(known[0]):
            self.outcomes[test.id()] = [outcome, why]

    def addSuccess(self, test):
        super().addSuccess(test)
        self.note(test, "ok")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.note(test, "skipped", reason)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.note(test, "failed", self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.note(test, "failed", self.errors[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            failed = self.failures + self.errors
            self.note(test, "failed", failed[-1][1] if failed else "")

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self.note(test, "ok")

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.note(test, "failed", "unexpected success")


def main(output, modules):
    import ssl
    from test import support

    support.use_resources = dict.fromkeys(RESOURCES)
    loader = unittest.TestLoader()
    with open(output + ".started", "w") as started:
        result = Outcomes(started)
        for module in modules:
            try:
                tests = loader.loadTestsFromModule(importlib.import_module(module))
            except unittest.SkipTest as reason:
                result.outcomes[module] = ["skipped", str(reason)]
            else:
                tests.run(result)
    with open(output, "w") as file:
        written = {
            "module": ssl._ssl.__file__,
            "ours": hasattr(ssl._ssl, "_ENGINE_VERSION"),
            "openssl": ssl.OPENSSL_VERSION,
            "outcomes": result.outcomes,
        }
        json.dump(written, file, indent=1)
    # Threads of failed tests may still be waiting.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

# The exception classes of `_ssl`. Rust cannot derive from OSError without unsafe code.


class _Type(type):
    """SSLError itself cannot be changed, as the C module's static type cannot."""

    def __setattr__(cls, name, value):
        if cls is SSLError:
            raise TypeError(f"cannot set {name!r} attribute of immutable type 'ssl.SSLError'")
        super().__setattr__(name, value)


class SSLError(OSError, metaclass=_Type):
    """An error occurred in the SSL implementation."""

    __module__ = "ssl"

    def __str__(self):
        return self.strerror if isinstance(self.strerror, str) else str(self.args)


def _derived(name, doc, *bases):
    return _Type(name, (SSLError, *bases), {"__module__": "ssl", "__doc__": doc})


SSLZeroReturnError = _derived("SSLZeroReturnError", "SSL/TLS session closed cleanly.")
SSLWantReadError = _derived(
    "SSLWantReadError",
    "Non-blocking SSL socket needs to read more data\n"
    "before the requested operation can be completed.",
)
SSLWantWriteError = _derived(
    "SSLWantWriteError",
    "Non-blocking SSL socket needs to write more data\n"
    "before the requested operation can be completed.",
)
SSLSyscallError = _derived(
    "SSLSyscallError", "System error when attempting SSL operation."
)
SSLEOFError = _derived("SSLEOFError", "SSL/TLS connection terminated abruptly.")
SSLCertVerificationError = _derived(
    "SSLCertVerificationError", "A certificate could not be verified.", ValueError
)

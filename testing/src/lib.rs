//! Certificates and peers for the tests of `pyssl`.

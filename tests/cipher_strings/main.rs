//! Cipher strings against OpenSSL itself and against Python.

mod corpus;
mod evaluation;

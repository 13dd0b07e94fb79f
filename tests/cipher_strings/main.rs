//! Cipher strings against OpenSSL itself and against Python.

mod command;
mod corpus;
mod evaluation;
mod python;

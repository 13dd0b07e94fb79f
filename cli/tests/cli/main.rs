//! Runs the command, and checks what it prints and its exit code.

mod connect;
mod demo;
mod general;
mod serve;
mod support;

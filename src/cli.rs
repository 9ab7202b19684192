//! The commands of the runtime socket (management guide 9.3), one const each.
//!
//! A [`command::Command`] is its words, the level it needs, a line of help, and what it does to a [`control::Control`]: the
//! running process as operators see it. [`session`] reads lines, keeps the level, and writes prompts; [`streams`] says what of a
//! stream is told; sockets are the shell's.

pub mod command;
pub mod commands;
pub mod control;
pub mod master;
pub mod session;
pub mod streams;

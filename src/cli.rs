//! The commands of the runtime socket, one const each.

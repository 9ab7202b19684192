//! A `bind` line, as data (HAProxy manual 5.1).

use std::time::Duration;

use super::address::Address;
use crate::text::source::Span;

#[derive(Debug, Clone, PartialEq)]
pub struct Listener {
    /// Port ranges are already spread: one listener, one address.
    pub address: Address,
    pub name: Option<String>,
    /// Given or counted from 1 within the proxy.
    pub id: u32,
    pub options: BindOptions,
    /// As written on the line, for messages.
    pub text: String,
    pub at: Span,
}

/// What is written after the addresses; shared by all addresses of a line.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BindOptions {
    pub accept_proxy: bool,
    /// `accept-netscaler-cip <magic>`
    pub accept_netscaler: Option<u32>,
    pub backlog: Option<u32>,
    pub defer_accept: bool,
    pub expose_fd_listeners: bool,
    pub gid: Option<Account>,
    pub uid: Option<Account>,
    pub interface: Option<String>,
    pub level: AccessLevel,
    pub maxconn: Option<u32>,
    /// Permissions of a unix socket's file, octal on the line.
    pub mode: Option<u32>,
    pub mss: Option<i32>,
    pub namespace: Option<String>,
    pub nice: Option<i32>,
    pub severity_output: SeverityOutput,
    pub shards: Option<u32>,
    pub tcp_user_timeout: Option<Duration>,
    pub tfo: bool,
    pub transparent: bool,
    pub v4v6: bool,
    pub v6only: bool,
    pub proto: Option<String>,
}

/// A user or group, by name or number; names are looked up by the shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    Name(String),
    Id(u32),
}

/// What a connection to a stats socket may do (manual 3.1 `stats socket`, `level`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord)]
pub enum AccessLevel {
    User,
    #[default]
    Operator,
    Admin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SeverityOutput {
    #[default]
    None,
    Number,
    String,
}

//! All of a `haproxy.cfg`, as data.

use std::collections::BTreeMap;

use super::ProxyId;
use super::expr::PatternSet;
use super::global::Global;
use super::log::{LogForward, Ring};
use super::proxy::{ErrorPage, Proxy};
use crate::text::source::Span;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    pub global: Global,
    /// In file order, `defaults` left out. Disabled ones are kept: they are shown as stopped.
    pub proxies: Vec<Proxy>,
    pub patterns: Vec<PatternSet>,
    pub userlists: Vec<Userlist>,
    pub http_errors: Vec<HttpErrors>,
    pub programs: Vec<Program>,
    pub rings: Vec<Ring>,
    pub log_forwards: Vec<LogForward>,
}

/// `program` (manual 3.7): run by the master beside its workers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    pub name: String,
    /// The program, looked for in `PATH`, and its arguments.
    pub command: Vec<String>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub start_on_reload: bool,
    pub at: Span,
}

/// `userlist` (manual 3.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Userlist {
    pub name: String,
    pub users: Vec<User>,
    pub groups: Vec<Group>,
    pub at: Span,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub password: Password,
    pub groups: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Password {
    /// `insecure-password`
    Plain(String),
    /// `password`: what crypt(3) understands.
    Crypt(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub name: String,
    pub users: Vec<String>,
}

/// `http-errors NAME` (manual 3.8).
#[derive(Debug, Clone, PartialEq)]
pub struct HttpErrors {
    pub name: String,
    pub pages: BTreeMap<u16, ErrorPage>,
    pub at: Span,
}

impl Config {
    /// The proxy of that name that has a back side.
    pub fn backend(&self, name: &str) -> Option<ProxyId> {
        self.proxies.iter().position(|p| p.kind.is_back() && p.name == name).map(ProxyId)
    }

    /// The proxy of that name that has a front side.
    pub fn frontend(&self, name: &str) -> Option<ProxyId> {
        self.proxies.iter().position(|p| p.kind.is_front() && p.name == name).map(ProxyId)
    }

    pub fn proxy(&self, id: ProxyId) -> &Proxy {
        &self.proxies[id.0]
    }
}

//! What a sample fetch is: name, arguments, type, where it can be used, how it is evaluated.

use super::scope::Scope;
use super::value::{Type, Value};
use crate::ir::expr::Arg;
use crate::text::book::Status;

/// One sample fetch method (HAProxy manual 7.3).
pub struct Fetch {
    pub name: &'static str,
    pub args: &'static [ArgSpec],
    pub out: Type,
    pub needs: Needs,
    pub status: Status,
    /// One line, for the manual.
    pub doc: &'static str,
    /// Every occurrence can be asked for by number: an ACL tries them all.
    pub many: bool,
    pub get: Get,
}

/// Evaluates a fetch. `None` means "no such data".
pub type Get = for<'a> fn(&'a Scope<'a>, &'a [Arg], Which) -> Option<Value<'a>>;

/// Which of several values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// What an expression yields: the manual says which for each fetch (the last one for headers).
    Default,
    /// 0-based, for ACLs that try all.
    Nth(usize),
}

/// What must be there for a fetch to have an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing, or only the process.
    Nothing,
    /// The client's connection.
    Client,
    /// An HTTP request whose head is still there.
    Request,
    /// Facts of the request that outlive it (`method`, captures).
    Transaction,
    /// A backend has been chosen.
    Backend,
    /// A server has been connected.
    Server,
    /// An HTTP response.
    Response,
    /// Bytes of the request, HTTP or not.
    RequestData,
    ResponseData,
    /// Bytes of whichever direction the rule is about.
    Data,
}

/// One argument of a fetch or converter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArgSpec {
    pub kind: ArgKind,
    pub required: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgKind {
    Str,
    /// Text, or the name of a variable.
    StrOrVar,
    Int,
    /// A number, or the name of a variable.
    IntOrVar,
    Time,
    Size,
    Ip,
    Mask4,
    Mask6,
    Var,
    /// The flags follow in a string argument.
    Regex,
    Frontend,
    Backend,
    Server,
    Table,
    /// A table; the proxy's own unless given.
    OwnTable,
    Userlist,
    /// A map file.
    Map,
}

impl ArgKind {
    /// The manual's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Str => "string",
            Self::StrOrVar => "string or variable",
            Self::Int => "integer",
            Self::IntOrVar => "integer or variable",
            Self::Time => "delay",
            Self::Size => "size",
            Self::Ip => "address",
            Self::Mask4 => "IPv4 mask",
            Self::Mask6 => "IPv6 mask",
            Self::Var => "variable",
            Self::Regex => "regex",
            Self::Frontend => "frontend",
            Self::Backend => "backend",
            Self::Server => "server",
            Self::Table | Self::OwnTable => "table",
            Self::Userlist => "user list",
            Self::Map => "map",
        }
    }
}

pub const fn req(kind: ArgKind) -> ArgSpec {
    ArgSpec { kind, required: true }
}

pub const fn opt(kind: ArgKind) -> ArgSpec {
    ArgSpec { kind, required: false }
}

/// What a const starts from.
pub const FETCH: Fetch = Fetch {
    name: "",
    args: &[],
    out: Type::Str,
    needs: Needs::Nothing,
    status: Status::Works,
    doc: "",
    many: false,
    get: |_, _, _| None,
};

/// The string in a place of the argument list.
pub fn str_arg(args: &[Arg], i: usize) -> Option<&str> {
    match args.get(i)? {
        Arg::Str(s) => Some(s),
        _ => None,
    }
}

pub fn int_arg(args: &[Arg], i: usize) -> Option<i64> {
    match args.get(i)? {
        Arg::Int(n) => Some(*n),
        _ => None,
    }
}

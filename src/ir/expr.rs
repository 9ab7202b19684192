//! Sample expressions, ACLs, conditions and log formats, as data.
//!
//! A [`Sample`] names its fetch and converters by index into the tables of [`crate::expr`].

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::{Named, ProxyId};
use crate::text::source::Span;

/// Index into `expr::fetches`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FetchId(pub u16);
/// Index into `expr::converters`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConverterId(pub u16);
/// Index into [`super::Config::patterns`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PatternSetId(pub usize);
/// Index into [`super::proxy::Proxy::acls`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AclId(pub usize);

/// `fetch(args),converter(args),...`
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub fetch: FetchId,
    pub args: Vec<Arg>,
    pub converters: Vec<(ConverterId, Vec<Arg>)>,
    pub at: Span,
    /// As written, for messages and dumps.
    pub text: String,
}

/// An argument of a fetch or converter, already of the type that its item asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Arg {
    /// An optional argument that was left out.
    None,
    Str(String),
    Int(i64),
    Time(Duration),
    Ip(IpAddr),
    /// A prefix length for each family.
    Mask(u8, u8),
    Var(VarName),
    Regex(Regex),
    Proxy(Named<ProxyId>),
    /// `backend/server` or `server`.
    Server(Named<(ProxyId, super::ServerId)>),
    /// A stick-table, by the name of its proxy.
    Table(Named<ProxyId>),
    Patterns(PatternSetId),
    Userlist(Named<usize>),
}

/// A compiled expression, kept with its source so that it can be compared and printed.
#[derive(Debug, Clone)]
pub struct Regex(pub Arc<regex::bytes::Regex>);

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

/// `proc.x`, `sess.x`, `txn.x`, `req.x`, `res.x`, `check.x`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VarName {
    pub scope: VarScope,
    /// Without the scope.
    pub name: Arc<str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum VarScope {
    Proc,
    Sess,
    Txn,
    Req,
    Res,
    Check,
}

/// How a sample is compared with patterns (`-m`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Match {
    Found,
    Bool,
    Int,
    Ip,
    Bin,
    Len,
    Str,
    Beg,
    Sub,
    Dir,
    Dom,
    End,
    Reg,
}

/// One declared ACL; several `acl` lines with one name are alternatives.
#[derive(Debug, Clone, PartialEq)]
pub struct Acl {
    /// Empty for an anonymous `{ ... }`.
    pub name: String,
    pub alternatives: Vec<AclExpr>,
    /// Came from a `defaults` section: its rules see it, later lines do not.
    pub inherited: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AclExpr {
    pub sample: Sample,
    pub method: Match,
    /// `None`: truth of the sample alone (boolean fetch without patterns).
    pub patterns: PatternSetId,
    pub at: Span,
}

/// A list of patterns, from lines, from files, or both; maps carry values.
#[derive(Debug, Clone, PartialEq)]
pub struct PatternSet {
    /// The reference shown by `show acl` and `show map`: a file's name, or empty.
    pub file: Option<String>,
    /// For messages of `show acl`: where and what.
    pub display: String,
    pub method: Match,
    pub ignore_case: bool,
    pub is_map: bool,
    pub entries: Vec<PatternEntry>,
    /// `-u`: the number used on the command line instead of the position.
    pub unique_id: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternEntry {
    pub key: String,
    pub value: Option<String>,
    /// 1-based line in the file, 0 from the configuration.
    pub line: u32,
}

/// `if a b or !c`: alternatives of conjunctions.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// `unless`.
    pub negate: bool,
    pub any: Vec<Vec<Term>>,
    pub at: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    pub negate: bool,
    pub acl: AclId,
}

/// A log format or a formatted string of a rule.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Format {
    pub nodes: Vec<FormatNode>,
    /// As written.
    pub text: String,
}

#[derive(Debug, Clone, PartialEq)]
pub enum FormatNode {
    Text(String),
    /// `%ci` and the like: index into `log::fields`.
    Field {
        field: u16,
        args: String,
        options: FormatOptions,
    },
    Sample {
        sample: Box<Sample>,
        options: FormatOptions,
    },
    /// A run of blanks, printed as one.
    Separator,
}

/// `%{+Q,+E}x`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FormatOptions {
    pub quote: bool,
    pub hex: bool,
    pub mandatory: bool,
    pub escape: bool,
    /// The text goes into a header or URI, not into a log line.
    pub http: bool,
}

impl Format {
    /// Nothing but this text.
    pub fn of_text(text: &str) -> Self {
        let nodes = if text.is_empty() { Vec::new() } else { vec![FormatNode::Text(text.to_owned())] };
        Self { nodes, text: text.to_owned() }
    }

    /// The text, when the format is nothing else.
    pub fn literal(&self) -> Option<&str> {
        match self.nodes.as_slice() {
            [] => Some(""),
            [FormatNode::Text(t)] => Some(t),
            _ => None,
        }
    }
}

//! Rules and the actions they take, as data.

use std::sync::Arc;

use super::Named;
use super::ProxyId;
use super::expr::{Condition, Format, Sample, VarName};
use crate::text::source::Span;

/// Index into `rules::actions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ActionId(pub u16);

/// One line of a rule set.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub action: Action,
    pub condition: Option<Condition>,
    pub at: Span,
    /// File and line, for `last_rule_file` and `last_rule_line`; known once everything is read.
    pub place: (Arc<str>, usize),
}

/// An action with its arguments; what they mean is said by the action's const in `rules::actions`.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    pub item: ActionId,
    pub args: Vec<ActionArg>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ActionArg {
    Str(String),
    Int(i64),
    Format(Format),
    Sample(Sample),
    Regex(super::expr::Regex),
    Var(VarName),
    Table(Named<ProxyId>),
    Address(super::address::Address),
    Patterns(super::expr::PatternSetId),
    /// What `deny`, `return` and `tarpit` answer.
    Reply(Box<Reply>),
    /// What `redirect` answers.
    Redirect(Box<Redirect>),
}

/// A response made by a rule (`http-request return`, `deny`, `http-error`).
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub status: Option<u16>,
    pub content_type: Option<String>,
    pub headers: Vec<(String, Format)>,
    pub body: ReplyBody,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ReplyBody {
    /// The proxy's own page for the status.
    Default,
    /// A body and nothing else: no error page for this status.
    Empty,
    /// A raw response read from a file (`errorfile`).
    Raw(Arc<[u8]>),
    /// `errorfiles NAME`: the section's page for the status.
    Section(String),
    Text(Arc<[u8]>),
    Format(Format),
}

/// `redirect location|prefix|scheme ...` (manual 4.2 "redirect").
#[derive(Debug, Clone, PartialEq)]
pub struct Redirect {
    pub kind: RedirectKind,
    pub target: Format,
    pub code: u16,
    pub drop_query: bool,
    pub append_slash: bool,
    pub ignore_empty: bool,
    /// A complete `Set-Cookie` value.
    pub set_cookie: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectKind {
    Location,
    Prefix,
    Scheme,
}

/// The rule sets of a proxy, in the order in which a stream meets them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RuleSets {
    pub tcp_request_connection: Vec<Rule>,
    pub tcp_request_session: Vec<Rule>,
    pub tcp_request_content: Vec<Rule>,
    pub http_request: Vec<Rule>,
    pub tcp_response_content: Vec<Rule>,
    pub http_response: Vec<Rule>,
    pub http_after_response: Vec<Rule>,
}

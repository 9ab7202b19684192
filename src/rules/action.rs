//! What an action is: name, rule sets, arguments, effect.

use super::Verdict;
use super::stage::Stage;
use crate::ir::action::ActionArg;
use crate::text::book::Status;

/// One action of the rule sets (manual 4.2 `http-request` ...).
pub struct ActionItem {
    pub name: &'static str,
    pub sets: Sets,
    pub args: &'static [Spec],
    pub status: Status,
    pub doc: &'static str,
    /// Only with `expose-experimental-directives`.
    pub experimental: bool,
    /// Ends the set when it runs without a condition: rules behind it are never reached.
    pub is_final: bool,
    pub run: Run,
}

pub type Run = for<'a> fn(&mut Stage<'a>, &'a [ActionArg]) -> Verdict;

/// What a const starts from.
pub const ACTION: ActionItem = ActionItem {
    name: "",
    sets: Sets(0),
    args: &[],
    status: Status::Works,
    doc: "",
    experimental: false,
    is_final: false,
    run: |_, _| Verdict::Continue,
};

/// Rule sets, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sets(pub u8);

pub const TCP_CONNECTION: Sets = Sets(1);
pub const TCP_SESSION: Sets = Sets(2);
pub const TCP_CONTENT: Sets = Sets(4);
pub const HTTP_REQUEST: Sets = Sets(8);
pub const TCP_RESPONSE: Sets = Sets(16);
pub const HTTP_RESPONSE: Sets = Sets(32);
pub const HTTP_AFTER: Sets = Sets(64);
pub const TCP: Sets = TCP_CONNECTION.or(TCP_SESSION).or(TCP_CONTENT);
/// Every set that sees a message.
pub const HTTP: Sets = HTTP_REQUEST.or(HTTP_RESPONSE).or(HTTP_AFTER);

impl Sets {
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub const fn has(self, one: Self) -> bool {
        self.0 & one.0 != 0
    }

    /// The keyword of a single set.
    pub fn name(self) -> &'static str {
        match self {
            TCP_CONNECTION => "tcp-request connection",
            TCP_SESSION => "tcp-request session",
            TCP_CONTENT => "tcp-request content",
            HTTP_REQUEST => "http-request",
            TCP_RESPONSE => "tcp-response content",
            HTTP_RESPONSE => "http-response",
            _ => "http-after-response",
        }
    }
}

/// One argument of an action; the language matches words against it and makes an [`ActionArg`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spec {
    /// A word kept as it is: [`ActionArg::Str`].
    Word(&'static str),
    /// A formatted string: [`ActionArg::Format`].
    Format(&'static str),
    Regex(&'static str),
    Sample(&'static str),
    /// `5s`: [`ActionArg::Int`] in milliseconds; anything else is a sample.
    TimeOrSample(&'static str),
    /// `7`: [`ActionArg::Int`]; anything else is a sample.
    IntOrSample(&'static str),
    /// Inclusive bounds.
    Int(&'static str, i64, i64),
    OneOf(&'static str, &'static [&'static str]),
    /// `name(variable)` is the action's own word: [`ActionArg::Var`].
    VarInName,
    /// `name(file)` is the action's own word: [`ActionArg::Patterns`].
    PatternsInName,
    /// `name(1,2)` is the action's own word: an [`ActionArg::Int`] for each name; the last is a stick counter. One alone may be
    /// left out, and is 0.
    NumbersInName(&'static [&'static str]),
    /// `key value`, in any order with its like; absent ones are [`ActionArg::Str`] of nothing.
    Pair(&'static str, PairKind),
    /// `key`, [`ActionArg::Str`] of itself when there.
    Flag(&'static str),
    /// What `return` takes.
    Return,
    /// What `deny` and `tarpit` take.
    Deny,
    Redirect,
    /// The name of a [`Service`](super::service::Service).
    Service,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairKind {
    Word,
    Int,
    Time,
    Size,
    /// [`ActionArg::Table`]; the proxy's own unless given.
    Table,
}

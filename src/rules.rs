//! Rule sets (`http-request`, `tcp-request content` ...): conditions, actions, and what comes of them.
//!
//! A rule set is walked by [`run::run`] over a [`stage::Stage`]: the parts of a stream that rules may read and change. An
//! action is one const in the file of its family under [`actions`]; it says in which sets it may stand, what arguments it
//! takes, and what it does. Nothing here awaits: an action that must wait returns [`Verdict::Wait`], and the stream comes
//! back with the same rule when it has waited.

pub mod action;
pub mod actions;
pub mod reply;
pub mod run;
pub mod service;
pub mod stage;

use std::time::Duration;

use crate::http::Message;

/// What the stream does after an action.
#[derive(Debug)]
pub enum Verdict {
    /// The next rule.
    Continue,
    /// No more rules of this set.
    Allow,
    /// Answer, log as refused, count as denied.
    Deny(Box<Answer>),
    /// Answer; not an error.
    Respond(Box<Answer>),
    /// Answer as a service does.
    Serve(service::Service),
    /// Wait, then answer as [`Verdict::Deny`].
    Tarpit(Box<Answer>),
    /// Ask for credentials; nobody is denied anything.
    Challenge(Box<Answer>),
    /// Close the connection without a word of HTTP.
    Reject,
    /// Forget the connection without telling the client.
    SilentDrop,
    Wait(Wait),
    /// `switch-mode http`
    SwitchToHttp,
    /// A value could not be set while `strict-mode` is on: an internal error.
    Failed,
}

/// What must happen before the rule is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// More data of the direction, until the inspection delay is over.
    Data,
    /// The whole body or `at_least` bytes of it, for at most `time`.
    Body { time: Duration, at_least: Option<u64> },
    /// A PROXY header on the connection.
    ProxyHeader,
}

/// A response made here.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub head: AnswerHead,
    pub body: std::sync::Arc<[u8]>,
}

#[derive(Debug, Clone)]
pub enum AnswerHead {
    /// Made by a rule: status line and headers, `content-length` included.
    Message(Message),
    /// The page of the status, from `errorfile`, `http-error` or built in, and headers to add to it.
    Page(Vec<(Vec<u8>, Vec<u8>)>),
    /// The body is a whole response, head included (`errorfile`).
    Raw,
}

//! Checks of protocols that need no rules: what is said, and how the answers are judged. Measured on the wire.
//!
//! * [`smtp`], [`redis`], [`pgsql`], [`ldap`]: one idea a file
//! * [`mysql`]: the greeting, and a login that is left at once
//! * [`spop`]: the hello of a stream processing agent

mod ldap;
mod mysql;
mod pgsql;
mod redis;
mod smtp;
mod spop;

pub use ldap::ldap;
pub use mysql::mysql;
pub use pgsql::pgsql;
pub use redis::redis;
pub use smtp::smtp;
pub use spop::spop;

use super::expect::{Custom, Expectation, Judge, Judgement, Kind, found};
use super::result::Verdict;
use super::script::{Act, Dialect, Make, Script, Step, implicit};

/// How the connection is left when the check is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leave {
    Reset,
    /// In order: servers of these protocols count aborted connections against their peer.
    Orderly,
}

/// The steps in order. Connections that are left in order count as a step of their own.
fn script(leave: Leave, acts: Vec<Act>) -> Script {
    let orderly = leave == Leave::Orderly;
    let first = if orderly { 2 } else { 1 };
    let rest = acts.into_iter().enumerate().map(|(i, act)| Step { number: first + i, comment: None, act });
    Script { dialect: Dialect::BuiltIn, steps: std::iter::once(implicit(orderly)).chain(rest).collect() }
}

fn send(bytes: impl Into<Vec<u8>>) -> Act {
    Act::Send(Make::Bytes(bytes.into()))
}

fn expect(judge: Judge, nothing: Verdict) -> Act {
    Act::Expect(Expectation { kind: Kind::Custom(Custom { judge, nothing }), disable_on_404: false })
}

fn invalid(info: impl Into<String>) -> Judgement {
    Judgement::Fail(found(Verdict::L7Response, None, info))
}

/// Goes on, with nothing to tell.
fn pass() -> Judgement {
    Judgement::Pass(found(Verdict::L7Ok, Some(0), ""))
}

/// Waits while something can come; what came by then is no answer.
fn more(ended: bool) -> Judgement {
    if ended { invalid("") } else { Judgement::More }
}

fn first_line(b: &[u8]) -> String {
    let end = b.iter().position(|&c| matches!(c, b'\r' | b'\n')).unwrap_or(b.len());
    String::from_utf8_lossy(&b[..end]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::check::{CheckKind, CheckRules};

    proptest::proptest! {
        #[test]
        fn no_answer_panics(bytes in proptest::collection::vec(0u8..=255, 0..96), ended: bool) {
            let kinds = [
                CheckKind::Ldap,
                CheckKind::Redis,
                CheckKind::Spop,
                CheckKind::Smtp { hello: String::new() },
                CheckKind::Mysql { user: Some("u".into()), pre_41: false },
                CheckKind::Pgsql { user: "u".into() },
            ];
            for kind in kinds {
                for step in crate::health::script::of(&CheckRules { kind, ..CheckRules::default() }).steps {
                    if let Act::Expect(Expectation { kind: Kind::Custom(c), .. }) = step.act {
                        let _ = (c.judge)(&bytes, ended);
                    }
                }
            }
        }
    }
}

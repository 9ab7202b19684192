//! Lines about servers that come and go; scripts match their words.

use std::fmt::Write as _;

/// Why a server changed.
#[derive(Debug, Clone, Default)]
pub struct Cause<'a> {
    /// `Layer4 connection problem`
    pub reason: &'a str,
    /// An operator's doing, in place of a reason: `changed from CLI`.
    pub doing: &'a str,
    pub code: Option<u32>,
    /// What the check said in its own words.
    pub info: &'a str,
    /// Milliseconds; `None` without a check.
    pub duration: Option<u64>,
}

impl Cause<'_> {
    /// `, reason: ..., code: ..., info: "...", check duration: ...ms`
    pub fn write(&self, out: &mut String) {
        if !self.doing.is_empty() {
            let _ = write!(out, ", {}", self.doing);
        }
        if self.reason.is_empty() {
            return;
        }
        let _ = write!(out, ", reason: {}", self.reason);
        if let Some(code) = self.code {
            let _ = write!(out, ", code: {code}");
        }
        if !self.info.is_empty() {
            let safe: String = self.info.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
            let _ = write!(out, ", info: \"{safe}\"");
        }
        if let Some(ms) = self.duration {
            let _ = write!(out, ", check duration: {ms}ms");
        }
    }
}

/// What the backend has after the change.
#[derive(Debug, Clone, Copy, Default)]
pub struct Left {
    pub active: u32,
    pub backup: u32,
    /// Sessions on the server, still there.
    pub sessions: u32,
    /// Requests taken out of its queue.
    pub requeued: u32,
    pub queued: u32,
}

/// `Server b/s is DOWN...`; `what` is `is DOWN`, `is going DOWN for maintenance` and the like.
pub fn down(backend: &str, server: &str, what: &str, cause: &Cause<'_>, left: Left) -> String {
    let mut s = format!("Server {backend}/{server} {what}");
    cause.write(&mut s);
    let _ = write!(
        s,
        ". {} active and {} backup servers left.{} {} sessions active, {} requeued, {} remaining in queue.",
        left.active,
        left.backup,
        if left.active == 0 && left.backup > 0 { " Running on backup." } else { "" },
        left.sessions,
        left.requeued,
        left.queued
    );
    s
}

/// `Server b/s is UP...`; `what` is `is UP`, `is stopping` and the like.
pub fn up(backend: &str, server: &str, what: &str, cause: &Cause<'_>, left: Left) -> String {
    let mut s = format!("Server {backend}/{server} {what}");
    cause.write(&mut s);
    let _ = write!(
        s,
        ". {} active and {} backup servers online.{} {} sessions requeued, {} total in queue.",
        left.active,
        left.backup,
        if left.active == 0 && left.backup > 0 { " Running on backup." } else { "" },
        left.requeued,
        left.queued
    );
    s
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_that_scripts_know() {
        let cause = Cause {
            reason: "Layer4 connection problem",
            info: "Connection refused",
            duration: Some(0),
            ..Cause::default()
        };
        assert_eq!(
            down("webservers", "web1", "is DOWN", &cause, Left { active: 1, ..Left::default() }),
            "Server webservers/web1 is DOWN, reason: Layer4 connection problem, info: \"Connection refused\", check \
             duration: 0ms. 1 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue."
        );
        let cause = Cause { reason: "Layer7 check passed", code: Some(200), duration: Some(0), ..Cause::default() };
        assert_eq!(
            up("webservers", "web1", "is UP", &cause, Left { active: 2, ..Left::default() }),
            "Server webservers/web1 is UP, reason: Layer7 check passed, code: 200, check duration: 0ms. 2 active and 0 \
             backup servers online. 0 sessions requeued, 0 total in queue."
        );
    }
}

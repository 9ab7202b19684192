//! What an agent answers (HAProxy manual 5.2 `agent-check`): one line of words.

use super::result::{Outcome, Verdict};

/// What the words ask for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// `up`, `down`, `fail`, `stopped`: the server's health.
    pub health: Option<Health>,
    pub admin: Option<Admin>,
    /// Percent of the configured weight.
    pub weight: Option<u32>,
    pub maxconn: Option<u32>,
    /// The word about health as the agent wrote it.
    pub word: String,
    /// What follows `down`, `fail` or `stopped`.
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    Up,
    Down,
    Failed,
    Stopped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admin {
    Ready,
    Drain,
    Maintenance,
}

/// The answer in a line; `None` while the line has no end. A line that never ends says nothing.
pub fn parse(received: &[u8], ended: bool) -> Option<Answer> {
    let Some(end) = received.iter().position(|&b| matches!(b, b'\r' | b'\n')) else {
        return ended.then(Answer::default);
    };
    let line = String::from_utf8_lossy(&received[..end]).into_owned();
    let mut answer = Answer::default();
    let mut rest = line.as_str();
    while let Some((word, after)) = next_word(rest) {
        rest = after;
        match word.to_ascii_lowercase().as_str() {
            w @ ("up" | "down" | "fail" | "stopped") => {
                answer.health = Some(match w {
                    "up" => Health::Up,
                    "down" => Health::Down,
                    "fail" => Health::Failed,
                    _ => Health::Stopped,
                });
                word.clone_into(&mut answer.word);
                if w != "up" {
                    answer.reason = reason(rest);
                }
            }
            "ready" => answer.admin = Some(Admin::Ready),
            "drain" => answer.admin = Some(Admin::Drain),
            "maint" => answer.admin = Some(Admin::Maintenance),
            w => {
                if let Some(percent) = w.strip_suffix('%').and_then(|n| n.parse().ok()) {
                    answer.weight = Some(percent);
                } else if let Some(n) = w.strip_prefix("maxconn:").and_then(|n| n.parse().ok()) {
                    answer.maxconn = Some(n);
                }
            }
        }
    }
    Some(answer)
}

fn next_word(text: &str) -> Option<(&str, &str)> {
    let between = |c: char| matches!(c, ' ' | '\t' | ',');
    let text = text.trim_start_matches(between);
    let end = text.find(between).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// Everything behind a hash sign, else the next word, unless that means something itself.
fn reason(rest: &str) -> String {
    if let Some(text) = rest.trim_start().strip_prefix('#') {
        return text.trim().to_owned();
    }
    let means = |w: &str| w.ends_with('%') || w.contains(':') || matches!(w, "ready" | "drain" | "maint");
    next_word(rest).map(|(w, _)| w).filter(|w| !means(w)).unwrap_or_default().to_owned()
}

impl Answer {
    /// What it says of the server's health, as checks tell what they found.
    pub fn outcome(&self) -> Option<Outcome> {
        let verdict = if self.health? == Health::Up { Verdict::L7Ok } else { Verdict::L7Status };
        let reason = if self.reason.is_empty() { String::new() } else { format!(" ({})", self.reason) };
        Some(Outcome { verdict, code: Some(0), info: format!("via agent : {}{reason}", self.word), duration: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_any_order() {
        let a = parse(b"maxconn:30, 75% up\r\n", false).expect("a line");
        assert_eq!((a.health, a.weight, a.maxconn), (Some(Health::Up), Some(75), Some(30)));
        let a = parse(b"drain down # gone away\n", false).expect("a line");
        assert_eq!((a.admin, a.reason.as_str()), (Some(Admin::Drain), "gone away"));
        assert_eq!(parse(b"up", false), None);
    }

    #[test]
    fn what_has_no_end_or_no_meaning_changes_nothing() {
        assert_eq!(parse(b"down", true), Some(Answer::default()));
        assert_eq!(parse(b"down#x\n", false), Some(Answer::default()));
    }

    #[test]
    fn health_is_told_with_its_reason() {
        let info = |line: &[u8]| parse(line, false).and_then(|a| a.outcome()).map(|o| o.info);
        assert_eq!(info(b"Fail disk full\n").as_deref(), Some("via agent : Fail (disk)"));
        assert_eq!(info(b"down 20%\n").as_deref(), Some("via agent : down"));
        assert_eq!(info(b"50%\n"), None);
    }
}

//! What an agent answers (HAProxy manual 5.2 `agent-check`): one line of words.

/// What the words ask for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// `up`, `down`, `fail`, `stopped`: the server's health.
    pub health: Option<Health>,
    pub admin: Option<Admin>,
    /// Percent of the configured weight.
    pub weight: Option<u32>,
    pub maxconn: Option<u32>,
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

/// The answer in a line; `None` while the line has no end.
pub fn parse(received: &[u8], ended: bool) -> Option<Answer> {
    let end = received.iter().position(|&b| matches!(b, b'\r' | b'\n'));
    if end.is_none() && !ended {
        return None;
    }
    let line = String::from_utf8_lossy(&received[..end.unwrap_or(received.len())]).into_owned();
    let (line, reason) = line.split_once('#').map_or((line.as_str(), ""), |(l, r)| (l, r));
    let mut answer = Answer { reason: reason.trim().to_owned(), ..Answer::default() };
    for word in line.split([' ', '\t', ',']).filter(|w| !w.is_empty()) {
        match word.to_ascii_lowercase().as_str() {
            "up" => answer.health = Some(Health::Up),
            "down" => answer.health = Some(Health::Down),
            "fail" => answer.health = Some(Health::Failed),
            "stopped" => answer.health = Some(Health::Stopped),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_any_order() {
        let a = parse(b"maxconn:30, 75% up\r\n", false).expect("a line");
        assert_eq!((a.health, a.weight, a.maxconn), (Some(Health::Up), Some(75), Some(30)));
        let a = parse(b"drain down # gone\n", false).expect("a line");
        assert_eq!((a.admin, a.reason.as_str()), (Some(Admin::Drain), "gone"));
        assert_eq!(parse(b"up", false), None);
    }
}

//! `SMTP_CHECK`: greeting, HELO, QUIT (RFC 5321). What answers the QUIT does not matter, if something does.

use super::outcome::Failure;

/// More bytes than this before a line's end are no line.
const LONGEST_LINE: usize = 512;

/// What to do next in a dialogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Send this, then read on.
    Send(Vec<u8>),
    /// Read on.
    Read,
    /// The server is alive.
    Done,
    Failed(Failure),
}

/// One dialogue.
#[derive(Debug)]
pub struct Dialogue {
    helo: String,
    awaits: Awaits,
    line: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaits {
    Greeting,
    Welcome,
    Goodbye,
}

impl Dialogue {
    #[must_use]
    pub fn new(helo: &str) -> Self {
        Self { helo: helo.to_owned(), awaits: Awaits::Greeting, line: Vec::new() }
    }

    /// Takes bytes as they come. Behind a line's end nothing is looked at: the server is to wait for us.
    pub fn push(&mut self, bytes: &[u8]) -> Step {
        let end = memchr::memchr(b'\n', bytes);
        let room = LONGEST_LINE - self.line.len();
        let taken = end.unwrap_or(bytes.len()).min(room);
        self.line.extend_from_slice(&bytes[..taken]);
        if end.is_none() && self.line.len() < LONGEST_LINE {
            return Step::Read;
        }
        let line = std::mem::take(&mut self.line);
        match self.awaits {
            Awaits::Greeting if line.starts_with(b"220 ") => {
                self.awaits = Awaits::Welcome;
                Step::Send(format!("HELO {}\r\n", self.helo).into_bytes())
            }
            Awaits::Greeting => Step::Failed(Failure::Greeting),
            Awaits::Welcome if line.starts_with(b"250 ") => {
                self.awaits = Awaits::Goodbye;
                Step::Send(b"QUIT\r\n".to_vec())
            }
            Awaits::Welcome => Step::Failed(Failure::Helo),
            Awaits::Goodbye => Step::Done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn talk(lines: &[&str]) -> Vec<Step> {
        let mut dialogue = Dialogue::new("me.example");
        lines.iter().map(|line| dialogue.push(line.as_bytes())).collect()
    }

    fn send(text: &str) -> Step {
        Step::Send(text.as_bytes().to_vec())
    }

    #[test]
    fn a_polite_server_is_alive_whatever_it_says_at_the_end() {
        let steps = [send("HELO me.example\r\n"), send("QUIT\r\n"), Step::Done];
        assert_eq!(talk(&["220 hi ESMTP\r\n", "250 ok\r\n", "221 bye\r\n"]), steps);
        assert_eq!(talk(&["220 hi\r\n", "250 ok\r\n", "500 what\r\n"]), steps);
    }

    #[test]
    fn other_greetings_and_welcomes_fail() {
        for greeting in ["554 no\r\n", "220-hi\r\n", "garbage\r\n", "\n"] {
            assert_eq!(talk(&[greeting]), [Step::Failed(Failure::Greeting)], "{greeting}");
        }
        assert_eq!(talk(&["220 hi\r\n", "500 what\r\n"])[1], Step::Failed(Failure::Helo));
    }

    #[test]
    fn lines_may_come_in_pieces_but_not_without_end() {
        assert_eq!(talk(&["22", "0 h", "i\r\n"])[..2], [Step::Read, Step::Read]);
        assert_eq!(talk(&["22", "0 h", "i\r\n"])[2], send("HELO me.example\r\n"));
        let long = "x".repeat(600);
        assert_eq!(talk(&[&long]), [Step::Failed(Failure::Greeting)]);
        assert_eq!(talk(&[&long[..511], "xy"])[1], Step::Failed(Failure::Greeting));
    }
}

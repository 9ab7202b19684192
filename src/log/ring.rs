//! A ring of messages: the newest push the oldest out (manual 3.9).

use std::collections::VecDeque;

/// Messages up to so many bytes together; every message has a number, counted from the first ever.
#[derive(Debug)]
pub struct Ring {
    messages: VecDeque<Box<[u8]>>,
    bytes: usize,
    room: usize,
    longest: usize,
    /// The number of the oldest that is still there.
    first: u64,
}

impl Ring {
    /// `room`: bytes of all messages; `longest`: bytes of one.
    pub fn new(room: usize, longest: usize) -> Self {
        Self { messages: VecDeque::new(), bytes: 0, room, longest, first: 0 }
    }

    pub fn push(&mut self, message: &[u8]) {
        let message = &message[..message.len().min(self.longest).min(self.room)];
        while self.bytes + message.len() > self.room {
            let Some(oldest) = self.messages.pop_front() else { break };
            self.bytes -= oldest.len();
            self.first += 1;
        }
        self.bytes += message.len();
        self.messages.push_back(message.into());
    }

    /// The number that the next message will have.
    pub fn end(&self) -> u64 {
        self.first + self.messages.len() as u64
    }

    /// The messages from a number on; those that were pushed out are missing.
    pub fn from(&self, number: u64) -> impl Iterator<Item = &[u8]> {
        let skipped = usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX);
        self.messages.iter().skip(skipped).map(AsRef::as_ref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_when_there_is_no_room() {
        let mut r = Ring::new(10, 4);
        for m in ["aaaa", "bbbbbb", "cc", "d"] {
            r.push(m.as_bytes());
        }
        let all = |n| r.from(n).map(|m| String::from_utf8_lossy(m).into_owned()).collect::<Vec<_>>();
        assert_eq!(all(0), ["bbbb", "cc", "d"]);
        assert_eq!((all(2), r.end()), (vec!["cc".to_owned(), "d".to_owned()], 4));
        assert!(all(4).is_empty() && all(9).is_empty());
    }
}

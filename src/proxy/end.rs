//! How a stream ended. The two letters of the log, the error counters and the server's blame are all read from this.

/// Whose doing the end was (first letter).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Who {
    /// Nobody's: it went as it should.
    #[default]
    Nobody,
    /// The client closed.
    Client,
    /// The server closed or refused.
    Server,
    /// A rule or a limit of ours denied it, or the message was malformed.
    Policy,
    /// It was answered here.
    Local,
    /// A resource of ours ran out.
    Resource,
    Internal,
    /// The server went down and its sessions with it.
    Down,
    /// An active server came back and took the backup's sessions.
    Up,
    /// An operator.
    Killed,
    ClientTimeout,
    ServerTimeout,
}

/// What was going on (second letter).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum When {
    #[default]
    Over,
    /// The request was awaited.
    Request,
    Queue,
    Connect,
    /// The response's head was awaited.
    Headers,
    Data,
    /// The last data was still to be sent.
    Last,
    Tarpit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct End {
    pub who: Who,
    pub when: When,
}

impl End {
    pub const fn new(who: Who, when: When) -> Self {
        Self { who, when }
    }

    /// The two letters.
    pub fn letters(self) -> [u8; 2] {
        let who = match self.who {
            Who::Nobody => b'-',
            Who::Client => b'C',
            Who::Server => b'S',
            Who::Policy => b'P',
            Who::Local => b'L',
            Who::Resource => b'R',
            Who::Internal => b'I',
            Who::Down => b'D',
            Who::Up => b'U',
            Who::Killed => b'K',
            Who::ClientTimeout => b'c',
            Who::ServerTimeout => b's',
        };
        let when = match self.when {
            When::Over => b'-',
            When::Request => b'R',
            When::Queue => b'Q',
            When::Connect => b'C',
            When::Headers => b'H',
            When::Data => b'D',
            When::Last => b'L',
            When::Tarpit => b'T',
        };
        [who, when]
    }

    /// Logged as an error (`option log-separate-errors`, `option dontlog-normal`).
    pub fn is_error(self) -> bool {
        !matches!(self.who, Who::Nobody | Who::Local)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_those_of_the_manual() {
        assert_eq!(End::new(Who::ServerTimeout, When::Headers).letters(), *b"sH");
        assert_eq!(End::default().letters(), *b"--");
        assert!(End::new(Who::Policy, When::Request).is_error());
    }
}

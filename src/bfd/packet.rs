//! The control packet (RFC 5880 section 4.1): 24 bytes, written and read.

use std::{fmt, time::Duration};

/// Length without authentication.
pub const LENGTH: usize = 24;

/// State of a session (RFC 5880 section 6.2), by its number on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum State {
    AdminDown,
    #[default]
    Down,
    Init,
    Up,
}

impl State {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AdminDown => "AdminDown",
            Self::Down => "Down",
            Self::Init => "Init",
            Self::Up => "Up",
        }
    }

    fn of(number: u8) -> Self {
        match number & 3 {
            0 => Self::AdminDown,
            1 => Self::Down,
            2 => Self::Init,
            _ => Self::Up,
        }
    }
}

/// Why a session last went down, by its number on the wire (RFC 5880 section 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Diagnostic(pub u8);

impl Diagnostic {
    pub const NONE: Self = Self(0);
    pub const EXPIRED: Self = Self(1);
    pub const NEIGHBOUR: Self = Self(3);
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            0 => "No Diagnostic",
            1 => "Control Detection Time Expired",
            2 => "Echo Function Failed",
            3 => "Neighbor Signaled Session Down",
            4 => "Forwarding Plane Reset",
            5 => "Path Down",
            6 => "Concatenated Path Down",
            7 => "Administratively Down",
            8 => "Reverse Concatenated Path Down",
            _ => "Unknown",
        })
    }
}

/// One control packet. Intervals are whole microseconds, at most 2^32 - 1 of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Control {
    pub diagnostic: Diagnostic,
    pub state: State,
    /// The sender wants an answer with `last` to what it changed.
    pub poll: bool,
    /// The answer to a poll.
    pub last: bool,
    pub multiplier: u8,
    /// The sender's number for the session; never zero.
    pub mine: u32,
    /// The receiver's number, zero while the sender does not know it.
    pub yours: u32,
    pub desired_tx: Duration,
    pub required_rx: Duration,
}

impl Control {
    #[must_use]
    pub fn encode(&self) -> [u8; LENGTH] {
        let micros = |time: Duration| u32::try_from(time.as_micros()).unwrap_or(u32::MAX).to_be_bytes();
        let mut bytes = [0; LENGTH];
        bytes[0] = 1 << 5 | self.diagnostic.0 & 31;
        bytes[1] = (self.state as u8) << 6 | u8::from(self.poll) << 5 | u8::from(self.last) << 4;
        bytes[2] = self.multiplier;
        bytes[3] = LENGTH as u8;
        bytes[4..8].copy_from_slice(&self.mine.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.yours.to_be_bytes());
        bytes[12..16].copy_from_slice(&micros(self.desired_tx));
        bytes[16..20].copy_from_slice(&micros(self.required_rx));
        bytes
    }

    /// Reads a packet, with the checks of RFC 5880 section 6.8.6 that need no session.
    ///
    /// # Errors
    /// Why it is to be dropped.
    pub fn decode(bytes: &[u8]) -> Result<Self, &'static str> {
        let Some((head, _)) = bytes.split_at_checked(LENGTH) else { return Err("it is too short") };
        let word = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let micros = |at: usize| Duration::from_micros(word(at).into());
        let (flags, length) = (head[1], usize::from(head[3]));
        if head[0] >> 5 != 1 {
            return Err("its version is not 1");
        }
        if length < LENGTH || length > bytes.len() {
            return Err("its length is wrong");
        }
        if flags & 4 != 0 {
            return Err("it wants authentication");
        }
        if flags & 1 != 0 {
            return Err("it has the multipoint bit");
        }
        let packet = Self {
            diagnostic: Diagnostic(head[0] & 31),
            state: State::of(flags >> 6),
            poll: flags & 32 != 0,
            last: flags & 16 != 0,
            multiplier: head[2],
            mine: word(4),
            yours: word(8),
            desired_tx: micros(12),
            required_rx: micros(16),
        };
        if packet.multiplier == 0 {
            return Err("its detection multiplier is zero");
        }
        if packet.mine == 0 {
            return Err("its discriminator is zero");
        }
        if packet.yours == 0 && matches!(packet.state, State::Init | State::Up) {
            return Err("it names no session");
        }
        Ok(packet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded between two keepalived 2.2.7: Up, with a poll.
    const POLL: [u8; LENGTH] = [
        0x20, 0xe0, 4, 24, 0x0c, 0xc3, 0xdf, 0x4e, 0xf8, 0xa4, 0x40, 0x03, 0, 0, 0xc3, 0x50, 0, 2, 0x49, 0xf0, 0, 0, 0,
        0,
    ];

    #[test]
    fn recorded_packet_is_read_and_written_again() {
        let packet = Control::decode(&POLL).expect("well-formed");
        assert_eq!((packet.state, packet.poll, packet.last, packet.multiplier), (State::Up, true, false, 4));
        assert_eq!((packet.desired_tx, packet.required_rx), (Duration::from_millis(50), Duration::from_millis(150)));
        assert_eq!(packet.encode(), POLL);
    }

    #[test]
    fn packets_that_no_session_may_see_are_dropped() {
        let broken = |at: usize, value: u8| {
            let mut bytes = POLL;
            bytes[at] = value;
            Control::decode(&bytes).expect_err("broken")
        };
        assert_eq!(Control::decode(&POLL[..23]).expect_err("short"), "it is too short");
        assert_eq!(broken(0, 0x40), "its version is not 1");
        assert_eq!(broken(3, 25), "its length is wrong");
        assert_eq!(broken(1, 0xe4), "it wants authentication");
        assert_eq!(broken(1, 0xe1), "it has the multipoint bit");
        assert_eq!(broken(2, 0), "its detection multiplier is zero");
        let mut nameless = POLL;
        nameless[8..12].fill(0);
        assert_eq!(Control::decode(&nameless).expect_err("nameless"), "it names no session");
    }
}

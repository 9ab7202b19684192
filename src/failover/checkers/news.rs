//! What the process with the BFD sessions tells the process with the checkers: one datagram a state, over a pair of sockets that
//! the supervisor made before it forked, and keeps, so that either process may die and come back.
//!
//! ```text
//!  checkers ── ? ──▶ sessions        tell me all
//!  checkers ◀─ + name ── sessions    it is up
//!  checkers ◀─ - name ── sessions    it is down
//! ```

use std::{io, os::unix::net::UnixDatagram as Plain};

use tokio::net::UnixDatagram;

/// The longest name of a session is far shorter (the configuration allows 31 letters).
const LONGEST: usize = 512;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    TellAll,
    State { name: String, up: bool },
}

impl Message {
    fn encode(&self) -> Vec<u8> {
        match self {
            Self::TellAll => b"?".to_vec(),
            Self::State { name, up } => format!("{}{name}", if *up { '+' } else { '-' }).into_bytes(),
        }
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (first, name) = bytes.split_first()?;
        let name = String::from_utf8_lossy(name).into_owned();
        match first {
            b'?' => Some(Self::TellAll),
            b'+' => Some(Self::State { name, up: true }),
            b'-' => Some(Self::State { name, up: false }),
            _ => None,
        }
    }
}

/// One end.
#[derive(Debug)]
pub struct Line {
    hears: UnixDatagram,
    /// The same socket without the runtime, which would have to be asked first whether one may speak.
    speaks: Plain,
}

impl Line {
    /// Must run inside a runtime.
    ///
    /// # Errors
    /// The socket cannot be used by the runtime.
    pub fn new(socket: Plain) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self { speaks: socket.try_clone()?, hears: UnixDatagram::from_std(socket)? })
    }

    /// Whoever does not listen misses it, and asks for everything when he comes.
    pub fn say(&self, message: &Message) {
        let _ = self.speaks.send(&message.encode());
    }

    /// Waits for the next message. Ends never where the other end is gone.
    pub async fn hear(&self) -> Message {
        let mut buffer = [0; LONGEST];
        loop {
            match self.hears.recv(&mut buffer).await {
                Ok(length) => {
                    if let Some(message) = Message::decode(&buffer[..length]) {
                        return message;
                    }
                }
                Err(_) => return std::future::pending().await,
            }
        }
    }
}

/// The next message of an end that may not be there.
pub async fn hear(line: Option<&Line>) -> Message {
    match line {
        Some(line) => line.hear().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_arrive_as_they_were_said() {
        for message in [Message::TellAll, Message::State { name: "b 1".into(), up: true }] {
            assert_eq!(Message::decode(&message.encode()), Some(message));
        }
        assert_eq!((Message::decode(b""), Message::decode(b"x")), (None, None));
    }

    #[test]
    fn the_first_word_is_heard() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
        runtime.block_on(async {
            let (one, other) = Plain::pair().expect("a pair of sockets");
            Line::new(one).expect("a line").say(&Message::TellAll);
            assert_eq!(Line::new(other).expect("a line").hear().await, Message::TellAll);
        });
    }
}

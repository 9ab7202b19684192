//! How one probe ended. Shells build these from what sockets and processes tell; [`super::Pace`] and [`super::words`] read them.

/// The end of one probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Passed(Passed),
    Failed(Failure),
    /// It could not even begin, for a reason on this side. That says nothing about the server.
    Unready(Unready),
}

/// What a successful probe found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Passed {
    #[default]
    Plain,
    Page(Page),
    /// The exit status of a command: 0, or more than 1 from those that may say weights.
    Status(i32),
}

/// A page that was as expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    pub checked: Checked,
    /// `Content-Length` and the body's true length, where they differ.
    pub mismatch: Option<(u64, u64)>,
}

/// The last of the things that were expected of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    Status,
    Digest,
    Pattern,
}

/// Why a server does not count as alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The connection was refused.
    Refused,
    /// The connection did not come about in time; of TLS, the handshake.
    ConnectTimeout,
    /// There is no way to the server: the kernel said so at once.
    Unreachable,
    /// The TLS handshake failed.
    Handshake,
    /// Nothing came in time.
    Silent,
    /// The beginning of an answer came, and no end of it in time.
    Stalled,
    /// Reading failed, or the peer ended too early.
    Broken,
    /// The peer ended before a whole head of an answer.
    Empty,
    /// A status that is not expected.
    Status,
    /// Another body than expected.
    Digest,
    /// The body matches, or does not match, against what is expected.
    Pattern,
    /// A greeting that is none.
    Greeting,
    /// No welcome behind HELO.
    Helo,
    /// The name server's answer is an error (RFC 1035 section 4.1.1, RCODE).
    Rcode(u8),
    /// A socket's error: its number, and what it is called.
    Socket { number: i32, text: String },
    /// An answer with other bytes, or another length, than expected.
    Mismatch,
    /// A packet could not be sent.
    Unsent,
    /// A command ended with this status.
    Exit(i32),
    /// A command was killed by this signal.
    Signal(i32),
    /// A command took too long.
    Overran,
    /// A command could not be started.
    NotStarted(String),
}

/// Why a probe could not begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unready {
    /// The local address cannot be had.
    Address(String),
    /// The interface cannot be had.
    Device { name: String, error: String },
    /// The kernel forbids the connection: the error's number, and what it is called.
    Connection { number: i32, text: String },
    /// There is no socket to be had.
    Socket(String),
}

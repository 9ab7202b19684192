//! Everything that a log line may tell about a stream. The shell fills it when a line is due; nothing here is kept.

use std::net::SocketAddr;

/// Milliseconds from the accepted connection (or the last request's end) to each event; -1 while it has not happened.
///
/// All but [`close`](Self::close) count from the same origin, so each printed duration is a difference of neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timers {
    /// PROXY header and the like (`%Th`).
    pub handshake: i64,
    /// Waiting for the first byte of the request (`%Ti`).
    pub idle: i64,
    /// The request's head was complete.
    pub request: i64,
    /// A server's slot was free.
    pub queue: i64,
    /// The connection to the server stood.
    pub connect: i64,
    /// The response's head was complete.
    pub data: i64,
    /// The stream ended.
    pub close: i64,
}

impl Default for Timers {
    fn default() -> Self {
        Self { handshake: 0, idle: 0, request: -1, queue: -1, connect: -1, data: -1, close: 0 }
    }
}

impl Timers {
    fn from_to(from: i64, to: i64) -> i64 {
        if to >= 0 { to - from } else { -1 }
    }

    /// `%TR`: from the request's first byte to its last.
    pub fn tr_request(&self) -> i64 {
        Self::from_to(self.idle + self.handshake, self.request)
    }

    /// `%Tw`
    pub fn wait(&self) -> i64 {
        Self::from_to(self.request.max(0), self.queue)
    }

    /// `%Tc`
    pub fn connecting(&self) -> i64 {
        Self::from_to(self.queue, self.connect)
    }

    /// `%Tr`
    pub fn response(&self) -> i64 {
        Self::from_to(self.connect, self.data)
    }

    /// `%Td`
    pub fn transfer(&self) -> i64 {
        if self.data >= 0 { self.close - self.data } else { -1 }
    }

    /// `%Ta`: the stream without the waiting for its request.
    pub fn active(&self) -> i64 {
        self.close - self.idle - self.handshake
    }

    /// `%Tu`: what the user waited.
    pub fn user(&self) -> i64 {
        self.close - self.idle
    }
}

/// What a stream's line may say.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// `None` on a unix socket.
    pub client: Option<SocketAddr>,
    /// Where the client connected to; `None` on a unix socket.
    pub frontend_addr: Option<SocketAddr>,
    /// Our end of the connection to the server.
    pub backend_source: Option<SocketAddr>,
    pub server_addr: Option<SocketAddr>,
    /// Microseconds since 1970.
    pub accepted: i64,
    /// Microseconds since 1970: the line's own time.
    pub now: i64,
    /// Seconds east of UTC.
    pub utc_offset: i32,
    pub timers: Timers,
    /// The line comes before the end of the transfer (`option logasap`): totals are marked with `+`.
    pub early: bool,
    pub bytes_out: u64,
    pub bytes_in: u64,
    /// Zero or less when there was no response.
    pub status: i32,
    pub frontend: &'a str,
    /// The frontend's own name while no backend was chosen.
    pub backend: &'a str,
    /// `None`: `<NOSRV>`.
    pub server: Option<&'a str>,
    /// TLS on the client's side.
    pub tls: bool,
    pub is_http: bool,
    /// Cause, state, and the two letters about cookies.
    pub termination: [u8; 4],
    pub active_connections: u32,
    pub frontend_connections: u32,
    pub backend_connections: u32,
    pub server_connections: u32,
    pub retries: u32,
    pub redispatched: bool,
    /// Positions that were ahead in the queues.
    pub server_queue: u64,
    pub backend_queue: u64,
    /// The request line as received (`GET / HTTP/1.1`); `None` when there was none to be read.
    pub request_line: Option<&'a [u8]>,
    pub request_cookie: Option<&'a [u8]>,
    pub response_cookie: Option<&'a [u8]>,
    /// One per configured capture; an absent header is `None`.
    pub request_captures: &'a [Option<Vec<u8>>],
    pub response_captures: &'a [Option<Vec<u8>>],
    pub unique_id: Option<&'a [u8]>,
    pub hostname: &'a str,
    pub pid: u32,
    /// Streams of this process so far.
    pub request_counter: u64,
    /// Lines of this frontend so far.
    pub log_counter: u64,
}

impl Default for Facts<'_> {
    fn default() -> Self {
        Self {
            client: None,
            frontend_addr: None,
            backend_source: None,
            server_addr: None,
            accepted: 0,
            now: 0,
            utc_offset: 0,
            timers: Timers::default(),
            early: false,
            bytes_out: 0,
            bytes_in: 0,
            status: -1,
            frontend: "",
            backend: "",
            server: None,
            tls: false,
            is_http: false,
            termination: *b"----",
            active_connections: 0,
            frontend_connections: 0,
            backend_connections: 0,
            server_connections: 0,
            retries: 0,
            redispatched: false,
            server_queue: 0,
            backend_queue: 0,
            request_line: None,
            request_cookie: None,
            response_cookie: None,
            request_captures: &[],
            response_captures: &[],
            unique_id: None,
            hostname: "",
            pid: 0,
            request_counter: 0,
            log_counter: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_differences_of_neighbours() {
        let t = Timers { handshake: 1, idle: 4, request: 7, queue: 9, connect: 12, data: 20, close: 31 };
        let all = [t.tr_request(), t.wait(), t.connecting(), t.response(), t.transfer(), t.active(), t.user()];
        assert_eq!(all, [2, 2, 3, 8, 11, 26, 27]);
    }

    #[test]
    fn what_did_not_happen_is_minus_one() {
        let t = Timers { close: 5, ..Timers::default() };
        assert_eq!([t.tr_request(), t.wait(), t.connecting(), t.response(), t.active()], [-1, -1, -1, -1, 5]);
    }
}

//! What `haproxy -d` shows of the traffic: the lines of one event, in the original's form.
//!
//! ```text
//! 00000000:fe.accept(0004)=0009 from [127.0.0.1:37654] ALPN=<none>
//! 00000000:fe.clireq[0009:ffffffff]: GET / HTTP/1.1
//! 00000000:fe.clihdr[0009:ffffffff]: host: x
//! 00000000:be.srvrep[0009:000a]: HTTP/1.1 200 OK
//! 00000000:be.clicls[0009:000a]
//! 00000000:be.srvcls[0009:000a]
//! 00000000:be.closed[0009:000a]
//! ```
//! A line has the stream's number, the proxy that is responsible by then, and the descriptors of client and server.

use std::io::Write as _;

use crate::http::Message;

/// Whose line it is.
#[derive(Debug, Clone, Copy)]
pub struct Stream<'a> {
    pub number: u64,
    pub proxy: &'a str,
    /// Descriptors; `None` without a connection.
    pub client: Option<i32>,
    pub server: Option<i32>,
}

/// Which side of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Client,
    Server,
}

/// How the sides of a stream have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// There never was a server's side.
    ClientOnly,
    /// HTTP: this side was the first; the connections themselves may live on.
    Messages(Side),
    /// Plain bytes: this side was the first, and its connection is gone when the other follows.
    Connections(Side),
}

impl Stream<'_> {
    /// A stream begins; `from` is the client's address and port, or `unix:` and the listener's number.
    pub fn accepted(self, listener: i32, from: &str) -> Vec<u8> {
        let client = self.client.unwrap_or(-1);
        format!("{:08x}:{}.accept({listener:04x})={client:04x} from [{from}] ALPN=<none>\n", self.number, self.proxy)
            .into_bytes()
    }

    /// The head of a message, from the side that sent it: its first line, and a line a header.
    pub fn head(self, from: Side, message: &Message) -> Vec<u8> {
        let (first, field) = match from {
            Side::Client => ("clireq", "clihdr"),
            Side::Server => ("srvrep", "srvhdr"),
        };
        let begin = |out: &mut Vec<u8>, what: &str| {
            let (client, server) = (self.client.unwrap_or(-1), self.server.unwrap_or(-1));
            let _ = write!(out, "{:08x}:{}.{what}[{client:04x}:{server:04x}]: ", self.number, self.proxy);
        };
        let mut out = Vec::new();
        begin(&mut out, first);
        out.extend_from_slice(message.start_line());
        for (name, value) in message.headers() {
            out.push(b'\n');
            begin(&mut out, field);
            out.extend(name.iter().map(u8::to_ascii_lowercase));
            out.extend_from_slice(b": ");
            out.extend_from_slice(value);
        }
        out.push(b'\n');
        out
    }

    /// The stream is over.
    pub fn closed(mut self, how: Closing) -> Vec<u8> {
        let mut out = Vec::new();
        match how {
            Closing::ClientOnly => self.end(&mut out, "clicls"),
            Closing::Messages(first) => first.and_other().into_iter().for_each(|s| self.end(&mut out, s)),
            Closing::Connections(first) => {
                for side in first.and_other() {
                    match side {
                        "clicls" => self.client = None,
                        _ => self.server = None,
                    }
                    self.end(&mut out, side);
                }
            }
        }
        self.end(&mut out, "closed");
        out
    }

    fn end(&self, out: &mut Vec<u8>, what: &str) {
        // Here a descriptor has 16 bits.
        let [client, server] = [self.client, self.server].map(|d| d.unwrap_or(-1) & 0xffff);
        let _ = writeln!(out, "{:08x}:{}.{what}[{client:04x}:{server:04x}]", self.number, self.proxy);
    }
}

impl Side {
    const fn and_other(self) -> [&'static str; 2] {
        match self {
            Self::Client => ["clicls", "srvcls"],
            Self::Server => ["srvcls", "clicls"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: Stream<'_> = Stream { number: 26, proxy: "be", client: Some(19), server: Some(20) };

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).expect("these are ASCII")
    }

    #[test]
    fn a_request_shows_who_and_what() {
        let begun = Stream { proxy: "fe", server: None, ..STREAM };
        let accepted = text(begun.accepted(4, "127.0.0.1:80"));
        assert_eq!(accepted, "0000001a:fe.accept(0004)=0013 from [127.0.0.1:80] ALPN=<none>\n");
        let mut m = Message::request(b"GET", b"/", b"HTTP/1.1");
        m.add(b"X-Mixed", b"");
        let head = "0000001a:fe.clireq[0013:ffffffff]: GET / HTTP/1.1\n0000001a:fe.clihdr[0013:ffffffff]: x-mixed: \n";
        assert_eq!(text(begun.head(Side::Client, &m)), head);
    }

    #[test]
    fn an_end_shows_which_side_was_first() {
        let nobody = Stream { server: None, ..STREAM };
        assert_eq!(
            text(nobody.closed(Closing::ClientOnly)),
            "0000001a:be.clicls[0013:ffff]\n0000001a:be.closed[0013:ffff]\n"
        );
        assert_eq!(
            text(STREAM.closed(Closing::Messages(Side::Server))),
            "0000001a:be.srvcls[0013:0014]\n0000001a:be.clicls[0013:0014]\n0000001a:be.closed[0013:0014]\n"
        );
        assert_eq!(
            text(STREAM.closed(Closing::Connections(Side::Client))),
            "0000001a:be.clicls[ffff:0014]\n0000001a:be.srvcls[ffff:ffff]\n0000001a:be.closed[ffff:ffff]\n"
        );
    }
}

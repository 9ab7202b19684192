//! The fields of log formats (`%ci`, `%ST`, ...; HAProxy manual 8.2.4), one item each.
//!
//! The IR holds a field as its index in [`FIELDS`]; [`find`] gives it by name.

use std::net::{IpAddr, SocketAddr};

use super::date;
use super::facts::Facts;
use crate::ir::expr::FormatOptions;

/// One field.
pub struct Field {
    /// What follows the `%`.
    pub name: &'static str,
    pub doc: &'static str,
    /// Says something only in `mode http`.
    pub http: bool,
    print: Print,
}

type Print = fn(&mut Line<'_>, &Facts<'_>);

/// Where a field is printed to, with the options of its place.
pub struct Line<'a> {
    pub out: &'a mut Vec<u8>,
    pub options: FormatOptions,
}

/// The field of that name.
pub fn find(name: &str) -> Option<u16> {
    FIELDS.iter().position(|f| f.name == name).map(|i| i as u16)
}

/// Appends the field to `out`.
///
/// # Panics
/// When `field` is no index of [`FIELDS`].
pub fn print(field: u16, facts: &Facts<'_>, options: FormatOptions, out: &mut Vec<u8>) {
    (FIELDS[usize::from(field)].print)(&mut Line { out, options }, facts);
}

impl Line<'_> {
    /// Text, quoted and escaped as the options say; nothing is `-`, or `""` in quotes.
    pub fn text(&mut self, text: Option<&[u8]>) {
        let quote = self.options.quote;
        if quote {
            self.out.push(b'"');
        }
        match text {
            Some(t) if !t.is_empty() => self.encode(t),
            _ if quote => {}
            _ => self.out.push(b'-'),
        }
        if quote {
            self.out.push(b'"');
        }
    }

    /// Text as it is safe in a log: control bytes, quotes and the mark itself become `#XX`.
    fn encode(&mut self, text: &[u8]) {
        self.encode_but(text, b"");
    }

    fn encode_but(&mut self, text: &[u8], also: &[u8]) {
        const HEX: &[u8; 16] = b"0123456789ABCDEF";
        for &b in text {
            if matches!(b, 0..=0x1f | 0x7f..=0xff | b'"' | b'#') || also.contains(&b) {
                self.out.extend_from_slice(&[b'#', HEX[usize::from(b >> 4)], HEX[usize::from(b & 15)]]);
                continue;
            }
            if self.options.escape && matches!(b, b'\\' | b']') {
                self.out.push(b'\\');
            }
            self.out.push(b);
        }
    }

    fn int(&mut self, n: i64) {
        self.out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
    }

    fn hex_or_int(&mut self, n: u64, width: usize) {
        if self.options.hex {
            self.out.extend_from_slice(format!("{n:0width$X}").as_bytes());
        } else {
            self.int(n.cast_signed());
        }
    }

    fn ip(&mut self, address: Option<SocketAddr>) {
        match address.map(|a| a.ip()) {
            Some(ip) if self.options.hex => match ip {
                IpAddr::V4(v) => self.raw(&format!("{:08X}", v.to_bits())),
                IpAddr::V6(v) => self.raw(&format!("{:032X}", v.to_bits())),
            },
            Some(ip) => {
                let mut text = smallvec::SmallVec::<[u8; 48]>::new();
                write_ip(ip, &mut text);
                self.text(Some(&text));
            }
            None => self.text(None),
        }
    }

    fn port(&mut self, address: Option<SocketAddr>) {
        match address {
            Some(a) => self.hex_or_int(u64::from(a.port()), 4),
            None => self.text(None),
        }
    }

    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn captures(&mut self, all: &[Option<Vec<u8>>]) {
        if all.is_empty() {
            return;
        }
        self.quoted(|l| {
            l.out.push(b'{');
            for (i, c) in all.iter().enumerate() {
                if i > 0 {
                    l.out.push(b'|');
                }
                if let Some(c) = c {
                    l.encode_but(c, b"{|}");
                }
            }
            l.out.push(b'}');
        });
    }

    /// Each capture as a field of its own.
    fn capture_list(&mut self, all: &[Option<Vec<u8>>]) {
        for (i, c) in all.iter().enumerate() {
            if i > 0 {
                self.out.push(b' ');
            }
            let quote = self.options.quote;
            if quote {
                self.out.push(b'"');
            }
            match c {
                Some(c) => self.encode_but(c, b"{|}"),
                None if !quote => self.out.push(b'-'),
                None => {}
            }
            if quote {
                self.out.push(b'"');
            }
        }
    }

    fn quoted(&mut self, f: impl FnOnce(&mut Self)) {
        if self.options.quote {
            self.out.push(b'"');
        }
        f(self);
        if self.options.quote {
            self.out.push(b'"');
        }
    }

    fn early(&mut self, f: &Facts<'_>) {
        if f.early {
            self.out.push(b'+');
        }
    }
}

/// Without going through `fmt`, which costs more than the rest of a line's numbers together.
fn write_ip(ip: IpAddr, out: &mut smallvec::SmallVec<[u8; 48]>) {
    match ip {
        IpAddr::V4(v) => {
            for (i, o) in v.octets().into_iter().enumerate() {
                if i > 0 {
                    out.push(b'.');
                }
                out.extend_from_slice(itoa::Buffer::new().format(o).as_bytes());
            }
        }
        IpAddr::V6(v) => out.extend_from_slice(v.to_string().as_bytes()),
    }
}

/// The `n`th word of the request line, or its stand-in.
fn word<'a>(f: &Facts<'a>, n: usize) -> &'a [u8] {
    let Some(line) = f.request_line else { return b"<BADREQ>" };
    line.split(|&b| b == b' ').nth(n).unwrap_or(b"<BADREQ>")
}

fn split_query(uri: &[u8]) -> (&[u8], &[u8]) {
    uri.split_at(memchr::memchr(b'?', uri).unwrap_or(uri.len()))
}

/// When the request began: what `%tr` tells.
fn begun(f: &Facts<'_>) -> i64 {
    f.accepted + (f.timers.idle + f.timers.handshake).max(0) * 1000
}

fn date_ms(l: &mut Line<'_>, f: &Facts<'_>, micros: i64) {
    let c = date::civil(micros.div_euclid(1_000_000), f.utc_offset);
    date::clf_ms(&c, (micros.rem_euclid(1_000_000) / 1000) as u32, l.out);
}

fn date_zone(l: &mut Line<'_>, micros: i64, offset: i32) {
    date::clf_zone(&date::civil(micros.div_euclid(1_000_000), offset), offset, l.out);
}

const fn tcp(name: &'static str, doc: &'static str, print: Print) -> Field {
    Field { name, doc, http: false, print }
}

const fn http(name: &'static str, doc: &'static str, print: Print) -> Field {
    Field { name, doc, http: true, print }
}

/// Every field, in the order of the manual's table.
pub const FIELDS: &[Field] = &[
    tcp("B", "bytes sent to the client", |l, f| {
        l.early(f);
        l.int(f.bytes_out.cast_signed());
    }),
    http("CC", "captured request cookie", |l, f| l.text(f.request_cookie)),
    http("CS", "captured response cookie", |l, f| l.text(f.response_cookie)),
    tcp("H", "name of the machine", |l, f| l.text(Some(f.hostname.as_bytes()))),
    http("HM", "method", |l, f| l.text(Some(word(f, 0)))),
    http("HP", "path without the query", |l, f| l.text(Some(split_query(word(f, 1)).0))),
    http("HPO", "path without scheme, authority and query", |l, f| {
        let uri = word(f, 1);
        let path = crate::http::uri::path(uri);
        l.text(Some(if path.is_empty() { split_query(uri).0 } else { path }));
    }),
    http("HQ", "query with its question mark", |l, f| {
        let w = word(f, 1);
        let query = split_query(w).1;
        l.text(if f.request_line.is_none() { Some(w) } else { Some(query) });
    }),
    http("HU", "target as received", |l, f| l.text(Some(word(f, 1)))),
    http("HV", "version", |l, f| l.text(Some(word(f, 2)))),
    tcp("ID", "unique id", |l, f| l.text(f.unique_id)),
    http("ST", "status code", |l, f| l.int(i64::from(f.status.max(if f.is_http { -1 } else { 0 })))),
    tcp("T", "date of the request, GMT", |l, f| date_zone(l, f.accepted, 0)),
    tcp("Ta", "active time: the whole without handshake and idle time", |l, f| {
        l.early(f);
        l.int(f.timers.active());
    }),
    tcp("Tc", "time to connect to the server", |l, f| l.int(f.timers.connecting())),
    tcp("Td", "time to transfer the data", |l, f| l.int(f.timers.transfer())),
    tcp("Tl", "date of the request, local", |l, f| date_zone(l, f.accepted, f.utc_offset)),
    tcp("Th", "time of the handshake", |l, f| l.int(f.timers.handshake)),
    http("Ti", "idle time before the request", |l, f| l.int(f.timers.idle)),
    http("Tq", "handshake, idle time and request together", |l, f| l.int(f.timers.request)),
    http("TR", "time to receive the request", |l, f| l.int(f.timers.tr_request())),
    http("Tr", "time until the response's head", |l, f| l.int(f.timers.response())),
    tcp("Ts", "seconds since 1970", |l, f| l.hex_or_int((f.accepted / 1_000_000).cast_unsigned(), 0)),
    tcp("Tt", "total time", |l, f| {
        l.early(f);
        l.int(f.timers.close);
    }),
    tcp("Tu", "time that the user waited", |l, f| {
        l.early(f);
        l.int(f.timers.user());
    }),
    tcp("Tw", "time in the queues", |l, f| l.int(f.timers.wait())),
    tcp("U", "bytes received from the client", |l, f| {
        l.early(f);
        l.int(f.bytes_in.cast_signed());
    }),
    tcp("ac", "connections of the process", |l, f| l.int(f.active_connections.into())),
    tcp("b", "backend", |l, f| l.text(Some(f.backend.as_bytes()))),
    tcp("bc", "connections of the backend", |l, f| l.int(f.backend_connections.into())),
    tcp("bi", "our address towards the server", |l, f| l.ip(f.backend_source)),
    tcp("bp", "our port towards the server", |l, f| l.port(f.backend_source)),
    tcp("bq", "requests ahead in the backend's queue", |l, f| l.int(f.backend_queue.cast_signed())),
    tcp("ci", "client's address", |l, f| match f.client {
        None => l.text(Some(b"unix")),
        a => l.ip(a),
    }),
    tcp("cp", "client's port", |l, f| match f.client {
        None => l.hex_or_int(0, 4),
        a => l.port(a),
    }),
    tcp("f", "frontend", |l, f| l.text(Some(f.frontend.as_bytes()))),
    tcp("fc", "connections of the frontend", |l, f| l.int(f.frontend_connections.into())),
    tcp("fi", "address that the client connected to", |l, f| match f.frontend_addr {
        None => l.text(Some(b"unix")),
        a => l.ip(a),
    }),
    tcp("fp", "port that the client connected to", |l, f| match f.frontend_addr {
        None => l.hex_or_int(0, 4),
        a => l.port(a),
    }),
    tcp("ft", "frontend, with ~ behind it for TLS", |l, f| {
        l.quoted(|l| {
            l.raw(f.frontend);
            if f.tls {
                l.out.push(b'~');
            }
        });
    }),
    http("hr", "captured request headers", |l, f| l.captures(f.request_captures)),
    http("hrl", "captured request headers, one by one", |l, f| l.capture_list(f.request_captures)),
    http("hs", "captured response headers", |l, f| l.captures(f.response_captures)),
    http("hsl", "captured response headers, one by one", |l, f| l.capture_list(f.response_captures)),
    tcp("lc", "log lines of the frontend", |l, f| l.hex_or_int(f.log_counter, 4)),
    tcp("ms", "milliseconds of the date", |l, f| {
        let ms = f.accepted.rem_euclid(1_000_000) / 1000;
        if l.options.hex { l.raw(&format!("{ms:02X}")) } else { l.raw(&format!("{ms:03}")) }
    }),
    tcp("pid", "process id", |l, f| l.hex_or_int(f.pid.into(), 4)),
    http("r", "request line", |l, f| l.text(Some(f.request_line.unwrap_or(b"<BADREQ>")))),
    tcp("rc", "retries, with + when another server was taken", |l, f| {
        if f.redispatched {
            l.out.push(b'+');
        }
        l.int(f.retries.into());
    }),
    tcp("rt", "streams of the process", |l, f| l.hex_or_int(f.request_counter, 4)),
    tcp("s", "server", |l, f| l.text(Some(f.server.map_or(&b"<NOSRV>"[..], str::as_bytes)))),
    tcp("sc", "connections of the server", |l, f| l.int(f.server_connections.into())),
    tcp("si", "server's address", |l, f| l.ip(f.server_addr)),
    tcp("sp", "server's port", |l, f| l.port(f.server_addr)),
    tcp("sq", "requests ahead in the server's queue", |l, f| l.int(f.server_queue.cast_signed())),
    tcp("sslc", "TLS cipher", |l, _| l.text(None)),
    tcp("sslv", "TLS version", |l, _| l.text(None)),
    tcp("t", "date of the connection, with milliseconds", |l, f| date_ms(l, f, f.accepted)),
    http("tr", "date of the request, with milliseconds", |l, f| date_ms(l, f, begun(f))),
    http("trg", "date of the request, GMT", |l, f| date_zone(l, begun(f), 0)),
    http("trl", "date of the request, local", |l, f| date_zone(l, begun(f), f.utc_offset)),
    tcp("ts", "cause and state of the end", |l, f| l.out.extend_from_slice(&f.termination[..2])),
    tcp("tsc", "cause and state of the end, and what became of the cookie", |l, f| {
        l.out.extend_from_slice(&f.termination);
    }),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(name: &str, f: &Facts<'_>, options: FormatOptions) -> String {
        let mut out = Vec::new();
        print(find(name).expect("a field"), f, options, &mut out);
        String::from_utf8(out).expect("fields are ASCII")
    }

    #[test]
    fn each_name_stands_once() {
        for (i, f) in FIELDS.iter().enumerate() {
            assert_eq!(find(f.name), Some(i as u16), "{}", f.name);
        }
    }

    #[test]
    fn request_line_is_taken_apart_and_made_safe() {
        let f = Facts { request_line: Some(b"GET http://h/a\"]?q=1 HTTP/1.1"), ..Facts::default() };
        let plain = FormatOptions::default();
        assert_eq!(shown("HPO", &f, plain), "/a#22]");
        assert_eq!(shown("HQ", &f, plain), "?q=1");
        assert_eq!(shown("HP", &f, plain), "http://h/a#22]");
        assert_eq!(shown("r", &f, FormatOptions { escape: true, ..plain }), "GET http://h/a#22\\]?q=1 HTTP/1.1");
        assert_eq!(shown("HM", &Facts::default(), FormatOptions { quote: true, ..plain }), "\"<BADREQ>\"");
    }

    #[test]
    fn nothing_is_a_dash_or_empty_quotes() {
        let f = Facts::default();
        assert_eq!(shown("CC", &f, FormatOptions::default()), "-");
        assert_eq!(shown("CC", &f, FormatOptions { quote: true, ..FormatOptions::default() }), "\"\"");
        assert_eq!(shown("hr", &f, FormatOptions { quote: true, ..FormatOptions::default() }), "");
    }

    #[test]
    fn numbers_have_their_hexadecimal_widths() {
        let f = Facts { client: "127.0.0.1:444".parse().ok(), accepted: 29_000, ..Facts::default() };
        let hex = FormatOptions { hex: true, ..FormatOptions::default() };
        assert_eq!(
            (shown("ci", &f, hex), shown("cp", &f, hex), shown("ms", &f, hex)),
            ("7F000001".into(), "01BC".into(), "1D".into())
        );
        assert_eq!(shown("ms", &f, FormatOptions::default()), "029");
    }
}

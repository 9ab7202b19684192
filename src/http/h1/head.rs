//! Parses the head of a message: a start line and fields, as lenient and as strict as HAProxy 2.6.
//!
//! Taken: empty lines before a request, bare LF for CR LF, runs of blanks in the start line, folded values (the folds
//! become blanks, and so does NUL, which the reference forwards), any byte but CR and LF in a value. Refused at the first wrong byte: a missing or odd version, a blank
//! before a colon, a name that is no token or is longer than 255 bytes, control bytes and `#` in a target, a bare CR.
//!
//! A head that is not whole yet is parsed again from its start when more has come: heads are short, and most come whole.

use super::bytes::{NAME_MAX, TARGET, TOKEN, is, is_blank, lower, usual_field};
use crate::http::Message;
use crate::http::message::{Field, Span, StartLine};

/// How much is taken.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most fields (`tune.http.maxhdr` less one).
    pub fields: usize,
    /// `option accept-invalid-http-request` and `-response`: odd bytes in targets and names pass.
    pub lenient: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { fields: 100, lenient: false }
    }
}

/// What became of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parsed {
    /// More bytes are needed.
    Partial,
    /// The head took this many bytes, leading empty lines included.
    Complete(usize),
}

/// The offset of the byte that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed {
    pub at: usize,
}

/// A place in the bytes, and how the walk can stop.
struct Cursor<'a> {
    buf: &'a [u8],
    at: usize,
}

enum Stop {
    Partial,
    Bad(usize),
}

type Step<T> = Result<T, Stop>;

impl Cursor<'_> {
    fn peek(&self) -> Step<u8> {
        self.buf.get(self.at).copied().ok_or(Stop::Partial)
    }

    fn bad<T>(&self) -> Step<T> {
        Err(Stop::Bad(self.at))
    }

    /// Moves over bytes while they are fine; there must be one behind them.
    fn skip_while(&mut self, fine: impl Fn(u8) -> bool) -> Step<()> {
        let n = self.buf[self.at..].iter().position(|&b| !fine(b));
        self.at += n.ok_or(Stop::Partial)?;
        Ok(())
    }

    /// Moves over CR LF or LF.
    fn line_end(&mut self) -> Step<()> {
        if self.peek()? == b'\r' {
            self.at += 1;
        }
        if self.peek()? != b'\n' {
            return self.bad();
        }
        self.at += 1;
        Ok(())
    }

    fn version(&mut self) -> Step<Span> {
        let start = self.at;
        if let [b'H', b'T', b'T', b'P', b'/', major, b'.', minor, _, ..] = self.buf[start..]
            && major.is_ascii_digit()
            && minor.is_ascii_digit()
        {
            self.at += 8;
            return Ok(Span::new(start, self.at));
        }
        for want in b"HTTP/" {
            if self.peek()? != *want {
                return self.bad();
            }
            self.at += 1;
        }
        for digit in [true, false, true] {
            let b = self.peek()?;
            if if digit { !b.is_ascii_digit() } else { b != b'.' } {
                return self.bad();
            }
            self.at += 1;
        }
        Ok(Span::new(start, self.at))
    }
}

/// Reads a request head from the start of `buf` into `m`, which is cleared first.
///
/// # Errors
/// The first byte that no request can have there.
pub fn request(buf: &[u8], m: &mut Message, limits: Limits) -> Result<Parsed, Malformed> {
    m.clear();
    let (mut c, mut odd) = (Cursor { buf, at: 0 }, Odds::new());
    let done = request_line(&mut c, limits).and_then(|line| {
        m.start = line;
        fields(&mut c, m, &mut odd, limits)
    });
    finish(done, &c, m, &odd)
}

/// Reads a response head from the start of `buf` into `m`, which is cleared first.
///
/// # Errors
/// The first byte that no response can have there.
pub fn response(buf: &[u8], m: &mut Message, limits: Limits) -> Result<Parsed, Malformed> {
    m.clear();
    let (mut c, mut odd) = (Cursor { buf, at: 0 }, Odds::new());
    let done = status_line(&mut c).and_then(|line| {
        m.start = line;
        fields(&mut c, m, &mut odd, limits)
    });
    finish(done, &c, m, &odd)
}

/// Reads trailer fields (RFC 9112 section 7.1.2) up to and with the empty line; `m` gets the fields and no start line.
///
/// # Errors
/// The first byte that no field can have there.
pub fn trailers(buf: &[u8], m: &mut Message, limits: Limits) -> Result<Parsed, Malformed> {
    m.clear();
    let (mut c, mut odd) = (Cursor { buf, at: 0 }, Odds::new());
    let done = fields(&mut c, m, &mut odd, limits);
    finish(done, &c, m, &odd)
}

fn finish(done: Step<()>, c: &Cursor<'_>, m: &mut Message, odd: &Odds) -> Result<Parsed, Malformed> {
    match done {
        Ok(()) => {
            settle(m, &c.buf[..c.at], odd);
            Ok(Parsed::Complete(c.at))
        }
        Err(Stop::Partial) => {
            m.clear();
            Ok(Parsed::Partial)
        }
        Err(Stop::Bad(at)) => {
            m.clear();
            Err(Malformed { at })
        }
    }
}

fn request_line(c: &mut Cursor<'_>, limits: Limits) -> Step<StartLine> {
    while matches!(c.peek()?, b'\r' | b'\n') {
        c.line_end()?;
    }
    let start = c.at;
    c.skip_while(|b| is(TOKEN, b))?;
    let method = Span::new(start, c.at);
    if method.len == 0 || !is_blank(c.peek()?) {
        return c.bad();
    }
    c.skip_while(is_blank)?;
    let start = c.at;
    c.skip_while(|b| is(TARGET, b) || (limits.lenient && b > b' ' && b != 0x7f))?;
    let uri = Span::new(start, c.at);
    if uri.len == 0 || !is_blank(c.peek()?) {
        return c.bad();
    }
    c.skip_while(is_blank)?;
    let version = c.version()?;
    c.line_end()?;
    Ok(StartLine { line: Span::new(method.at as usize, c.at), method, uri, version, ..StartLine::default() })
}

fn status_line(c: &mut Cursor<'_>) -> Step<StartLine> {
    let version = c.version()?;
    if !is_blank(c.peek()?) {
        return c.bad();
    }
    c.skip_while(is_blank)?;
    let mut status: u16 = 0;
    for _ in 0..3 {
        let b = c.peek()?;
        if !b.is_ascii_digit() {
            return c.bad();
        }
        status = status * 10 + u16::from(b - b'0');
        c.at += 1;
    }
    if !is_blank(c.peek()?) && !matches!(c.peek()?, b'\r' | b'\n') || status < 100 {
        return c.bad();
    }
    c.skip_while(is_blank)?;
    let start = c.at;
    c.skip_while(|b| b != b'\r' && b != b'\n')?;
    let reason = Span::new(start, c.at);
    c.line_end()?;
    Ok(StartLine { line: Span::new(version.at as usize, c.at), version, status, reason, ..StartLine::default() })
}

/// A field whose bytes are not its wire form: where its value really is.
struct Odd {
    index: usize,
    value: Span,
}

type Odds = smallvec::SmallVec<[Odd; 4]>;

fn fields(c: &mut Cursor<'_>, m: &mut Message, odd: &mut Odds, limits: Limits) -> Step<()> {
    loop {
        match c.peek()? {
            b'\r' | b'\n' => return c.line_end(),
            _ if m.fields.len() >= limits.fields => return c.bad(),
            _ => {}
        }
        match usual_field(c.buf, c.at) {
            Some((field, next)) => {
                m.fields.push(field);
                c.at = next;
            }
            None => field(c, m, odd, limits)?,
        }
    }
}

fn field(c: &mut Cursor<'_>, m: &mut Message, odd: &mut Odds, limits: Limits) -> Step<()> {
    let start = c.at;
    c.skip_while(|b| is(TOKEN, b) || (limits.lenient && b > b' ' && b != b':' && b != 0x7f))?;
    let name = c.at - start;
    if c.peek()? != b':' || name == 0 || name > NAME_MAX {
        return c.bad();
    }
    c.at += 1;
    c.skip_while(is_blank)?;
    let begins = c.at;
    let mut plain = begins == start + name + 2 && c.buf[begins - 1] == b' ';
    let ends = loop {
        // A value holds anything but line ends; a CR is only ever the first half of one.
        let rest = &c.buf[c.at..];
        c.at += memchr::memchr3(b'\r', b'\n', 0, rest).ok_or(Stop::Partial)?;
        if c.peek()? == 0 {
            plain = false;
            c.at += 1;
            continue;
        }
        let ends = c.at;
        plain &= c.peek()? == b'\r';
        c.line_end()?;
        if !is_blank(c.peek()?) {
            break ends;
        }
        plain = false;
    };
    let whole = &c.buf[begins..ends];
    let lead = whole.iter().position(|&b| !is_space(b)).unwrap_or(whole.len());
    let tail = whole.iter().rposition(|&b| !is_space(b)).map_or(lead, |i| i + 1);
    if !plain || lead > 0 || tail < whole.len() {
        let from = begins;
        odd.push(Odd { index: m.fields.len(), value: Span::new(from + lead, from + tail) });
    }
    m.fields.push(Field { at: start as u32, name: name as u16, value: whole.len() as u32 });
    Ok(())
}

/// Blanks, and what becomes one: the line ends of folds, and NUL (RFC 9110 section 5.5).
fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n' | 0)
}

/// Copies the head into the arena and brings into wire form what is not in it.
fn settle(m: &mut Message, head: &[u8], odd: &Odds) {
    m.arena.extend_from_slice(head);
    for o in odd {
        let f = m.fields[o.index];
        let name = &head[f.at as usize..f.at as usize + usize::from(f.name)];
        let value = &head[o.value.at as usize..(o.value.at + o.value.len) as usize];
        m.fields[o.index] = append(&mut m.arena, name, value);
    }
    for f in &m.fields {
        lower(&mut m.arena, f.at as usize, usize::from(f.name));
    }
    if m.start.line.len > 0 {
        settle_start_line(m);
    }
}

/// Line ends of folds become blanks, and NUL too: the next hop must not end a string where we do not.
fn append(arena: &mut Vec<u8>, name: &[u8], value: &[u8]) -> Field {
    let at = arena.len() as u32;
    arena.extend_from_slice(name);
    arena.extend_from_slice(b": ");
    arena.extend(value.iter().map(|&b| if matches!(b, b'\r' | b'\n' | 0) { b' ' } else { b }));
    arena.extend_from_slice(b"\r\n");
    Field { at, name: name.len() as u16, value: value.len() as u32 }
}

/// Whether one blank stands between the parts, CR LF behind them, and nothing in the reason ends a string.
fn is_wire_line(arena: &[u8], s: &StartLine) -> bool {
    let blank = |at: u32| arena[at as usize] == b' ';
    if s.status == 0 {
        let (first, second) = (s.method.end(), s.uri.end());
        return s.uri.at == first + 1
            && s.version.at == second + 1
            && s.line.end() == s.version.end() + 2
            && blank(first)
            && blank(second);
    }
    let (first, second) = (s.version.end(), s.version.end() + 4);
    s.reason.at == second + 1
        && s.line.end() == s.reason.end() + 2
        && blank(first)
        && blank(second)
        && !s.reason.of(arena).contains(&0)
}

fn settle_start_line(m: &mut Message) {
    if is_wire_line(&m.arena, &m.start) {
        return;
    }
    let s = m.start;
    if s.status == 0 {
        let (method, uri, version) = (m.method().to_vec(), m.uri().to_vec(), m.version().to_vec());
        m.write_request_line(&method, &uri, &version);
    } else {
        let version = m.version().to_vec();
        let reason: Vec<u8> = m.reason().iter().map(|&b| if b == 0 { b' ' } else { b }).collect();
        m.write_status_line(&version, s.status, &reason);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, usize> {
        let mut m = Message::new();
        match request(text.as_bytes(), &mut m, Limits::default()) {
            Ok(Parsed::Complete(n)) => {
                assert_eq!(n, text.len());
                let mut out = Vec::new();
                m.write_to(&mut out);
                Ok(String::from_utf8(out).expect("ASCII in, ASCII out"))
            }
            Ok(Parsed::Partial) => Err(usize::MAX),
            Err(e) => Err(e.at),
        }
    }

    #[test]
    fn lenient_forms_leave_in_one_form() {
        let plain = Ok("GET / HTTP/1.1\r\nhost: a\r\n\r\n".to_owned());
        for text in [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "\r\n\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\nHost: a\n\n",
            "GET  /  HTTP/1.1\r\nHost:a\r\n\r\n",
            "GET  / HTTP/1.1\nHost: a\r\n\r\n",
            "GET\t/\tHTTP/1.1\r\nhost:  \t a \t\r\n\r\n",
            "GET / HTTP/1.1\r\nHost:\r\n a\r\n\n",
        ] {
            assert_eq!(read(text), plain, "{text:?}");
        }
    }

    #[test]
    fn folds_become_blanks_and_empty_values_stay() {
        let text = "GET / HTTP/1.1\r\nX: a\r\n  b\r\n\tc\r\nY:\r\nZ: \r\n\r\n";
        assert_eq!(read(text), Ok("GET / HTTP/1.1\r\nx: a    b  \tc\r\ny: \r\nz: \r\n\r\n".to_owned()));
    }

    #[test]
    fn wrong_byte_is_pointed_at() {
        for (text, at) in [
            ("GARBAGE\r\n\r\n", 7),
            ("GET /\r\n\r\n", 5),
            ("GET / HTTP/1.1 \r\n\r\n", 14),
            ("GET / HTTP/1.10\r\n\r\n", 14),
            ("GET / http/1.1\r\n\r\n", 6),
            ("GET /a#b HTTP/1.1\r\n\r\n", 6),
            ("G@T / HTTP/1.1\r\n\r\n", 1),
            ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 20),
            ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 16),
            ("GET / HTTP/1.1\r\nX: a\rb\r\n\r\n", 21),
            ("GET / HTTP/1.1\r\nX\r\n\r\n", 17),
            ("GET / HTTP/1.1\r\n: x\r\n\r\n", 16),
            ("\x16\x03", 0),
        ] {
            assert_eq!(read(text), Err(at), "{text:?}");
        }
    }

    #[test]
    fn every_cut_of_a_head_is_partial() {
        let text = "GET /a HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n";
        for n in 0..text.len() {
            assert_eq!(read(&text[..n]), Err(usize::MAX), "{n}");
        }
    }

    #[test]
    fn status_lines_leave_in_one_form() {
        let mut m = Message::new();
        for text in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1  200 OK\n\n", "HTTP/1.1\t200\tOK\r\n\r\n"] {
            assert_eq!(response(text.as_bytes(), &mut m, Limits::default()), Ok(Parsed::Complete(text.len())));
            let mut out = Vec::new();
            m.write_to(&mut out);
            assert_eq!(out, b"HTTP/1.1 200 OK\r\n\r\n", "{text:?}");
        }
    }

    #[test]
    fn names_of_every_length_are_lowered_and_nothing_else_is() {
        for n in 1..40 {
            let name: String = "AbZ-@`~_9Xy".chars().filter(|c| *c != '@').cycle().take(n).collect();
            let text = format!("GET / HTTP/1.1\r\n{name}: {}\r\n\r\n", "V".repeat(n % 9));
            let wanted = format!("GET / HTTP/1.1\r\n{}: {}\r\n\r\n", name.to_ascii_lowercase(), "V".repeat(n % 9));
            assert_eq!(read(&text), Ok(wanted));
        }
    }

    #[test]
    fn usual_and_long_way_agree() {
        for value in ["", "a", "a b", "a\tb", "\u{e9}t\u{e9}", &"v".repeat(7), &"v".repeat(64), &"v".repeat(200)] {
            for end in ["\r\n", "\n", " \r\n", "\r\n "] {
                let usual = format!("GET / HTTP/1.1\r\nX: {value}{end}Y: z\r\n\r\n");
                let long = format!("GET / HTTP/1.1\r\nX:  {value}{end}Y: z\r\n\r\n");
                assert_eq!(read(&usual), read(&long), "{value:?} {end:?}");
            }
        }
    }

    #[test]
    fn status_line_without_a_reason_is_taken() {
        let mut m = Message::new();
        for (text, reason) in
            [("HTTP/1.1 200\r\n\r\n", ""), ("HTTP/1.1 200 \r\n\r\n", ""), ("HTTP/1.0 200 a b\n\n", "a b")]
        {
            assert_eq!(response(text.as_bytes(), &mut m, Limits::default()), Ok(Parsed::Complete(text.len())));
            assert_eq!((m.status(), m.reason()), (200, reason.as_bytes()));
        }
        assert!(response(b"HTTP/1.1 20 x\r\n", &mut m, Limits::default()).is_err());
        assert!(response(b"ICY 200 OK\r\n", &mut m, Limits::default()).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic_and_what_is_taken_is_taken_again(bytes in proptest::collection::vec(0u8..=255, 0..300)) {
            let text = [b"GET / HTTP/1.1\r\n".as_slice(), &bytes, b"\r\n\r\n"].concat();
            let mut m = Message::new();
            if let Ok(Parsed::Complete(_)) = request(&text, &mut m, Limits::default()) {
                let mut once = Vec::new();
                m.write_to(&mut once);
                let mut again = Message::new();
                assert_eq!(request(&once, &mut again, Limits::default()), Ok(Parsed::Complete(once.len())));
                let mut twice = Vec::new();
                again.write_to(&mut twice);
                assert_eq!(once, twice);
            }
        }
    }
}

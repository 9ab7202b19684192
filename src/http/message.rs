//! A message head: one arena of bytes, a start line and ordered fields that are ranges in it.
//!
//! Invariant: the start line and every field lie in the arena in their wire form (`name: value\r\n`, the name in lower
//! case, the value without surrounding blanks). So a head leaves by copying ranges, neighbours in one piece, and an edit
//! appends to the arena and moves a range. What edits leave behind is freed with the message; the arena is reused, so a
//! steady stream of requests allocates nothing.
//!
//! Names are kept in lower case because HTTP/2 and the reference spell them so on both sides; comparing is then exact.

use super::uri;

/// Range in the arena.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) at: u32,
    pub(crate) len: u32,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        // Heads are limited to `tune.bufsize`, far below 4 GiB.
        Self { at: start as u32, len: (end - start) as u32 }
    }

    pub(crate) fn of(self, arena: &[u8]) -> &[u8] {
        &arena[self.at as usize..(self.at + self.len) as usize]
    }

    pub(crate) fn end(self) -> u32 {
        self.at + self.len
    }
}

/// One field; its line is `name` `: ` `value` CR LF from `at` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) at: u32,
    pub(crate) name: u16,
    pub(crate) value: u32,
}

impl Field {
    fn name(self, arena: &[u8]) -> &[u8] {
        &arena[self.at as usize..self.at as usize + usize::from(self.name)]
    }

    fn value(self, arena: &[u8]) -> &[u8] {
        let start = self.at as usize + usize::from(self.name) + 2;
        &arena[start..start + self.value as usize]
    }

    fn end(self) -> u32 {
        self.at + u32::from(self.name) + self.value + 4
    }
}

/// The first line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct StartLine {
    /// The line with its CR LF.
    pub(crate) line: Span,
    pub(crate) method: Span,
    pub(crate) uri: Span,
    pub(crate) version: Span,
    /// Zero in a request.
    pub(crate) status: u16,
    pub(crate) reason: Span,
}

/// The head of a request or of a response.
#[derive(Debug, Clone, Default)]
pub struct Message {
    pub(crate) arena: Vec<u8>,
    pub(crate) start: StartLine,
    pub(crate) fields: Vec<Field>,
}

impl Message {
    /// An empty head, to be filled by a codec.
    pub fn new() -> Self {
        Self::default()
    }

    pub fn request(method: &[u8], uri: &[u8], version: &[u8]) -> Self {
        let mut m = Self::new();
        m.write_request_line(method, uri, version);
        m
    }

    pub fn response(version: &[u8], status: u16, reason: &[u8]) -> Self {
        let mut m = Self::new();
        m.write_status_line(version, status, reason);
        m
    }

    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.arena.clear();
        self.fields.clear();
        self.start = StartLine::default();
    }

    /// No start line yet.
    pub fn is_empty(&self) -> bool {
        self.start.line.len == 0
    }

    pub fn is_request(&self) -> bool {
        self.start.status == 0
    }

    // --- start line ---------------------------------------------------------------------------------------------

    /// Empty in a response.
    pub fn method(&self) -> &[u8] {
        self.start.method.of(&self.arena)
    }

    /// The request target as received: `/path?query`, `http://host/path`, `host:port` or `*`.
    pub fn uri(&self) -> &[u8] {
        self.start.uri.of(&self.arena)
    }

    /// The path of the target: from its first slash behind scheme and authority, without the query. Empty when the
    /// target has none (`*`, `host:port`).
    pub fn path(&self) -> &[u8] {
        uri::path(self.uri())
    }

    /// The path with its query.
    pub fn path_and_query(&self) -> &[u8] {
        uri::path_and_query(self.uri())
    }

    /// What follows the first `?`; empty without one.
    pub fn query(&self) -> &[u8] {
        uri::query(self.uri())
    }

    /// `HTTP/1.1`
    pub fn version(&self) -> &[u8] {
        self.start.version.of(&self.arena)
    }

    /// `1.1`
    pub fn version_number(&self) -> &[u8] {
        self.version().strip_prefix(b"HTTP/").unwrap_or_default()
    }

    /// Zero in a request.
    pub fn status(&self) -> u16 {
        self.start.status
    }

    pub fn reason(&self) -> &[u8] {
        self.start.reason.of(&self.arena)
    }

    /// The start line without its CR LF.
    pub fn start_line(&self) -> &[u8] {
        let line = self.start.line.of(&self.arena);
        line.strip_suffix(b"\r\n").unwrap_or(line)
    }

    pub fn set_method(&mut self, method: &[u8]) {
        let (u, v) = (self.uri().to_vec(), self.version().to_vec());
        self.write_request_line(method, &u, &v);
    }

    pub fn set_uri(&mut self, uri: &[u8]) {
        let (m, v) = (self.method().to_vec(), self.version().to_vec());
        self.write_request_line(&m, uri, &v);
    }

    pub fn set_version(&mut self, version: &[u8]) {
        if self.version() == version {
            return;
        }
        if self.is_request() {
            let (m, u) = (self.method().to_vec(), self.uri().to_vec());
            self.write_request_line(&m, &u, version);
        } else {
            let reason = self.reason().to_vec();
            self.write_status_line(version, self.start.status, &reason);
        }
    }

    /// Replaces the path and keeps scheme, authority and query.
    pub fn set_path(&mut self, path: &[u8]) {
        let uri = self.uri();
        let old = uri::path_and_query(uri);
        let before = uri.len() - old.len();
        let query = old.iter().position(|&b| b == b'?').map_or(&b""[..], |q| &old[q..]);
        let new = [&uri[..before], path, query].concat();
        self.set_uri(&new);
    }

    /// Replaces path and query at once (`set-pathq`).
    pub fn set_path_and_query(&mut self, pathq: &[u8]) {
        let uri = self.uri();
        let before = uri.len() - uri::path_and_query(uri).len();
        let new = [&uri[..before], pathq].concat();
        self.set_uri(&new);
    }

    /// Replaces the query; an empty one takes its `?` away too.
    pub fn set_query(&mut self, query: &[u8]) {
        let uri = self.uri();
        let base = &uri[..uri.iter().position(|&b| b == b'?').unwrap_or(uri.len())];
        let mark: &[u8] = if query.is_empty() { b"" } else { b"?" };
        let new = [base, mark, query].concat();
        self.set_uri(&new);
    }

    /// Changes the status; without a reason the usual one is taken.
    pub fn set_status(&mut self, status: u16, reason: Option<&[u8]>) {
        let version = self.version().to_vec();
        let reason = reason.unwrap_or_else(|| super::status::reason(status).as_bytes()).to_vec();
        self.write_status_line(&version, status, &reason);
    }

    pub(crate) fn write_request_line(&mut self, method: &[u8], uri: &[u8], version: &[u8]) {
        let a = &mut self.arena;
        let at = a.len();
        a.extend_from_slice(method);
        a.push(b' ');
        let uri_at = a.len();
        a.extend_from_slice(uri);
        a.push(b' ');
        let version_at = a.len();
        a.extend_from_slice(version);
        let end = a.len();
        a.extend_from_slice(b"\r\n");
        self.start = StartLine {
            line: Span::new(at, end + 2),
            method: Span::new(at, uri_at - 1),
            uri: Span::new(uri_at, version_at - 1),
            version: Span::new(version_at, end),
            status: 0,
            reason: Span::default(),
        };
    }

    pub(crate) fn write_status_line(&mut self, version: &[u8], status: u16, reason: &[u8]) {
        let a = &mut self.arena;
        let at = a.len();
        a.extend_from_slice(version);
        let version_end = a.len();
        let status = status.clamp(1, 999);
        a.extend_from_slice(&[b' ', b'0' + (status / 100) as u8, b'0' + (status / 10 % 10) as u8]);
        a.extend_from_slice(&[b'0' + (status % 10) as u8, b' ']);
        let reason_at = a.len();
        a.extend_from_slice(reason);
        let end = a.len();
        a.extend_from_slice(b"\r\n");
        self.start = StartLine {
            line: Span::new(at, end + 2),
            method: Span::default(),
            uri: Span::default(),
            version: Span::new(at, version_end),
            status,
            reason: Span::new(reason_at, end),
        };
    }

    // --- fields -------------------------------------------------------------------------------------------------

    /// Number of fields (lines, not list elements).
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Names (lower case) and values, in order.
    pub fn headers(&self) -> impl DoubleEndedIterator<Item = (&[u8], &[u8])> + ExactSizeIterator {
        self.fields.iter().map(|f| (f.name(&self.arena), f.value(&self.arena)))
    }

    /// The field at `index`.
    ///
    /// # Panics
    /// When there is none.
    pub fn header(&self, index: usize) -> (&[u8], &[u8]) {
        let f = self.fields[index];
        (f.name(&self.arena), f.value(&self.arena))
    }

    /// Index of the first field of that name (any case) at or behind `from`.
    pub fn find(&self, name: &[u8], from: usize) -> Option<usize> {
        let rest = self.fields.get(from..)?;
        rest.iter().position(|f| f.name(&self.arena).eq_ignore_ascii_case(name)).map(|i| i + from)
    }

    /// The first value of that name (any case).
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.find(name, 0).map(|i| self.fields[i].value(&self.arena))
    }

    /// Every value of that name (any case), in order.
    pub fn all<'a>(&'a self, name: &'a [u8]) -> impl DoubleEndedIterator<Item = &'a [u8]> {
        self.headers().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }

    pub fn has(&self, name: &[u8]) -> bool {
        self.find(name, 0).is_some()
    }

    /// Appends a field. The name is put in lower case; line breaks and NUL in the value become blanks, so that no value
    /// can start a new line.
    pub fn add(&mut self, name: &[u8], value: &[u8]) {
        let field = self.write_field(name, value);
        self.fields.push(field);
    }

    /// Removes every field of that name and appends this one.
    pub fn set(&mut self, name: &[u8], value: &[u8]) {
        self.remove(name);
        self.add(name, value);
    }

    /// Removes every field of that name (any case); says whether there was one.
    pub fn remove(&mut self, name: &[u8]) -> bool {
        self.remove_if(|n, _| n.eq_ignore_ascii_case(name))
    }

    /// Removes every field that `drop` says yes to; says whether there was one.
    pub fn remove_if(&mut self, mut drop: impl FnMut(&[u8], &[u8]) -> bool) -> bool {
        let before = self.fields.len();
        let arena = &self.arena;
        self.fields.retain(|f| !drop(f.name(arena), f.value(arena)));
        self.fields.len() != before
    }

    /// Removes the field at `index`.
    pub fn remove_at(&mut self, index: usize) {
        self.fields.remove(index);
    }

    /// Makes the field at `index` the first.
    pub fn move_to_front(&mut self, index: usize) {
        self.fields[..=index].rotate_right(1);
    }

    /// Gives the field at `index` another value; its place and name stay.
    ///
    /// # Panics
    /// When there is no such field.
    pub fn replace_value(&mut self, index: usize, value: &[u8]) {
        let name = self.fields[index].name(&self.arena).to_vec();
        self.fields[index] = self.write_field(&name, value);
    }

    pub(crate) fn write_field(&mut self, name: &[u8], value: &[u8]) -> Field {
        let a = &mut self.arena;
        let at = a.len();
        let name = &name[..name.len().min(usize::from(u16::MAX))];
        a.extend(name.iter().map(u8::to_ascii_lowercase));
        a.extend_from_slice(b": ");
        a.extend(value.iter().map(|&b| if matches!(b, b'\r' | b'\n' | 0) { b' ' } else { b }));
        a.extend_from_slice(b"\r\n");
        Field { at: at as u32, name: name.len() as u16, value: value.len() as u32 }
    }

    // --- wire ---------------------------------------------------------------------------------------------------

    /// Bytes of the head on the wire, with its empty line.
    pub fn wire_len(&self) -> usize {
        self.start.line.len as usize + self.fields.iter().map(|f| (f.end() - f.at) as usize).sum::<usize>() + 2
    }

    /// The size that logs and statistics count: a fixed 20 bytes, the parts of the start line, names and values without
    /// their separators, and one byte for the end. HAProxy counts its internal form; so its figures are matched.
    pub fn counted_len(&self) -> u64 {
        let s = &self.start;
        let line = if s.status == 0 { s.method.len + s.uri.len } else { 3 + s.reason.len };
        let fields: u64 = self.fields.iter().map(|f| u64::from(f.name) + u64::from(f.value)).sum();
        20 + u64::from(line + s.version.len) + fields + 1
    }

    /// Appends the HTTP/1 form, with its empty line: neighbours in the arena leave in one copy.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        let (mut from, mut to) = (self.start.line.at, self.start.line.end());
        for f in &self.fields {
            if f.at != to {
                out.extend_from_slice(&self.arena[from as usize..to as usize]);
                from = f.at;
            }
            to = f.end();
        }
        out.extend_from_slice(&self.arena[from as usize..to as usize]);
        out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(m: &Message) -> String {
        let mut out = Vec::new();
        m.write_to(&mut out);
        assert_eq!(out.len(), m.wire_len());
        String::from_utf8(out).expect("the tests speak ASCII")
    }

    #[test]
    fn fields_keep_their_order_through_edits() {
        let mut m = Message::request(b"GET", b"/a?b", b"HTTP/1.1");
        m.add(b"Host", b"x");
        m.add(b"Accept", b"*/*");
        m.add(b"Cookie", b"a=b");
        m.replace_value(1, b"text/html");
        m.remove(b"HOST");
        m.set(b"X-New", b"1\r\nevil: 2");
        assert_eq!(wire(&m), "GET /a?b HTTP/1.1\r\naccept: text/html\r\ncookie: a=b\r\nx-new: 1  evil: 2\r\n\r\n");
        assert_eq!(m.get(b"Accept"), Some(&b"text/html"[..]));
    }

    #[test]
    fn target_is_edited_by_parts() {
        let mut m = Message::request(b"GET", b"http://h/a?b=c", b"HTTP/1.1");
        assert_eq!((m.path(), m.query()), (&b"/a"[..], &b"b=c"[..]));
        m.set_path(b"/z");
        assert_eq!(m.uri(), b"http://h/z?b=c");
        m.set_query(b"");
        assert_eq!(m.uri(), b"http://h/z");
        m.set_path_and_query(b"/1?2");
        m.set_method(b"POST");
        assert_eq!(m.start_line(), b"POST http://h/1?2 HTTP/1.1");
    }

    #[test]
    fn status_changes_with_its_usual_reason() {
        let mut m = Message::response(b"HTTP/1.1", 200, b"OK");
        m.set_status(503, None);
        assert_eq!(wire(&m), "HTTP/1.1 503 Service Unavailable\r\n\r\n");
        m.set_status(200, Some(b"Fine"));
        assert_eq!((m.status(), m.reason()), (200, &b"Fine"[..]));
    }
}

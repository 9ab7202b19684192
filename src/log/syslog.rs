//! Syslog messages that come in: taken apart, and written again in another form (RFC 3164, RFC 5424, RFC 6587).

use super::date;
use crate::ir::log::LogTransport;

/// A message; parts that it does not have, or that are `-`, are absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Message<'a> {
    /// Facility and level, as they came: any number of at most three digits.
    pub priority: Option<u32>,
    pub stamp: Option<Stamp<'a>>,
    pub host: Option<&'a [u8]>,
    pub tag: Option<&'a [u8]>,
    pub pid: Option<&'a [u8]>,
    pub id: Option<&'a [u8]>,
    /// RFC 5424 6.3, brackets included.
    pub structured: Option<&'a [u8]>,
    pub text: &'a [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp<'a> {
    /// `Nov 22 10:11:12`
    Short(&'a [u8]),
    /// `2026-11-22T10:11:12.123456+01:00`
    Iso(&'a [u8]),
    /// RFC 5424's `-`.
    Nil,
}

/// What a message lacks.
#[derive(Debug, Clone, Copy)]
pub struct Defaults {
    /// 0..=23
    pub facility: u8,
    /// Microseconds since 1970.
    pub now: i64,
    /// Seconds east of UTC.
    pub utc_offset: i32,
}

/// Takes a message apart. Nothing is refused: what is no header is text.
pub fn parse(bytes: &[u8]) -> Message<'_> {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let mut m = Message { text: bytes, ..Message::default() };
    let Some((priority, rest)) = priority(bytes) else { return m };
    (m.priority, m.text) = (Some(priority), rest);
    if let Some(rest) = rest.strip_prefix(b"1 ") {
        return rfc5424(m, rest).unwrap_or(m);
    }
    rfc3164(m, rest).unwrap_or(m)
}

fn priority(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let rest = bytes.strip_prefix(b"<")?;
    let end = rest.iter().take(4).position(|b| *b == b'>').filter(|n| *n > 0)?;
    let digits = std::str::from_utf8(&rest[..end]).ok()?;
    Some((digits.parse().ok()?, &rest[end + 1..]))
}

fn word(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|b| *b == b' ')?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

fn rfc5424<'a>(mut m: Message<'a>, rest: &'a [u8]) -> Option<Message<'a>> {
    let there = |w: &'a [u8]| (w != b"-").then_some(w);
    let (stamp, rest) = word(rest)?;
    let (host, rest) = word(rest)?;
    let (tag, rest) = word(rest)?;
    let (pid, rest) = word(rest)?;
    let (id, rest) = word(rest)?;
    m.stamp = Some(there(stamp).map_or(Stamp::Nil, Stamp::Iso));
    (m.host, m.tag, m.pid, m.id) = (there(host), there(tag), there(pid), there(id));
    let end = if rest.first() == Some(&b'[') { structured_end(rest)? } else { rest.iter().position(|b| *b == b' ')? };
    m.structured = there(&rest[..end]);
    m.text = rest.get(end + 1..).unwrap_or(b"");
    Some(m)
}

/// The length of `[a b="c"][d]`; a bracket inside quotes ends nothing, and a backslash keeps what follows.
fn structured_end(bytes: &[u8]) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (i, b) in bytes.iter().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b']' if !quoted && bytes.get(i + 1) != Some(&b'[') => return Some(i + 1),
            _ => {}
        }
    }
    None
}

/// `Nov 22 10:11:12 host tag[pid]: text`
fn rfc3164<'a>(mut m: Message<'a>, rest: &'a [u8]) -> Option<Message<'a>> {
    let stamp = rest.get(..15).filter(|s| is_short_stamp(s))?;
    let rest = rest[15..].strip_prefix(b" ")?;
    let (host, rest) = word(rest)?;
    (m.stamp, m.host, m.text) = (Some(Stamp::Short(stamp)), Some(host), rest);
    let Some((tag, text)) = word(rest) else { return Some(m) };
    let Some(tag) = tag.strip_suffix(b":") else { return Some(m) };
    m.text = text;
    match (tag.iter().position(|b| *b == b'['), tag.strip_suffix(b"]")) {
        (Some(open), Some(inside)) => (m.tag, m.pid) = (Some(&tag[..open]), Some(&inside[open + 1..])),
        _ => m.tag = Some(tag),
    }
    Some(m)
}

fn is_short_stamp(s: &[u8]) -> bool {
    let is_month = date::MONTHS.iter().any(|m| s.starts_with(m.as_bytes()));
    let digit = |i: usize| s[i].is_ascii_digit();
    is_month
        && (s[3], s[6], s[9], s[12]) == (b' ', b' ', b':', b':')
        && (digit(4) || s[4] == b' ')
        && [5, 7, 8, 10, 11, 13, 14].into_iter().all(digit)
}

impl Message<'_> {
    /// 0 (emergency) to 7 (debug); a message that says nothing is an emergency.
    pub fn level(&self) -> u8 {
        (self.priority.unwrap_or(0) & 7) as u8
    }

    /// The form that it came in.
    pub fn form(&self) -> LogTransport {
        match (self.priority, self.stamp) {
            (None, _) => LogTransport::Raw,
            (Some(_), None | Some(Stamp::Nil)) => LogTransport::Priority,
            (Some(_), Some(Stamp::Short(_))) => LogTransport::Rfc3164,
            (Some(_), Some(Stamp::Iso(_))) => LogTransport::Rfc5424,
        }
    }

    /// Appends the message in some form, without a line's end.
    pub fn write(&self, form: LogTransport, d: &Defaults, out: &mut Vec<u8>) {
        let priority = self.priority.unwrap_or_else(|| u32::from(d.facility) * 8);
        let brackets = |n: u32, out: &mut Vec<u8>| out.extend_from_slice(format!("<{n}>").as_bytes());
        match form {
            LogTransport::Raw => {}
            LogTransport::Short => brackets(u32::from(self.level()), out),
            LogTransport::Priority => brackets(priority, out),
            LogTransport::Iso | LogTransport::Timed => {
                if form == LogTransport::Timed {
                    brackets(u32::from(self.level()), out);
                }
                self.iso(d, false, out);
                out.push(b' ');
            }
            LogTransport::Local | LogTransport::Rfc3164 => {
                brackets(priority, out);
                self.short(d, out);
                out.push(b' ');
                if form == LogTransport::Rfc3164 {
                    out.extend_from_slice(self.host.unwrap_or(b"localhost"));
                    out.push(b' ');
                }
                if let Some(tag) = self.tag {
                    out.extend_from_slice(tag);
                    if let Some(pid) = self.pid {
                        [b"[", pid, b"]"].iter().for_each(|p| out.extend_from_slice(p));
                    }
                    out.extend_from_slice(b": ");
                }
            }
            LogTransport::Rfc5424 => {
                brackets(priority, out);
                out.extend_from_slice(b"1 ");
                self.iso(d, true, out);
                for part in [self.host, self.tag, self.pid, self.id, self.structured] {
                    out.push(b' ');
                    out.extend_from_slice(part.unwrap_or(b"-"));
                }
                out.push(b' ');
            }
        }
        out.extend_from_slice(self.text);
    }

    fn iso(&self, d: &Defaults, keeps_nil: bool, out: &mut Vec<u8>) {
        let now = date::civil(d.now.div_euclid(1_000_000), d.utc_offset);
        match self.stamp {
            Some(Stamp::Iso(s)) => out.extend_from_slice(s),
            Some(Stamp::Nil) if keeps_nil => out.push(b'-'),
            Some(Stamp::Short(s)) => {
                // It has neither year nor zone: ours, and unknown (RFC 3339 4.3).
                let month = date::MONTHS.iter().position(|m| s.starts_with(m.as_bytes())).unwrap_or(0) + 1;
                let day = String::from_utf8_lossy(&s[4..6]).replace(' ', "0");
                let time = String::from_utf8_lossy(&s[7..15]);
                out.extend_from_slice(format!("{}-{month:02}-{day}T{time}-00:00", now.year).as_bytes());
            }
            Some(Stamp::Nil) | None => date::iso(&now, d.now.rem_euclid(1_000_000) as u32, d.utc_offset, out),
        }
    }

    fn short(&self, d: &Defaults, out: &mut Vec<u8>) {
        match self.stamp {
            Some(Stamp::Short(s)) => out.extend_from_slice(s),
            Some(Stamp::Iso(s)) if s.len() >= 19 => {
                let number = |s: &[u8]| std::str::from_utf8(s).ok().and_then(|t| t.parse::<usize>().ok());
                let month = number(&s[5..7]).and_then(|n| date::MONTHS.get(n.wrapping_sub(1))).unwrap_or(&"Jan");
                let day = number(&s[8..10]).unwrap_or(1);
                out.extend_from_slice(format!("{month} {day:2} {}", String::from_utf8_lossy(&s[11..19])).as_bytes());
            }
            _ => date::rfc3164(&date::civil(d.now.div_euclid(1_000_000), d.utc_offset), out),
        }
    }
}

/// What a stream of messages has at its beginning (RFC 6587 3.4).
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// More has to come.
    Partial,
    /// The message stands in `start..end`; what follows begins at `next`.
    Whole { start: usize, end: usize, next: usize },
    /// No message begins like that.
    Bad,
}

/// Longest message of a stream.
const LONGEST: usize = 65536;

/// Finds the first message: counted octets where a digit comes first, else up to a line feed or NUL.
pub fn frame(bytes: &[u8]) -> Frame {
    let Some(first) = bytes.first() else { return Frame::Partial };
    if !first.is_ascii_digit() {
        if *first != b'<' {
            return Frame::Bad;
        }
        return match bytes.iter().position(|b| matches!(b, b'\n' | 0)) {
            Some(end) => Frame::Whole { start: 0, end, next: end + 1 },
            None if bytes.len() > LONGEST => Frame::Bad,
            None => Frame::Partial,
        };
    }
    let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let count = std::str::from_utf8(&bytes[..digits]).ok().and_then(|t| t.parse::<usize>().ok());
    match (count.filter(|n| (1..=LONGEST).contains(n)), bytes.get(digits)) {
        (None, _) | (_, Some(b'!'..=b'~' | 0..=b'\x1f')) => Frame::Bad,
        (Some(_), None) => Frame::Partial,
        (Some(n), Some(_)) if bytes.len() < digits + 1 + n => Frame::Partial,
        (Some(n), Some(_)) => Frame::Whole { start: digits + 1, end: digits + 1 + n, next: digits + 1 + n },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use LogTransport::{Iso, Local, Priority, Raw, Rfc3164, Rfc5424, Short, Timed};

    const D: Defaults = Defaults { facility: 16, now: 1_795_329_880_014_321, utc_offset: 0 };

    fn written(text: &str, form: Option<LogTransport>) -> String {
        let m = parse(text.as_bytes());
        let mut out = Vec::new();
        m.write(form.unwrap_or_else(|| m.form()), &D, &mut out);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn a_message_keeps_its_form() {
        for text in [
            "<134>Nov 22 10:11:12 myhost app[77]: hello",
            "<134>Nov 22 10:11:12 app[77]: no host",
            "<134>1 2026-11-22T10:11:12.123456+01:00 h5 app5 99 ID47 [a@1 b=\"]\"] text",
            "no priority",
            "<13>just text",
            "<5>",
        ] {
            assert_eq!(written(text, None), text);
        }
        assert_eq!(written("<13>1 - - - - - - nil\n", None), "<13>nil");
    }

    #[test]
    fn a_message_takes_another_form() {
        let old = "<134>Nov 22 10:11:12 myhost app[77]: hello";
        let new = "<134>1 2026-11-22T10:11:12.123456+01:00 h5 app5 99 ID47 [a@1 b=\"c\"] text";
        for (text, form, want) in [
            (old, Rfc5424, "<134>1 2026-11-22T10:11:12-00:00 myhost app 77 - - hello"),
            (old, Iso, "2026-11-22T10:11:12-00:00 hello"),
            (old, Short, "<6>hello"),
            (old, Raw, "hello"),
            (old, Local, "<134>Nov 22 10:11:12 app[77]: hello"),
            (new, Rfc3164, "<134>Nov 22 10:11:12 h5 app5[99]: text"),
            (new, Timed, "<6>2026-11-22T10:11:12.123456+01:00 text"),
            ("<13>x", Rfc5424, "<13>1 2026-11-22T06:44:40.014321+00:00 - - - - - x"),
            ("x", Rfc3164, "<128>Nov 22 06:44:40 localhost x"),
            ("x", Priority, "<128>x"),
            ("<13>1 - - - - - - nil", Rfc5424, "<13>1 - - - - - - nil"),
            ("<13>1 - - - - - - nil", Iso, "2026-11-22T06:44:40.014321+00:00 nil"),
        ] {
            assert_eq!(written(text, Some(form)), want);
        }
    }

    #[test]
    fn a_stream_is_cut_into_messages() {
        assert_eq!(frame(b"<13>x\n<14>"), Frame::Whole { start: 0, end: 5, next: 6 });
        assert_eq!(frame(b"5 <13>x<"), Frame::Whole { start: 2, end: 7, next: 7 });
        assert_eq!(frame(b"5 <13"), Frame::Partial);
        assert_eq!(
            (frame(b"12x"), frame(b"abc"), frame(b"12 abc"), frame(b"")),
            (Frame::Bad, Frame::Bad, Frame::Partial, Frame::Partial)
        );
    }
}

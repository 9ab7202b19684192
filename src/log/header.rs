//! What goes in front of a log line (HAProxy manual 4.2 `log ... format`; RFC 3164, RFC 5424).

use super::date;
use crate::ir::log::LogTransport;

/// What a header may tell.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    /// 0..=23
    pub facility: u8,
    /// 0..=7
    pub level: u8,
    /// Microseconds since 1970.
    pub now: i64,
    /// Seconds east of UTC.
    pub utc_offset: i32,
    /// Only where `log-send-hostname` asked for it; RFC 3164 and 5424 always have one.
    pub hostname: Option<&'a str>,
    pub machine: &'a str,
    pub tag: &'a str,
    pub pid: u32,
    /// Structured data of RFC 5424, brackets included.
    pub structured: Option<&'a [u8]>,
}

fn text(out: &mut Vec<u8>, parts: &[&[u8]]) {
    parts.iter().for_each(|p| out.extend_from_slice(p));
}

/// Appends the header; the line follows at once.
pub fn write(format: LogTransport, h: &Header<'_>, out: &mut Vec<u8>) {
    let (seconds, micros) = (h.now.div_euclid(1_000_000), h.now.rem_euclid(1_000_000) as u32);
    let (mut level, mut priority) = (itoa::Buffer::new(), itoa::Buffer::new());
    let level = level.format(h.level).as_bytes();
    let priority = priority.format(u32::from(h.facility) * 8 + u32::from(h.level)).as_bytes();
    let mut pid = itoa::Buffer::new();
    let pid = pid.format(h.pid).as_bytes();
    let stamp = |out: &mut Vec<u8>| date::iso(&date::civil(seconds, h.utc_offset), micros, h.utc_offset, out);
    match format {
        LogTransport::Local | LogTransport::Rfc3164 => {
            text(out, &[b"<", priority, b">"]);
            date::rfc3164(&date::civil(seconds, h.utc_offset), out);
            out.push(b' ');
            if let Some(name) = h.hostname.or_else(|| (format == LogTransport::Rfc3164).then_some(h.machine)) {
                text(out, &[name.as_bytes(), b" "]);
            }
            text(out, &[h.tag.as_bytes(), b"[", pid, b"]: "]);
        }
        LogTransport::Rfc5424 => {
            text(out, &[b"<", priority, b">1 "]);
            stamp(out);
            let name = h.hostname.unwrap_or("-");
            text(out, &[b" ", name.as_bytes(), b" ", h.tag.as_bytes(), b" ", pid, b" - "]);
            text(out, &[h.structured.filter(|s| !s.is_empty()).unwrap_or(b"-"), b" "]);
        }
        LogTransport::Priority => text(out, &[b"<", priority, b">"]),
        LogTransport::Short => text(out, &[b"<", level, b">"]),
        LogTransport::Timed => {
            text(out, &[b"<", level, b">"]);
            stamp(out);
            out.push(b' ');
        }
        LogTransport::Iso => {
            stamp(out);
            out.push(b' ');
        }
        LogTransport::Raw => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_has_its_form() {
        let h = Header {
            facility: 16,
            level: 6,
            now: 1_795_329_880_014_321,
            utc_offset: 0,
            hostname: None,
            machine: "localhost",
            tag: "haproxy",
            pid: 31407,
            structured: None,
        };
        for (format, want) in [
            (LogTransport::Local, "<134>Nov 22 06:44:40 haproxy[31407]: "),
            (LogTransport::Rfc3164, "<134>Nov 22 06:44:40 localhost haproxy[31407]: "),
            (LogTransport::Rfc5424, "<134>1 2026-11-22T06:44:40.014321+00:00 - haproxy 31407 - - "),
            (LogTransport::Iso, "2026-11-22T06:44:40.014321+00:00 "),
            (LogTransport::Timed, "<6>2026-11-22T06:44:40.014321+00:00 "),
            (LogTransport::Short, "<6>"),
            (LogTransport::Priority, "<134>"),
            (LogTransport::Raw, ""),
        ] {
            let mut out = Vec::new();
            write(format, &h, &mut out);
            assert_eq!(String::from_utf8(out).expect("ASCII"), want);
        }
    }
}

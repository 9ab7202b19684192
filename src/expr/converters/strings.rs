//! Converters that cut, join and compare text (manual 7.3.1).

use std::borrow::Cow;

use crate::expr::converter::{CONVERTER, Converter};
use crate::expr::fetch::{ArgKind, ArgSpec, int_arg, opt, req, str_arg};
use crate::expr::scope::Scope;
use crate::expr::value::{Type, Value};
use crate::ir::expr::Arg;

pub const ALL: &[&Converter] = &[
    &ADD_ITEM, &BYTES, &CONCAT, &CUT_CRLF, &DEBUG, &FIELD, &HOST_ONLY, &IIF, &LANGUAGE, &LENGTH, &LOWER, &LTRIM,
    &PORT_ONLY, &REGSUB, &RTRIM, &STRCMP, &UPPER, &WORD,
];

/// The text of a variable, or none.
fn var_text(s: &Scope<'_>, a: &[Arg], i: usize) -> Option<Vec<u8>> {
    match a.get(i)? {
        Arg::Var(v) => Some(s.vars.get(v)?.into_text().into_owned()),
        _ => None,
    }
}

/// A part of a text that may be borrowed or owned.
fn part<'a>(text: Cow<'a, [u8]>, range: std::ops::Range<usize>) -> Cow<'a, [u8]> {
    match text {
        Cow::Borrowed(b) => Cow::Borrowed(&b[range]),
        Cow::Owned(o) => Cow::Owned(o[range].to_vec()),
    }
}

const LOWER: Converter = Converter {
    name: "lower",
    doc: "In small letters (ASCII).",
    run: |_, v, _| Some(Value::string(v.into_text().to_ascii_lowercase())),
    ..CONVERTER
};
const UPPER: Converter = Converter {
    name: "upper",
    doc: "In capitals (ASCII).",
    run: |_, v, _| Some(Value::string(v.into_text().to_ascii_uppercase())),
    ..CONVERTER
};
const LENGTH: Converter = Converter {
    name: "length",
    doc: "How many bytes.",
    output: Type::Int,
    run: |_, v, _| Some(Value::Int(v.into_text().len() as i64)),
    ..CONVERTER
};
const BYTES: Converter = Converter {
    name: "bytes",
    doc: "Bytes from an offset, all or some.",
    args: &[req(ArgKind::Int), opt(ArgKind::Int)],
    input: Type::Bin,
    output: Type::Bin,
    run: |_, v, a| {
        let bytes = v.into_binary();
        let start = usize::try_from(int_arg(a, 0)?).unwrap_or(0);
        if start >= bytes.len() {
            return Some(Value::Bin(Vec::new().into()));
        }
        let end = match int_arg(a, 1) {
            Some(n) => start.saturating_add(usize::try_from(n).unwrap_or(0)).min(bytes.len()),
            None => bytes.len(),
        };
        Some(Value::Bin(part(bytes, start..end)))
    },
    ..CONVERTER
};
const LTRIM: Converter = Converter {
    name: "ltrim",
    doc: "Without the given characters at its beginning.",
    args: &[req(ArgKind::Str)],
    run: |_, v, a| {
        let text = v.into_text();
        let cut = text.iter().take_while(|b| str_arg(a, 0).unwrap_or("").as_bytes().contains(b)).count();
        let end = text.len();
        Some(Value::Str(part(text, cut..end)))
    },
    ..CONVERTER
};
const RTRIM: Converter = Converter {
    name: "rtrim",
    doc: "Without the given characters at its end.",
    args: &[req(ArgKind::Str)],
    run: |_, v, a| {
        let text = v.into_text();
        let cut = text.iter().rev().take_while(|b| str_arg(a, 0).unwrap_or("").as_bytes().contains(b)).count();
        let end = text.len() - cut;
        Some(Value::Str(part(text, 0..end)))
    },
    ..CONVERTER
};
const CUT_CRLF: Converter = Converter {
    name: "cut_crlf",
    doc: "Up to the first carriage return or line feed.",
    run: |_, v, _| {
        let text = v.into_text();
        let end = memchr::memchr2(b'\r', b'\n', &text).unwrap_or(text.len());
        Some(Value::Str(part(text, 0..end)))
    },
    ..CONVERTER
};

const SPLIT: &[ArgSpec] = &[req(ArgKind::Int), req(ArgKind::Str), opt(ArgKind::Int)];

/// Where the n-th part of a text lies and how far `count` parts reach; 0 is all the rest. `words` merges delimiters.
fn nth_part(text: &[u8], a: &[Arg], words: bool) -> Option<std::ops::Range<usize>> {
    let index = int_arg(a, 0)?;
    let delimiters = str_arg(a, 1)?.as_bytes();
    let count = int_arg(a, 2).unwrap_or(1);
    let parts: Vec<_> = ranges(text, delimiters).filter(|r| !words || !r.is_empty()).collect();
    let n = usize::try_from(index.unsigned_abs()).ok()?.checked_sub(1)?;
    let span = match usize::try_from(count).ok()? {
        0 => parts.len(),
        c => c,
    };
    if index > 0 {
        let first = parts.get(n)?;
        let last = parts[n..].iter().take(span).next_back()?;
        return Some(first.start..last.end);
    }
    let last = parts.len().checked_sub(1 + n)?;
    let first = (last + 1).saturating_sub(span);
    Some(parts[first].start..parts[last].end)
}

fn ranges<'a>(text: &'a [u8], delimiters: &'a [u8]) -> impl Iterator<Item = std::ops::Range<usize>> + 'a {
    let mut start = 0;
    let mut done = false;
    std::iter::from_fn(move || {
        if done {
            return None;
        }
        let end = text[start..].iter().position(|b| delimiters.contains(b)).map(|i| start + i);
        let range = start..end.unwrap_or(text.len());
        match end {
            Some(e) => start = e + 1,
            None => done = true,
        }
        Some(range)
    })
}

const FIELD: Converter = Converter {
    name: "field",
    doc: "The n-th field between delimiters, counted from the end when negative; or several.",
    args: SPLIT,
    run: |_, v, a| {
        let text = v.into_text();
        let range = nth_part(&text, a, false)?;
        Some(Value::Str(part(text, range)))
    },
    ..CONVERTER
};
const WORD: Converter = Converter {
    name: "word",
    doc: "The n-th word; runs of delimiters count as one.",
    args: SPLIT,
    run: |_, v, a| {
        let text = v.into_text();
        let range = nth_part(&text, a, true).unwrap_or(0..0);
        Some(Value::Str(part(text, range)))
    },
    ..CONVERTER
};

const CONCAT: Converter = Converter {
    name: "concat",
    doc: "Followed by a text, a variable and another text.",
    args: &[opt(ArgKind::Str), opt(ArgKind::Var), opt(ArgKind::Str)],
    run: |s, v, a| {
        let mut out = v.into_text().into_owned();
        out.extend_from_slice(str_arg(a, 0).unwrap_or("").as_bytes());
        out.extend(var_text(s, a, 1).unwrap_or_default());
        out.extend_from_slice(str_arg(a, 2).unwrap_or("").as_bytes());
        Some(Value::string(out))
    },
    ..CONVERTER
};
const ADD_ITEM: Converter = Converter {
    name: "add_item",
    doc: "Followed by a delimiter, unless empty, and by a variable and a text.",
    args: &[req(ArgKind::Str), opt(ArgKind::Var), opt(ArgKind::Str)],
    run: |s, v, a| {
        let mut out = v.into_text().into_owned();
        let mut item = var_text(s, a, 1).unwrap_or_default();
        item.extend_from_slice(str_arg(a, 2).unwrap_or("").as_bytes());
        if !item.is_empty() {
            if !out.is_empty() {
                out.extend_from_slice(str_arg(a, 0)?.as_bytes());
            }
            out.extend(item);
        }
        Some(Value::string(out))
    },
    ..CONVERTER
};
const STRCMP: Converter = Converter {
    name: "strcmp",
    doc: "Compares with a variable: 0 equal, below 0 before it, above 0 behind it.",
    args: &[req(ArgKind::Var)],
    output: Type::Int,
    run: |s, v, a| {
        let other = var_text(s, a, 0)?;
        Some(Value::Int(match (*v.into_text()).cmp(&other[..]) {
            std::cmp::Ordering::Less => -1,
            std::cmp::Ordering::Equal => 0,
            std::cmp::Ordering::Greater => 1,
        }))
    },
    ..CONVERTER
};
const IIF: Converter = Converter {
    name: "iif",
    doc: "One text when true, another when false.",
    args: &[req(ArgKind::Str), req(ArgKind::Str)],
    input: Type::Bool,
    run: |_, v, a| Some(Value::str(str_arg(a, usize::from(!v.as_bool()?))?.as_bytes())),
    ..CONVERTER
};
const DEBUG: Converter = Converter {
    name: "debug",
    doc: "Passes its input on; the original can also copy it to an event sink.",
    args: &[opt(ArgKind::Str), opt(ArgKind::Str)],
    input: Type::Any,
    output: Type::Any,
    status: crate::text::book::Status::Tuning,
    ..CONVERTER
};

const HOST_ONLY: Converter = Converter {
    name: "host_only",
    doc: "The host of a Host header, without its port.",
    run: |_, v, _| {
        let text = v.into_text();
        let end = crate::http::uri::host_and_port(&text).0.len();
        Some(Value::Str(part(text, 0..end)))
    },
    ..CONVERTER
};
const PORT_ONLY: Converter = Converter {
    name: "port_only",
    doc: "The port of a Host header, 0 without one.",
    output: Type::Int,
    run: |_, v, _| {
        let text = v.into_text();
        let port = crate::http::uri::host_and_port(&text).1.map_or(0, |p| crate::expr::value::leading_int(p).0);
        Some(Value::Int(port))
    },
    ..CONVERTER
};

const REGSUB: Converter = Converter {
    name: "regsub",
    doc: "Replaces what a regex matches, once or everywhere (flag g), in any case (flag i).",
    args: &[req(ArgKind::Regex), req(ArgKind::Str), opt(ArgKind::Str)],
    run: |_, v, a| {
        let Some(Arg::Regex(re)) = a.first() else { return None };
        let everywhere = str_arg(a, 2).is_some_and(|f| f.contains('g'));
        Some(Value::string(substitute(&re.0, &v.into_text(), str_arg(a, 1)?, everywhere)))
    },
    ..CONVERTER
};

/// Replaces matches; `\0` to `\9` are groups, `\xHH` a byte, other backslashes are kept off the next character.
pub fn substitute(re: &regex::bytes::Regex, text: &[u8], replacement: &str, everywhere: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut last = 0;
    for c in re.captures_iter(text).take(if everywhere { usize::MAX } else { 1 }) {
        let Some(whole) = c.get(0) else { break };
        out.extend_from_slice(&text[last..whole.start()]);
        expand(replacement.as_bytes(), &c, &mut out);
        last = whole.end();
    }
    out.extend_from_slice(&text[last..]);
    out
}

/// Appends a replacement text with its groups filled in.
pub fn expand(replacement: &[u8], c: &regex::bytes::Captures<'_>, out: &mut Vec<u8>) {
    let mut i = 0;
    while let Some(&b) = replacement.get(i) {
        i += 1;
        if b != b'\\' {
            out.push(b);
            continue;
        }
        match replacement.get(i) {
            Some(d @ b'0'..=b'9') => {
                out.extend_from_slice(c.get(usize::from(d - b'0')).map_or(&[], |m| m.as_bytes()));
                i += 1;
            }
            Some(b'x') => {
                let hex = replacement.get(i + 1..i + 3).and_then(|h| std::str::from_utf8(h).ok());
                match hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
                    Some(byte) => {
                        out.push(byte);
                        i += 3;
                    }
                    None => out.push(b'\\'),
                }
            }
            Some(&other) => {
                out.push(other);
                i += 1;
            }
            None => out.push(b'\\'),
        }
    }
}

const LANGUAGE: Converter = Converter {
    name: "language",
    doc: "The best of a list of languages for an Accept-Language header (RFC 9110 section 12.5.4).",
    args: &[req(ArgKind::Str), opt(ArgKind::Str)],
    run: |_, v, a| {
        let offered: Vec<&str> = str_arg(a, 0)?.split(';').collect();
        let text = v.into_text();
        let best = preferred(&text, &offered).or_else(|| str_arg(a, 1).map(|d| d.as_bytes().to_vec()))?;
        Some(Value::string(best))
    },
    ..CONVERTER
};

fn preferred(header: &[u8], offered: &[&str]) -> Option<Vec<u8>> {
    let mut best: Option<(i64, &[u8])> = None;
    for item in header.split(|b| *b == b',') {
        let mut parts = item.split(|b| *b == b';');
        let name = parts.next().unwrap_or(&[]).trim_ascii();
        let q = parts.find_map(|p| quality(p.trim_ascii())).unwrap_or(1000);
        let known = offered.iter().any(|o| o.as_bytes().eq_ignore_ascii_case(name));
        if known && q > 0 && best.is_none_or(|(b, _)| q > b) {
            best = Some((q, name));
        }
    }
    best.map(|(_, n)| n.to_vec())
}

/// `q=0.8` in thousandths.
fn quality(parameter: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(parameter.strip_prefix(b"q=")?).ok()?;
    let q: f64 = text.parse().ok()?;
    Some((q.clamp(0.0, 1.0) * 1000.0) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str, n: i64, delimiters: &str, count: i64, words: bool) -> Option<String> {
        let args = [Arg::Int(n), Arg::Str(delimiters.into()), Arg::Int(count)];
        nth_part(text.as_bytes(), &args, words).map(|r| text[r].to_owned())
    }

    #[test]
    fn fields_count_from_either_end() {
        assert_eq!(fields("f1_f2_f3__f5", 5, "_", 1, false).as_deref(), Some("f5"));
        assert_eq!(fields("f1_f2_f3__f5", 2, "_", 0, false).as_deref(), Some("f2_f3__f5"));
        assert_eq!(fields("f1_f2_f3__f5", 2, "_", 2, false).as_deref(), Some("f2_f3"));
        assert_eq!(fields("f1_f2_f3__f5", -2, "_", 3, false).as_deref(), Some("f2_f3_"));
        assert_eq!(fields("f1_f2_f3__f5", 4, "_", 1, false).as_deref(), Some(""));
    }

    #[test]
    fn words_skip_empty_fields() {
        assert_eq!(fields("w1_w2___w3__w4", 3, "_", 0, true).as_deref(), Some("w3__w4"));
        assert_eq!(fields("w1_w2___w3__w4", -1, "_", 1, true).as_deref(), Some("w4"));
        assert_eq!(fields("w1", 2, "_", 1, true), None);
    }

    #[test]
    fn groups_and_bytes_are_filled_in() {
        let re = regex::bytes::Regex::new("(a)(b)?").expect("a regex");
        assert_eq!(substitute(&re, b"xab.a", r"<\2\1\x41>", true), b"x<baA>.<aA>");
        assert_eq!(substitute(&re, b"xab.a", r"-", false), b"x-.a");
    }
}

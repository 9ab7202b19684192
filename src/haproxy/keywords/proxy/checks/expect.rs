//! What a step of a check wants to hear (manual 4.2 `http-check expect`, `tcp-check expect`).

use super::rules::{bare, is_http, not_hex, push, refuse};
use crate::haproxy::keyword::Line;
use crate::haproxy::lower::format;
use crate::haproxy::lower::sample::{self, Place};
use crate::ir::check::{CheckAction, CheckStatusName, Expect, ExpectMatch, HeaderMatch};
use crate::ir::expr::Format;
use crate::text::atoms;
use crate::text::grammar::Word;

pub const SYNTAX: &str = "[min-recv <int>] [comment <msg>] [ok-status <st>] [error-status <st>] [tout-status <st>] [on-success <fmt>] [on-error <fmt>] [status-code <expr>] [!] <match> <pattern>";

pub fn lower(l: &mut Line<'_>) {
    match parse(l) {
        Ok((e, comment)) => push(l, CheckAction::Expect(e), comment),
        Err(e) => refuse(l, bare(e)),
    }
}

/// The options around a pattern, which may stand on either side of it.
fn parse(l: &mut Line<'_>) -> Result<(Expect, Option<String>), String> {
    let mut e = Expect::of(ExpectMatch::Status(Vec::new()));
    let (mut comment, mut found) = (None, None);
    let words = l.rest().to_vec();
    let mut rest = words.as_slice();
    while let Some((w, tail)) = rest.split_first() {
        let first = tail.first();
        let value = first.map(|v| v.text.clone()).unwrap_or_default();
        let mut used = 2;
        let at = first.map_or(w.at, |v| v.at);
        let fmt = |l: &mut Line<'_>| {
            format::parse(&value, at, Place::Check, l.draft)
                .map_err(|e| format!("'{value}' invalid log-format string ({e}).\n."))
        };
        match w.text.as_str() {
            "!" => (e.negate, used) = (!e.negate, 1),
            "min-recv" => e.min_recv = atoms::integer(&value).and_then(|n| usize::try_from(n).ok()),
            "comment" if value.is_empty() => return Err("'comment' expects a string as argument..".to_owned()),
            "comment" => comment = Some(value),
            "ok-status" => e.ok_status = Some(status_name("ok-status", &value)?),
            "error-status" => e.error_status = Some(status_name("error-status", &value)?),
            "tout-status" => e.tout_status = Some(status_name("tout-status", &value)?),
            "on-success" => e.on_success = Some(fmt(l)?),
            "on-error" => e.on_error = Some(fmt(l)?),
            "status-code" => {
                let wrong = |e| format!("error detected while parsing status-code expression : {e}");
                e.status_code = Some(sample::parse(&value, at, l.draft).map_err(wrong)?);
            }
            text => {
                let key = text.trim_start_matches('!');
                e.negate ^= (text.len() - key.len()) % 2 == 1;
                let (matcher, words) = matcher(key, text, tail, l)?;
                if found.replace(matcher).is_some() {
                    return Err("only on pattern expected".to_owned());
                }
                used = words + 1;
            }
        }
        rest = &rest[used.min(rest.len())..];
    }
    e.matcher = found.ok_or("expects at least a matching pattern as arguments")?;
    Ok((e, comment))
}

const HTTP_ONLY: &str = "'only supports min-recv, [!]string', '[!]rstring', '[!]string-lf', '[!]status', '[!]rstatus', [!]hdr, [!]fhdr or comment but got";
const TCP_ONLY: &str = "'only supports min-recv, '[!]binary', '[!]string', '[!]rstring', '[!]string-lf''[!]rbinary', '[!]binary-lf' or comment but got";

/// A kind of match with its pattern, and how many words that took.
fn matcher(key: &str, written: &str, tail: &[Word], l: &mut Line<'_>) -> Result<(ExpectMatch, usize), String> {
    let http = is_http(l);
    let known = match key {
        "string" | "rstring" | "string-lf" => true,
        "status" | "rstatus" | "hdr" | "fhdr" => http,
        "binary" | "rbinary" | "binary-lf" => !http,
        _ => false,
    };
    if !known {
        return Err(format!("{} '{written}' as argument..", if http { HTTP_ONLY } else { TCP_ONLY }));
    }
    if matches!(key, "hdr" | "fhdr") {
        return header(tail, key, l);
    }
    let value = tail.first().filter(|v| !v.text.is_empty());
    let value = value.ok_or_else(|| format!("'{key}' expects a <pattern> as argument"))?;
    let formatted = |l: &mut Line<'_>| {
        format::parse(&value.text, value.at, Place::Check, l.draft)
            .map_err(|e| format!("'{}' invalid log-format string ({e}).\n.", value.text))
    };
    let m = match key {
        "status" => ExpectMatch::Status(ranges(&value.text)?),
        "rstatus" => ExpectMatch::StatusRegex(sample::compile(&value.text, false)?),
        "string" => ExpectMatch::String(value.text.clone().into_bytes()),
        "string-lf" => ExpectMatch::StringFormat(formatted(l)?),
        "rstring" => ExpectMatch::Regex(sample::compile(&value.text, false)?),
        "binary" => ExpectMatch::Binary(
            crate::expr::pattern::unhex(&value.text)
                .ok_or_else(|| format!("invalid binary string ({})", not_hex(&value.text)))?,
        ),
        "binary-lf" => ExpectMatch::BinaryFormat(formatted(l)?),
        _ => ExpectMatch::BinaryRegex(sample::compile(&value.text, false)?),
    };
    Ok((m, 1))
}

/// `200,300-399`
fn ranges(text: &str) -> Result<Vec<(u16, u16)>, String> {
    if let Some(c) = text.chars().find(|c| !(c.is_ascii_digit() || matches!(c, ',' | '-' | ' '))) {
        return Err(format!("invalid character '{c}' in the list of status codes"));
    }
    text.split(',')
        .map(|r| {
            let (low, high) =
                atoms::range(r.trim()).ok_or_else(|| format!("invalid range of status codes '{}'", r.trim()))?;
            Ok((u16::try_from(low).unwrap_or(u16::MAX), u16::try_from(high).unwrap_or(u16::MAX)))
        })
        .collect()
}

/// `name [-m m] <n> [value [-m m] <v>]`: the match, and how many words it took.
fn header(words: &[Word], key: &str, l: &mut Line<'_>) -> Result<(ExpectMatch, usize), String> {
    let mut i = 0;
    let nameless = || format!("'{key}' expects at the name keyword as first argument followed by a pattern");
    if words.len() < 2 {
        return Err(nameless());
    }
    let name = part(words, &mut i, "name", key, l)?.ok_or_else(nameless)?;
    let value = part(words, &mut i, "value", key, l)?;
    Ok((ExpectMatch::Header { name, value, full: key == "fhdr" }, i))
}

/// `name` or `value`, or their `-lf` forms, with how it is compared.
fn part(words: &[Word], i: &mut usize, what: &str, key: &str, l: &mut Line<'_>) -> Result<Option<HeaderMatch>, String> {
    let formatted = match words.get(*i).map(|w| w.text.as_str()) {
        Some(k) if k == what => false,
        Some(k) if k.strip_suffix("-lf") == Some(what) => true,
        _ => return Ok(None),
    };
    *i += 1;
    let mut method = "str";
    if words.get(*i).is_some_and(|w| w.text == "-m") {
        method = words.get(*i + 1).map(|w| w.text.as_str()).ok_or_else(|| {
            format!("'{key}' : '-m' expects at a matching pattern ('str', 'beg', 'end', 'sub' or 'reg')")
        })?;
        *i += 2;
    }
    if !matches!(method, "str" | "beg" | "end" | "sub" | "reg") {
        return Err(format!("'{key}' : '-m' only supports 'str', 'beg', 'end', 'sub' or 'reg' (got '{method}')"));
    }
    let v = words.get(*i).ok_or_else(|| format!("'{key}' expect a pattern with the {what} keyword"))?;
    *i += 1;
    if method == "reg" {
        // Names have no case.
        return Ok(Some(HeaderMatch::Reg(sample::compile(&v.text, what == "name")?)));
    }
    let fmt = if formatted { format::parse(&v.text, v.at, Place::Check, l.draft)? } else { Format::of_text(&v.text) };
    Ok(Some(match method {
        "beg" => HeaderMatch::Beg(fmt),
        "end" => HeaderMatch::End(fmt),
        "sub" => HeaderMatch::Sub(fmt),
        _ => HeaderMatch::Str(fmt),
    }))
}

/// What a verdict may be changed to, by the option that does it.
fn status_name(option: &str, text: &str) -> Result<CheckStatusName, String> {
    let (allowed, said): (&[_], _) = match option {
        "ok-status" => (
            &[
                ("L4OK", CheckStatusName::L4Ok),
                ("L6OK", CheckStatusName::L6Ok),
                ("L7OK", CheckStatusName::L7Ok),
                ("L7OKC", CheckStatusName::L7OkC),
            ],
            "'L4OK', 'L6OK', 'L7OK' or 'L7OKC'",
        ),
        "error-status" => (
            &[
                ("L4CON", CheckStatusName::L4Con),
                ("L6RSP", CheckStatusName::L6Rsp),
                ("L7RSP", CheckStatusName::L7Rsp),
                ("L7STS", CheckStatusName::L7Sts),
            ],
            "'L4CON', 'L6RSP', 'L7RSP' or 'L7STS'",
        ),
        _ => (
            &[
                ("L4TOUT", CheckStatusName::L4Tout),
                ("L6TOUT", CheckStatusName::L6Tout),
                ("L7TOUT", CheckStatusName::L7Tout),
            ],
            "'L4TOUT', 'L6TOUT' or 'L7TOUT'",
        ),
    };
    let found = allowed.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
    found.map(|(_, s)| *s).ok_or_else(|| format!("'{option}' only supports {said} status (got '{text}').."))
}

//! The arguments of `return`, `deny`, `tarpit`, `http-error` and `redirect`.

use std::sync::Arc;

use super::format;
use super::sample::Place;
use crate::haproxy::Outside;
use crate::haproxy::draft::Draft;
use crate::ir::action::{Redirect, RedirectKind, Reply, ReplyBody};
use crate::text::atoms;
use crate::text::grammar::Word;

/// The statuses that have a page.
pub const ERROR_CODES: &[u16] =
    &[200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 421, 422, 425, 429, 500, 501, 502, 503, 504];

/// Which statuses a reply may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codes {
    /// `return`: 200 to 599.
    Any,
    /// `deny`: those that have a page, or any with a body.
    Errors,
    /// `http-error`: those that have a page; it is empty unless told otherwise.
    Pages,
}

/// Reads `status N content-type T file F ...` up to the end of `words`.
///
/// # Errors
/// The original's words.
pub fn reply(
    words: &[Word],
    codes: Codes,
    place: Place,
    draft: &mut Draft,
    outside: &dyn Outside,
) -> Result<Reply, String> {
    let mut r = Reply { status: None, content_type: None, headers: Vec::new(), body: ReplyBody::Default };
    let mut has_body = false;
    let mut rest = words;
    while let Some((key, tail)) = rest.split_first() {
        let value = tail.first();
        let need = |what: &str| {
            value.map(|w| w.text.as_str()).ok_or_else(|| format!("'{}' expects <{what}> as argument.", key.text))
        };
        let mut used = 2;
        match key.text.as_str() {
            "status" | "deny_status" => r.status = Some(status(need("status_code")?, codes)?),
            "content-type" => r.content_type = Some(need("ctype")?.to_owned()),
            "errorfile" => {
                r.body = ReplyBody::Raw(file(need("file")?, outside)?);
                has_body = true;
            }
            "errorfiles" => {
                r.body = ReplyBody::Section(need("name")?.to_owned());
                has_body = true;
            }
            "default-errorfiles" => {
                used = 1;
                has_body = true;
            }
            "file" => {
                r.body = ReplyBody::Text(file(need("file")?, outside)?);
                has_body = true;
            }
            "string" => {
                r.body = ReplyBody::Text(need("str")?.as_bytes().into());
                has_body = true;
            }
            "lf-string" => {
                r.body = ReplyBody::Format(format::parse(need("fmt")?, tail[0].at, place, draft)?);
                has_body = true;
            }
            "lf-file" => {
                let bytes = file(need("file")?, outside)?;
                let text = String::from_utf8_lossy(&bytes).into_owned();
                r.body = ReplyBody::Format(format::parse(&text, tail[0].at, place, draft)?);
                has_body = true;
            }
            "hdr" => {
                let name = need("name")?.to_owned();
                let fmt = tail.get(1).ok_or("'hdr' expects <name> and <value> as arguments.")?;
                r.headers.push((name, format::parse(&fmt.text, fmt.at, place, draft)?));
                used = 3;
            }
            other => return Err(unexpected(other)),
        }
        rest = &rest[used.min(rest.len())..];
    }
    finish(r, has_body, codes)
}

fn unexpected(word: &str) -> String {
    format!("expects either 'if' or 'unless' followed by a condition but found '{word}'.")
}

fn finish(mut r: Reply, has_body: bool, codes: Codes) -> Result<Reply, String> {
    if has_body || codes == Codes::Errors {
        if matches!(r.body, ReplyBody::Text(_) | ReplyBody::Format(_)) && r.content_type.is_none() {
            r.content_type = Some("text/plain".to_owned());
        }
        if !r.headers.is_empty() && matches!(r.body, ReplyBody::Default) {
            r.body = ReplyBody::Empty;
        }
        return Ok(r);
    }
    r.body = ReplyBody::Empty;
    Ok(r)
}

fn status(text: &str, codes: Codes) -> Result<u16, String> {
    let n = atoms::integer(text).unwrap_or(0);
    let code = u16::try_from(n).unwrap_or(0);
    let ok = match codes {
        Codes::Any => (200..=599).contains(&code),
        Codes::Errors => ERROR_CODES.contains(&code) || (200..=599).contains(&code),
        Codes::Pages if !ERROR_CODES.contains(&code) => return Err(format!("status code '{text}' not handled.")),
        Codes::Pages => true,
    };
    if ok { Ok(code) } else { Err(format!("Unexpected status code '{text}'.")) }
}

fn file(path: &str, outside: &dyn Outside) -> Result<Arc<[u8]>, String> {
    outside.read(path).map(Into::into).map_err(|_| format!("error opening file '{path}'."))
}

/// `redirect location|prefix|scheme FMT [code N] [drop-query] ...`
///
/// # Errors
/// The original's words.
pub fn redirect(words: &[Word], place: Place, draft: &mut Draft) -> Result<Redirect, String> {
    let mut target = None;
    let mut r = Redirect {
        kind: RedirectKind::Location,
        target: crate::ir::expr::Format::default(),
        code: 302,
        drop_query: false,
        append_slash: false,
        ignore_empty: false,
        set_cookie: None,
    };
    let mut rest = words;
    while let Some((key, tail)) = rest.split_first() {
        let value = |key: &str| tail.first().ok_or_else(|| format!("missing argument for '{key}'."));
        let mut used = 2;
        match key.text.as_str() {
            k @ ("location" | "prefix" | "scheme") => {
                r.kind = match k {
                    "location" => RedirectKind::Location,
                    "prefix" => RedirectKind::Prefix,
                    _ => RedirectKind::Scheme,
                };
                target = Some(value(k)?);
            }
            "code" => {
                let text = &value("code")?.text;
                r.code = text.parse().ok().filter(|c| matches!(c, 301 | 302 | 303 | 307 | 308)).ok_or_else(|| {
                    format!("unsupported HTTP code '{text}' (must be one of 301, 302, 303, 307 or 308).")
                })?;
            }
            "set-cookie" => r.set_cookie = Some(format!("{}; path=/;", cookie_pair(&value("set-cookie")?.text))),
            "clear-cookie" => {
                let name = &value("clear-cookie")?.text;
                r.set_cookie = Some(format!("{name}; path=/; Max-Age=0;"));
            }
            flag => {
                used = 1;
                match flag {
                    "drop-query" => r.drop_query = true,
                    "append-slash" => r.append_slash = true,
                    "ignore-empty" => r.ignore_empty = true,
                    other => {
                        return Err(format!(
                            "expects 'code', 'prefix', 'location', 'scheme', 'set-cookie', 'clear-cookie', 'drop-query', 'ignore-empty' or 'append-slash' (was '{other}')."
                        ));
                    }
                }
            }
        }
        rest = &rest[used.min(rest.len())..];
    }
    let Some(target) = target else {
        return Err("expects 'location', 'prefix', or 'scheme'.".to_owned());
    };
    r.target = format::parse(&target.text, target.at, place, draft)?;
    Ok(r)
}

fn cookie_pair(text: &str) -> String {
    if text.contains('=') { text.to_owned() } else { format!("{text}=") }
}

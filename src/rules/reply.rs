//! Responses made by rules: `return`, `deny`, `redirect`, `auth`, error pages given by `http-error`.

use std::sync::Arc;

use super::{Answer, AnswerHead};
use crate::expr::format;
use crate::expr::scope::Scope;
use crate::http::{Message, status, uri};
use crate::ir::action::{Redirect, RedirectKind, Reply, ReplyBody};
use crate::ir::proxy::ErrorPage;

/// Makes the response of a `return`, or of a `deny` whose default status is `default`.
pub fn build(reply: &Reply, default: u16, scope: &Scope<'_>) -> Answer {
    let code = reply.status.unwrap_or(default);
    let body: Arc<[u8]> = match &reply.body {
        ReplyBody::Default => return Answer { status: code, head: AnswerHead::Page(Vec::new()), body: Arc::default() },
        ReplyBody::Raw(bytes) => return Answer { status: code, head: AnswerHead::Raw, body: bytes.clone() },
        ReplyBody::Section(name) => return section_page(scope, name, code),
        ReplyBody::Empty => Arc::default(),
        ReplyBody::Text(bytes) => bytes.clone(),
        ReplyBody::Format(f) => format::to_vec(f, scope).into(),
    };
    let mut head = head(code);
    for (name, value) in &reply.headers {
        let value = format::to_vec(value, scope);
        if !value.is_empty() {
            head.add(name.as_bytes(), &value);
        }
    }
    head.add(b"content-length", itoa::Buffer::new().format(body.len()).as_bytes());
    if let Some(t) = reply.content_type.as_deref().filter(|_| !body.is_empty()) {
        head.add(b"content-type", t.as_bytes());
    }
    Answer { status: code, head: AnswerHead::Message(head), body }
}

fn head(code: u16) -> Message {
    Message::response(b"HTTP/1.1", code, status::reason(code).as_bytes())
}

fn section_page(scope: &Scope<'_>, name: &str, code: u16) -> Answer {
    let page = scope.config.http_errors.iter().find(|s| s.name == name).and_then(|s| s.pages.get(&code));
    match page {
        Some(ErrorPage::Raw(bytes)) => Answer { status: code, head: AnswerHead::Raw, body: bytes.clone() },
        _ => Answer { status: code, head: AnswerHead::Page(Vec::new()), body: Arc::default() },
    }
}

/// A response that is only a head.
pub fn bare(code: u16, headers: &[(&[u8], &[u8])]) -> Answer {
    let mut head = head(code);
    for (n, v) in headers {
        head.add(n, v);
    }
    Answer { status: code, head: AnswerHead::Message(head), body: Arc::default() }
}

/// `redirect` (manual 4.2). `None` when `ignore-empty` finds nothing to redirect to.
pub fn redirect(r: &Redirect, scope: &Scope<'_>) -> Option<Answer> {
    let target = format::to_vec(&r.target, scope);
    if target.is_empty() && r.ignore_empty {
        return None;
    }
    let location = match r.kind {
        RedirectKind::Location => target,
        RedirectKind::Prefix => prefixed(target, r, scope),
        RedirectKind::Scheme => with_scheme(&target, r, scope),
    };
    let mut headers: Vec<(&[u8], &[u8])> = vec![(b"content-length", b"0"), (b"location", &location)];
    if matches!(r.code, 302 | 303 | 307) {
        headers.push((b"cache-control", b"no-cache"));
    }
    if let Some(cookie) = &r.set_cookie {
        headers.push((b"set-cookie", cookie.as_bytes()));
    }
    Some(bare(r.code, &headers))
}

/// The request's path, without its query when asked, with a slash at its end when asked.
fn path(r: &Redirect, scope: &Scope<'_>) -> Vec<u8> {
    let target = scope.request.map_or(&b"/"[..], |m| m.path_and_query());
    let target = if target.is_empty() { &b"/"[..] } else { target };
    if !r.drop_query {
        return target.to_vec();
    }
    let mut path = uri::path(target).to_vec();
    if r.append_slash && path.last() != Some(&b'/') {
        path.push(b'/');
    }
    path
}

/// A prefix of `/` alone changes nothing: it serves `append-slash` and `set-cookie`.
fn prefixed(mut prefix: Vec<u8>, r: &Redirect, scope: &Scope<'_>) -> Vec<u8> {
    if prefix == b"/" {
        prefix.clear();
    }
    prefix.extend(path(r, scope));
    prefix
}

/// `scheme://host/path`: the host of the request, without a port that the old scheme implied.
fn with_scheme(scheme: &[u8], r: &Redirect, scope: &Scope<'_>) -> Vec<u8> {
    let host = scope.request.and_then(|m| m.get(b"host")).unwrap_or_default();
    [scheme, b"://", host, &path(r, scope)].concat()
}

/// `401` with a challenge, or `407` when the client speaks to a proxy (RFC 9110 sections 11.6.1, 11.7.1).
pub fn challenge(realm: &str, scope: &Scope<'_>) -> Answer {
    let to_proxy = scope.is_to_proxy();
    let (code, name): (u16, &[u8]) = if to_proxy { (407, b"proxy-authenticate") } else { (401, b"www-authenticate") };
    let value = format!("Basic realm=\"{}\"", realm.replace('"', "\\\""));
    let extra = vec![(name.to_vec(), value.into_bytes())];
    Answer { status: code, head: AnswerHead::Page(extra), body: Arc::default() }
}

/// The proxy's page for a status.
pub fn page(code: u16) -> Answer {
    Answer { status: code, head: AnswerHead::Page(Vec::new()), body: Arc::default() }
}

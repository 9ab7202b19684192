//! Conditions behind rules: `if a b or !{ path /x }`, `unless ...` (manual 7.2).

use super::acl;
use crate::haproxy::draft::Draft;
use crate::haproxy::keyword::whole;
use crate::ir::expr::{Acl, AclId, Condition, Term};
use crate::text::diag::Diagnostics;
use crate::text::grammar::Word;

/// ACLs that need no declaration (manual 7.4), as their expressions.
const PREDEFINED: &[(&str, &[&str])] = &[
    ("TRUE", &["always_true"]),
    ("FALSE", &["always_false"]),
    ("LOCALHOST", &["src", "127.0.0.1/8", "::1"]),
    ("HTTP", &["req.proto_http"]),
    ("HTTP_1.0", &["req.ver", "1.0"]),
    ("HTTP_1.1", &["req.ver", "1.1"]),
    ("HTTP_2.0", &["req.ver", "2.0"]),
    ("METH_CONNECT", &["method", "CONNECT"]),
    ("METH_DELETE", &["method", "DELETE"]),
    ("METH_GET", &["method", "GET", "HEAD"]),
    ("METH_HEAD", &["method", "HEAD"]),
    ("METH_OPTIONS", &["method", "OPTIONS"]),
    ("METH_POST", &["method", "POST"]),
    ("METH_PUT", &["method", "PUT"]),
    ("METH_TRACE", &["method", "TRACE"]),
    ("HTTP_URL_ABS", &["url_reg", "^[^/:]*://"]),
    ("HTTP_URL_SLASH", &["url_beg", "/"]),
    ("HTTP_URL_STAR", &["url", "*"]),
    ("HTTP_CONTENT", &["req.hdr_val(content-length)", "gt", "0"]),
    ("RDP_COOKIE", &["req.rdp_cookie_cnt", "gt", "0"]),
    ("REQ_CONTENT", &["req.len", "gt", "0"]),
    ("WAIT_END", &["wait_end"]),
];

/// Splits words at the first `if` or `unless` that begins a condition.
pub fn split(words: &[Word]) -> (&[Word], &[Word]) {
    let at = words.iter().position(|w| matches!(w.text.as_str(), "if" | "unless")).unwrap_or(words.len());
    words.split_at(at)
}

/// The condition that `words` is, `if` or `unless` first. No words: no condition.
///
/// # Errors
/// The original's words; what it is about stands in front of them at the caller's.
pub fn trailing_condition(
    words: &[Word],
    draft: &mut Draft,
    diag: &mut Diagnostics,
) -> Result<Option<Condition>, String> {
    let Some(first) = words.first() else { return Ok(None) };
    let negate = match first.text.as_str() {
        "if" => false,
        "unless" => true,
        other => return Err(format!("expects either 'if' or 'unless' followed by a condition but found '{other}'.")),
    };
    let mut any: Vec<Vec<Term>> = vec![Vec::new()];
    let mut negated = false;
    let mut rest = &words[1..];
    while let Some((word, tail)) = rest.split_first() {
        rest = tail;
        let mut name = word.text.as_str();
        if !word.quoted || name.starts_with('!') {
            while let Some(n) = name.strip_prefix('!') {
                negated = !negated;
                name = n;
            }
        }
        if name.is_empty() {
            continue;
        }
        if name == "||" || name.eq_ignore_ascii_case("or") {
            any.push(Vec::new());
            negated = false;
            continue;
        }
        let acl = if name == "{" {
            let end = rest.iter().position(|w| w.text == "}").ok_or("missing closing '}' in condition.")?;
            let (inside, tail) = rest.split_at(end);
            rest = &tail[1..];
            anonymous(inside, draft, diag)?
        } else {
            find(name, word, draft, diag)?
        };
        if let Some(all) = any.last_mut() {
            all.push(Term { negate: negated, acl });
        }
        negated = false;
    }
    if any.iter().all(Vec::is_empty) {
        return Err("missing condition.".to_owned());
    }
    Ok(Some(Condition { negate, any, at: whole(words) }))
}

fn anonymous(inside: &[Word], draft: &mut Draft, diag: &mut Diagnostics) -> Result<AclId, String> {
    let expr = acl::expression(inside, draft, diag)?;
    Ok(push(draft, Acl { name: String::new(), alternatives: vec![expr], inherited: false }))
}

fn push(draft: &mut Draft, acl: Acl) -> AclId {
    let acls = &mut draft.proxy().acls;
    acls.push(acl);
    AclId(acls.len() - 1)
}

fn find(name: &str, word: &Word, draft: &mut Draft, diag: &mut Diagnostics) -> Result<AclId, String> {
    if let Some(i) = draft.proxy().acls.iter().position(|a| !a.inherited && a.name == name) {
        return Ok(AclId(i));
    }
    let Some((_, expr)) = PREDEFINED.iter().find(|(n, _)| *n == name) else {
        return Err(format!("no such ACL : '{name}'."));
    };
    let words: Vec<Word> = expr.iter().map(|t| Word { text: (*t).to_owned(), at: word.at, quoted: false }).collect();
    let expr = acl::expression(&words, draft, diag)?;
    Ok(push(draft, Acl { name: name.to_owned(), alternatives: vec![expr], inherited: false }))
}

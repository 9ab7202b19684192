//! Error pages (manual 4.2 `errorfile`, `errorloc`, `errorfiles`, `http-error`).

use std::sync::Arc;

use crate::haproxy::keyword::{KEYWORD, Keyword, Line, PROXY, Syntax};
use crate::haproxy::lower::reply::{self, Codes, ERROR_CODES};
use crate::haproxy::lower::sample::Place;
use crate::ir::proxy::ErrorPage;
use crate::text::atoms;

pub const ALL: &[&Keyword] = &[&ERRORFILE, &ERRORFILES, &ERRORLOC, &ERRORLOC302, &ERRORLOC303, &HTTP_ERROR];

/// A status that has a page.
fn code(l: &mut Line<'_>) -> Option<u16> {
    let n = atoms::integer(l.arg(0)).and_then(|n| u16::try_from(n).ok()).filter(|n| ERROR_CODES.contains(n));
    if n.is_none() {
        let message = format!("{} : status code '{}' not handled.", l.keyword.name, l.arg(0));
        l.error(0, message);
    }
    n
}

/// `<code> <file>`, the file read.
pub fn file(l: &mut Line<'_>) -> Option<(u16, Arc<[u8]>)> {
    if l.arg(1).is_empty() {
        let message = format!("{} : expects <status_code> and <file> as arguments.", l.keyword.name);
        l.error(0, message);
        return None;
    }
    let code = code(l)?;
    match l.outside.read(l.arg(1)) {
        Ok(bytes) => Some((code, bytes.into())),
        Err(_) => {
            let message = format!("{} : error opening file '{}'.", l.keyword.name, l.arg(1));
            l.error(1, message);
            None
        }
    }
}

const ERRORFILE: Keyword = Keyword {
    name: "errorfile",
    sections: PROXY,
    args: Syntax::Custom("<code> <file>"),
    doc: "The whole response for a status, read from a file.",
    lower: |l| {
        if let Some((code, bytes)) = file(l) {
            l.proxy().errors.insert(code, ErrorPage::Raw(bytes));
        }
    },
    ..KEYWORD
};
const ERRORFILES: Keyword = Keyword {
    name: "errorfiles",
    sections: PROXY,
    args: Syntax::Custom("<name> [<code> ...]"),
    doc: "All pages, or some, of an http-errors section.",
    lower: |l| {
        let name = l.arg(0).to_owned();
        let Some(section) = l.draft.config.http_errors.iter().find(|s| s.name == name).cloned() else {
            return l.error(0, format!("errorfiles : unknown http-errors section '{name}' (at this point)."));
        };
        let wanted: Vec<u16> = l.rest()[1..].iter().filter_map(|w| w.text.parse().ok()).collect();
        for (code, page) in section.pages {
            if wanted.is_empty() || wanted.contains(&code) {
                l.proxy().errors.insert(code, page);
            }
        }
    },
    ..KEYWORD
};

fn location(l: &mut Line<'_>, status: u16) {
    if l.arg(1).is_empty() {
        let message = format!("{} : expects <status_code> and <url> as arguments.", l.keyword.name);
        return l.error(0, message);
    }
    if let Some(code) = code(l) {
        let url = l.arg(1).to_owned();
        l.proxy().errors.insert(code, ErrorPage::Redirect { code: status, url });
    }
}
const ERRORLOC: Keyword = Keyword {
    name: "errorloc",
    sections: PROXY,
    args: Syntax::Custom("<code> <url>"),
    doc: "Sends clients elsewhere, with 302, instead of a page.",
    lower: |l| location(l, 302),
    ..KEYWORD
};
const ERRORLOC302: Keyword = Keyword { name: "errorloc302", ..ERRORLOC };
const ERRORLOC303: Keyword = Keyword {
    name: "errorloc303",
    doc: "Sends clients elsewhere, with 303, instead of a page.",
    lower: |l| location(l, 303),
    ..ERRORLOC
};
const HTTP_ERROR: Keyword = Keyword {
    name: "http-error",
    sections: PROXY,
    args: Syntax::Custom(
        "status <code> [content-type <type>] [{ default-errorfiles | errorfile <file> | errorfiles <name> | file <file> | lf-file <file> | string <str> | lf-string <fmt> }] [hdr <name> <fmt>]*",
    ),
    doc: "The page of a status, described as return describes its answer.",
    lower: |l| {
        let words = l.rest().to_vec();
        match reply::reply(&words, Codes::Pages, Place::Request, l.draft, l.outside) {
            Ok(r) => match r.status {
                Some(code) => {
                    l.proxy().errors.insert(code, ErrorPage::Reply(Box::new(r)));
                }
                None => l.error(0, "http-error : expects at least a status code."),
            },
            Err(e) if e.starts_with("status code") => l.error(0, format!("http-error: {e}")),
            Err(e) => l.error(0, format!("http-error : {e}")),
        }
    },
    ..KEYWORD
};

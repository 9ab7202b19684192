//! `http-errors`: error pages under a name (manual 3.8).

use crate::haproxy::draft::Current;
use crate::haproxy::keyword::{HTTP_ERRORS, KEYWORD, Keyword, Syntax};
use crate::haproxy::keywords::proxy::errors;
use crate::ir::proxy::ErrorPage;

pub const ALL: &[&Keyword] = &[&ERRORFILE];

const ERRORFILE: Keyword = Keyword {
    name: "errorfile",
    sections: HTTP_ERRORS,
    manual: "3.8",
    args: Syntax::Custom("<code> <file>"),
    doc: "The page of a status, read from a file.",
    lower: |l| {
        let Some((code, bytes)) = errors::file(l) else { return };
        if let Current::HttpErrors(i) = l.draft.current {
            l.draft.config.http_errors[i].pages.insert(code, ErrorPage::Raw(bytes));
        }
    },
    ..KEYWORD
};

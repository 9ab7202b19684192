//! ACL declarations (manual 7.1).

use crate::haproxy::keyword::{KEYWORD, Keyword, PROXY, Syntax};
use crate::haproxy::lower::acl_line;

pub const ALL: &[&Keyword] = &[&ACL];

const ACL: Keyword = Keyword {
    name: "acl",
    sections: PROXY,
    args: Syntax::Custom("<aclname> <criterion> [flags] [operator] <value> ..."),
    doc: "Declares a condition, or an alternative of one.",
    examples: &["acl local src 10.0.0.0/8", "acl big req.body_len gt 1000", "acl api path_beg /api /v2"],
    rejects: &["acl", "acl a nofetch", "acl b src 10.0.0.0/33"],
    lower: |l| {
        if !super::rules::any_rule(l) {
            return;
        }
        let words = l.words.to_vec();
        acl_line(&words, l.draft, l.diag);
    },
    ..KEYWORD
};

//! `authentication` of version 2.

use crate::{
    keepalived::{
        draft::{AuthKind, Draft},
        keyword::{Block, Call, Grammar, KEYWORD, Keyword, Opens},
    },
    text::grammar::{Arg, Kind},
};

const INSTANCE: &[Block] = &[Block::Instance];
const AUTHENTICATION: &[Block] = &[Block::Authentication];

pub(in super::super) const KEYWORDS: &[Keyword] = &[AUTHENTICATION_BLOCK, AUTH_TYPE, AUTH_PASS];

const AUTHENTICATION_BLOCK: Keyword = Keyword {
    name: "authentication",
    blocks: INSTANCE,
    opens: Opens::Block(Block::Authentication),
    doc: "Authentication of version 2.",
    examples: &["authentication {\n    auth_type PASS\n    auth_pass secret\n}"],
    ..KEYWORD
};

const AUTH_TYPE: Keyword = Keyword {
    name: "auth_type",
    blocks: AUTHENTICATION,
    grammar: Grammar::Args(&[Arg::Value("type", Kind::Word)]),
    doc: "`PASS`: a password in clear. `AH`: a sum over each advert, made with the password (IPsec).",
    examples: &["auth_type PASS", "auth_type AH"],
    rejects: &["auth_type MD5"],
    lower: auth_type,
    ..KEYWORD
};

fn auth_type(draft: &mut Draft, call: &mut Call<'_>) {
    let instance = draft.instance();
    match call.args.text("type") {
        Some("PASS") => instance.auth.kind = Some(AuthKind::Pass),
        Some("AH") => instance.auth.kind = Some(AuthKind::Ah),
        other => {
            let text = format!("({}) unknown authentication type '{}'", instance.name, other.unwrap_or_default());
            call.complain("bad-auth-type", text);
        }
    }
}

const AUTH_PASS: Keyword = Keyword {
    name: "auth_pass",
    blocks: AUTHENTICATION,
    grammar: Grammar::Args(&[Arg::Value("password", Kind::Word)]),
    doc: "The password; eight characters count.",
    examples: &["auth_pass s3cret"],
    lower: auth_pass,
    ..KEYWORD
};

fn auth_pass(draft: &mut Draft, call: &mut Call<'_>) {
    let mut password = call.args.text("password").unwrap_or_default().as_bytes().to_vec();
    if password.len() > 8 {
        password.truncate(8);
        call.complain("long-password", "Truncating auth_pass to 8 characters");
    }
    draft.instance().auth.password = Some(password);
}

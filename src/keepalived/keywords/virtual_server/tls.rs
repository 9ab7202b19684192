//! The block `SSL`: what all `SSL_GET` checks show to servers, and whom they believe.

use std::path::PathBuf;

use crate::{
    ir::failover::lvs::Tls,
    keepalived::{
        draft::Draft,
        keyword::{Block, Call, Grammar, KEYWORD, Keyword, Opens},
        report::Pass,
    },
};

const TLS: &[Block] = &[Block::Ssl];

pub(in super::super) const KEYWORDS: &[Keyword] = &[SSL, PASSWORD, CA, CERTIFICATE, KEY];

const SSL: Keyword = Keyword {
    name: "SSL",
    blocks: &[Block::Top],
    opens: Opens::Block(Block::Ssl),
    passes: &[Pass::Check],
    doc: "Keys and certificates of all SSL_GET checks.",
    examples: &["SSL {\n    ca /etc/ssl/ca.pem\n}"],
    lower: |draft, call| {
        let settings = &mut draft.global.settings.lvs;
        if settings.tls.replace(Tls::default()).is_some() {
            call.complain("repeated", "SSL context already specified - replacing");
        }
    },
    ..KEYWORD
};

const fn setting(name: &'static str, doc: &'static str, examples: &'static [&'static str]) -> Keyword {
    Keyword { name, blocks: TLS, grammar: Grammar::Custom("<value>"), doc, examples, ..KEYWORD }
}

/// The last one written counts.
fn set<T: From<String>>(draft: &mut Draft, call: &mut Call<'_>, what: &str, place: fn(&mut Tls) -> &mut Option<T>) {
    let Some(value) = call.text(0).map(str::to_owned) else {
        return call.complain("no-value", format!("SSL {what} missing"));
    };
    let tls = draft.global.settings.lvs.tls.get_or_insert_default();
    if place(tls).replace(T::from(value)).is_some() {
        call.complain("repeated", format!("SSL {what} already specified - replacing"));
    }
}

const PASSWORD: Keyword = Keyword {
    rejects: &["password"],
    lower: |draft, call| set(draft, call, "password", |tls| &mut tls.password),
    ..setting("password", "The password of the key.", &["password secret"])
};

const CA: Keyword = Keyword {
    rejects: &["ca"],
    lower: |draft, call| set::<PathBuf>(draft, call, "cafile", |tls| &mut tls.ca),
    ..setting("ca", "A file with the certificates of those who may sign for servers.", &["ca /etc/ssl/ca.pem"])
};

const CERTIFICATE: Keyword = Keyword {
    rejects: &["certificate"],
    lower: |draft, call| set::<PathBuf>(draft, call, "certfile", |tls| &mut tls.certificate),
    ..setting("certificate", "A file with the certificate of the checks.", &["certificate /etc/ssl/checks.pem"])
};

const KEY: Keyword = Keyword {
    rejects: &["key"],
    lower: |draft, call| set::<PathBuf>(draft, call, "keyfile", |tls| &mut tls.key),
    ..setting("key", "A file with the key of that certificate.", &["key /etc/ssl/checks.key"])
};

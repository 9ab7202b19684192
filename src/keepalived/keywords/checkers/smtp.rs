//! `SMTP_CHECK`: the name that we give, and further hosts, each of which is a checker more.

use super::open::needs_interface;
use crate::keepalived::{
    draft::virtual_server::ConnectionDraft,
    keyword::{Block, Call, Grammar, KEYWORD, Keyword, Opens},
};

const SMTP: &[Block] = &[Block::SmtpCheck];

pub(in super::super) const KEYWORDS: &[Keyword] = &[HELO_NAME, HOST];

const HELO_NAME: Keyword = Keyword {
    name: "helo_name",
    blocks: SMTP,
    grammar: Grammar::Custom("<name>"),
    doc: "The name that we give; `smtpchecker.keepalived.org` if not written.",
    examples: &["helo_name hap1.example.org"],
    rejects: &["helo_name"],
    lower: |draft, call| match call.text(0).map(str::to_owned) {
        Some(name) => _ = draft.checker().smtp().map(|smtp| smtp.helo = Some(name)),
        None => call.complain("no-name", "SMTP_CHECK helo name missing"),
    },
    ..KEYWORD
};

const HOST: Keyword = Keyword {
    name: "host",
    blocks: SMTP,
    opens: Opens::Block(Block::SmtpHost),
    doc: "One more host that must answer. A checker of its own says the same.",
    examples: &["host {\n    connect_ip 192.0.2.25\n}"],
    lower: |draft, call| {
        note_deprecation(call);
        if let Some(smtp) = draft.checker().smtp() {
            smtp.hosts.push(ConnectionDraft::default());
            smtp.in_host = true;
        }
    },
    close: |draft, closing| {
        let server = draft.real_server().address;
        let Some(smtp) = draft.checker().smtp() else { return };
        smtp.in_host = false;
        if let Some(problem) = smtp.hosts.last().and_then(|host| needs_interface(host, server)) {
            smtp.hosts.pop();
            closing.report.at("no-interface", closing.at, problem);
        }
    },
    ..KEYWORD
};

fn note_deprecation(call: &mut Call<'_>) {
    let text = "The SMTP_CHECK host block is deprecated. Please define additional checkers.";
    call.report.aside("legacy", call.words.at, text);
}

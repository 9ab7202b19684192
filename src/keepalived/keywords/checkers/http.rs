//! `HTTP_GET` and `SSL_GET`: how pages are asked for. Which pages, and what is expected of them, stands in `url`.

use super::{super::shared::SWITCH, WEB};
use crate::{
    ir::failover::checker::HttpVersion,
    keepalived::{
        draft::{
            Draft,
            virtual_server::{HttpDraft, UrlDraft},
        },
        keyword::{Block, Call, Closing, Grammar, KEYWORD, Keyword, Opens},
    },
};

pub(in super::super) const KEYWORDS: &[Keyword] =
    &[VIRTUALHOST, HTTP_PROTOCOL, ENABLE_SNI, SNI_NAME, TLS_COMPLIANT, FAST_RECOVERY, HTTP_URL, SSL_URL];

/// Writes into the open checker, which is one of these.
pub(super) fn web(draft: &mut Draft, set: impl FnOnce(&mut HttpDraft)) {
    if let Some(http) = draft.checker().http() {
        set(http);
    }
}

/// A switch of the open checker.
fn switch(draft: &mut Draft, call: &mut Call<'_>, set: impl FnOnce(&mut HttpDraft, bool)) {
    match call.switch() {
        Some(value) => web(draft, |http| set(http, value)),
        None => {
            let (keyword, word) = (call.keyword.name, call.text(0).unwrap_or_default().to_owned());
            call.complain("bad-switch", format!("Invalid {keyword} parameter {word}"));
        }
    }
}

const VIRTUALHOST: Keyword = Keyword {
    name: "virtualhost",
    blocks: WEB,
    grammar: Grammar::Custom("<name>"),
    doc: "The host that is asked for, unless a page names another.",
    examples: &["virtualhost www.example.org"],
    rejects: &["virtualhost"],
    lower: |draft, call| match call.text(0).map(str::to_owned) {
        Some(name) => web(draft, |http| http.virtual_host = Some(name)),
        None => call.complain("no-name", "HTTP_GET virtualhost name missing"),
    },
    ..KEYWORD
};

const HTTP_PROTOCOL: Keyword = Keyword {
    name: "http_protocol",
    blocks: WEB,
    grammar: Grammar::Custom("{ 1.0 | 1.0C | 1.1 }"),
    doc: "The version of requests: 1.0, the same with `Connection: close`, or 1.1.",
    examples: &["http_protocol 1.1"],
    rejects: &["http_protocol 2", "http_protocol"],
    lower: |draft, call| {
        let Some(word) = call.text(0).map(str::to_owned) else {
            return call.complain("no-version", "Missing http_protocol version");
        };
        let version = match word.as_str() {
            "1.0" => HttpVersion::Http10,
            "1.0C" | "1.0c" => HttpVersion::Http10Close,
            "1.1" => HttpVersion::Http11,
            _ => return call.complain("bad-version", format!("Invalid http_protocol version {word}")),
        };
        web(draft, |http| http.version = version);
    },
    ..KEYWORD
};

const ENABLE_SNI: Keyword = Keyword {
    name: "enable_sni",
    blocks: WEB,
    grammar: SWITCH,
    doc: "The TLS hello names the host that is asked for.",
    examples: &["enable_sni"],
    rejects: &["enable_sni perhaps"],
    lower: |draft, call| switch(draft, call, |http, value| http.sni = value),
    ..KEYWORD
};

const SNI_NAME: Keyword = Keyword {
    name: "sni_name",
    blocks: WEB,
    grammar: super::super::shared::WORD,
    doc: "The host that the TLS hello names, in place of the one that is asked for.",
    examples: &["sni_name www.example.org"],
    lower: |draft, call| {
        let name = call.args.text("value").map(str::to_owned);
        web(draft, |http| (http.sni, http.sni_name) = (true, name));
    },
    ..KEYWORD
};

const TLS_COMPLIANT: Keyword = Keyword {
    name: "tls_compliant",
    blocks: &[Block::SslGet, Block::SslUrl],
    grammar: SWITCH,
    doc: "A session ends with close_notify, as TLS demands.",
    examples: &["tls_compliant", "tls_compliant off"],
    rejects: &["tls_compliant perhaps"],
    lower: |draft, call| {
        switch(draft, call, |http, value| match http.open_url() {
            Some(url) => url.compliant = Some(value),
            None => http.compliant = value,
        });
    },
    ..KEYWORD
};

const FAST_RECOVERY: Keyword = Keyword {
    name: "fast_recovery",
    blocks: WEB,
    grammar: SWITCH,
    doc: "After a failure all pages are asked for in a row, without `delay_loop` between them.",
    examples: &["fast_recovery"],
    rejects: &["fast_recovery perhaps"],
    lower: |draft, call| switch(draft, call, |http, value| http.fast_recovery = value),
    ..KEYWORD
};

const HTTP_URL: Keyword = Keyword {
    name: "url",
    blocks: &[Block::HttpGet],
    opens: Opens::Block(Block::HttpUrl),
    doc: "One page, and what is expected of it.",
    examples: &["url {\n    path /\n}"],
    rejects: &["url {\n}"],
    lower: |draft, call| {
        let at = call.words.at;
        web(draft, |http| {
            http.in_url = true;
            http.urls.push(UrlDraft { at, ..UrlDraft::default() });
        });
    },
    close: url_ends,
    ..KEYWORD
};

const SSL_URL: Keyword = Keyword { blocks: &[Block::SslGet], opens: Opens::Block(Block::SslUrl), ..HTTP_URL };

fn url_ends(draft: &mut Draft, closing: &mut Closing<'_>) {
    let Some(http) = draft.checker().http() else { return };
    http.in_url = false;
    let Some(url) = http.urls.last_mut() else { return };
    super::regex::settle(url, closing);
    if url.path.is_none() {
        http.urls.pop();
        closing.report.at("no-path", closing.at, "HTTP/SSL_GET checker url has no path - ignoring");
    }
}

//! The blocks of checkers: each begins as a draft of its kind, and ends as a checker or, with a word about it, as nothing.

use std::net::IpAddr;

use crate::keepalived::{
    draft::{
        Draft, Open,
        virtual_server::{
            BfdCheckDraft, CheckerDraft, ConnectionDraft, DnsDraft, FileCheckDraft, HttpDraft, MiscDraft, PaceDraft,
            ProbeDraft, SmtpDraft, UdpDraft,
        },
    },
    keyword::{Block, Call, Closing, KEYWORD, Keyword, Opens},
};

pub(in super::super) const KEYWORDS: &[Keyword] =
    &[TCP_CHECK, PING_CHECK, HTTP_GET, SSL_GET, SMTP_CHECK, DNS_CHECK, UDP_CHECK, MISC_CHECK, FILE_CHECK, BFD_CHECK];

const fn checker(name: &'static str, opens: Block, doc: &'static str, examples: &'static [&'static str]) -> Keyword {
    let close = |draft: &mut Draft, closing: &mut Closing<'_>| {
        draft.open = Open::RealServer;
        check_link_local(draft, closing);
    };
    Keyword { name, blocks: &[Block::RealServer], opens: Opens::Block(opens), doc, examples, close, ..KEYWORD }
}

fn begin(draft: &mut Draft, call: &mut Call<'_>, probe: ProbeDraft) {
    draft.open = Open::Checker;
    draft.real_server().checkers.push(CheckerDraft {
        at: call.words.at,
        pace: PaceDraft::default(),
        alpha: None,
        log_all_failures: None,
        connection: ConnectionDraft::default(),
        probe,
    });
}

/// Takes the checker away whose block ends, with a word about it unless that has been said.
fn discard(draft: &mut Draft, closing: &mut Closing<'_>, code: &'static str, text: Option<String>) {
    draft.real_server().checkers.pop();
    if let Some(text) = text {
        closing.report.at(code, closing.at, text);
    }
}

/// A link-local address means something only together with an interface.
pub(super) fn needs_interface(connection: &ConnectionDraft, server: IpAddr) -> Option<String> {
    let to = connection.ip.unwrap_or(server);
    let is_link_local = matches!(to, IpAddr::V6(to) if to.is_unicast_link_local());
    (is_link_local && connection.interface.is_none())
        .then(|| format!("Checker link local address {to} requires a bind_if"))
}

/// Returns whether the checker is still there.
fn check_link_local(draft: &mut Draft, closing: &mut Closing<'_>) -> bool {
    let server = draft.real_server();
    let Some(checker) = server.checkers.last() else { return false };
    let problem = needs_interface(&checker.connection, server.address);
    let keeps = problem.is_none();
    if !keeps {
        discard(draft, closing, "no-interface", problem);
    }
    keeps
}

const TCP_CHECK: Keyword = Keyword {
    lower: |draft, call| begin(draft, call, ProbeDraft::Tcp),
    ..checker("TCP_CHECK", Block::TcpCheck, "A connection can be made.", &["TCP_CHECK {\n    connect_timeout 3\n}"])
};

const PING_CHECK: Keyword = Keyword {
    lower: |draft, call| begin(draft, call, ProbeDraft::Ping),
    ..checker("PING_CHECK", Block::PingCheck, "The host answers ICMP echo requests.", &["PING_CHECK {\n    retry 2\n}"])
};

const HTTP_GET: Keyword = Keyword {
    lower: |draft, call| begin(draft, call, ProbeDraft::Http(HttpDraft::default())),
    rejects: &["HTTP_GET {\n}"],
    close: |draft, closing| {
        draft.open = Open::RealServer;
        if draft.checker().http().is_some_and(|http| http.urls.is_empty()) {
            let text = "HTTP/SSL_GET checker has no urls specified - ignoring";
            return discard(draft, closing, "no-url", Some(text.into()));
        }
        check_link_local(draft, closing);
    },
    ..checker(
        "HTTP_GET",
        Block::HttpGet,
        "Pages are served as expected.",
        &["HTTP_GET {\n    url {\n        path /\n        status_code 200\n    }\n}"],
    )
};

const SSL_GET: Keyword = Keyword {
    name: "SSL_GET",
    opens: Opens::Block(Block::SslGet),
    doc: "The same over TLS.",
    examples: &["SSL_GET {\n    enable_sni\n    url {\n        path /\n    }\n}"],
    rejects: &["SSL_GET {\n}"],
    lower: |draft, call| begin(draft, call, ProbeDraft::Http(HttpDraft { tls: true, ..HttpDraft::default() })),
    ..HTTP_GET
};

const SMTP_CHECK: Keyword = Keyword {
    lower: |draft, call| begin(draft, call, ProbeDraft::Smtp(SmtpDraft::default())),
    ..checker("SMTP_CHECK", Block::SmtpCheck, "A mail server greets us.", &["SMTP_CHECK {\n    helo_name hap1\n}"])
};

const DNS_CHECK: Keyword = Keyword {
    lower: |draft, call| begin(draft, call, ProbeDraft::Dns(DnsDraft::default())),
    ..checker("DNS_CHECK", Block::DnsCheck, "A name server answers, over UDP.", &["DNS_CHECK {\n    type A\n}"])
};

const UDP_CHECK: Keyword = Keyword {
    lower: |draft, call| begin(draft, call, ProbeDraft::Udp(UdpDraft::default())),
    close: |draft, closing| {
        draft.open = Open::RealServer;
        if let ProbeDraft::Udp(udp) = &draft.checker().probe
            && udp.shortest > udp.longest
        {
            let text = format!(
                "UDP_CHECK min_reply length {} > max_reply_length {} - will always fail",
                udp.shortest, udp.longest
            );
            closing.report.at("no-length", closing.at, text);
        }
        check_link_local(draft, closing);
    },
    ..checker(
        "UDP_CHECK",
        Block::UdpCheck,
        "No ICMP error follows a datagram, or the right answer does.",
        &["UDP_CHECK {\n    payload 0102\n    require_reply 03\n}"],
    )
};

const MISC_CHECK: Keyword = Keyword {
    lower: |draft, call| begin(draft, call, ProbeDraft::Misc(MiscDraft::default())),
    rejects: &["MISC_CHECK {\n}"],
    close: misc_ends,
    ..checker(
        "MISC_CHECK",
        Block::MiscCheck,
        "A command exits with 0.",
        &["MISC_CHECK {\n    misc_path \"/usr/local/bin/alive 192.0.2.20\"\n}"],
    )
};

fn misc_ends(draft: &mut Draft, closing: &mut Closing<'_>) {
    draft.open = Open::RealServer;
    let Some(misc) = draft.checker().misc() else { return };
    if misc.bad_user {
        return discard(draft, closing, "no-user", None);
    }
    if misc.command.is_none() {
        let text = "No script path has been specified for MISC_CHECKER - skipping";
        return discard(draft, closing, "no-script", Some(text.into()));
    }
    if misc.run_as.is_some() {
        return;
    }
    let user = draft.default_user(closing.system, closing.report, closing.at);
    let Some(misc) = draft.checker().misc() else { return };
    misc.run_as = user;
    if misc.run_as.is_none() {
        let text = format!("Unable to set default user for misc script {} - removing", misc.shown());
        discard(draft, closing, "no-user", Some(text));
    }
}

const FILE_CHECK: Keyword = Keyword {
    lower: |draft, call| begin(draft, call, ProbeDraft::File(FileCheckDraft::default())),
    rejects: &["FILE_CHECK {\n}"],
    close: |draft, closing| {
        draft.open = Open::RealServer;
        if matches!(&draft.checker().probe, ProbeDraft::File(FileCheckDraft { file: None, .. })) {
            let text = "FILE_CHECK has no track_file specified - ignoring";
            discard(draft, closing, "no-file", Some(text.into()));
        }
    },
    ..checker(
        "FILE_CHECK",
        Block::FileCheck,
        "A number in a `track_file` changes the weight of the server.",
        &["FILE_CHECK {\n    track_file maintenance\n}"],
    )
};

const BFD_CHECK: Keyword = Keyword {
    lower: |draft, call| begin(draft, call, ProbeDraft::Bfd(BfdCheckDraft::default())),
    rejects: &["BFD_CHECK {\n}"],
    close: |draft, closing| {
        draft.open = Open::RealServer;
        let server = draft.server_name();
        match &draft.checker().probe {
            ProbeDraft::Bfd(BfdCheckDraft { refused: true, .. }) => discard(draft, closing, "bad-bfd", None),
            ProbeDraft::Bfd(BfdCheckDraft { name: None, .. }) => {
                let text = format!("({server}) No name has been specified for BFD_CHECKER - skipping");
                discard(draft, closing, "bad-bfd", Some(text));
            }
            _ => {}
        }
    },
    ..checker("BFD_CHECK", Block::BfdCheck, "A BFD session is up.", &["BFD_CHECK {\n    name neighbour\n}"])
};

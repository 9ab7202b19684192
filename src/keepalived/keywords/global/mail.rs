//! Who this host is in mails and dumps, and who gets mail from it.

use super::super::shared::{SWITCH, WORD, whole_seconds};
use crate::{
    keepalived::{
        draft::Draft,
        keyword::{Block, Call, Grammar, KEYWORD, Keyword, Opens},
    },
    text::grammar::{Arg, Kind},
};

const GLOBAL: &[Block] = &[Block::Global];

pub(in super::super) const KEYWORDS: &[Keyword] = &[
    ROUTER_ID,
    NOTIFICATION_EMAIL,
    NOTIFICATION_EMAIL_FROM,
    SMTP_SERVER,
    SMTP_HELO_NAME,
    SMTP_CONNECT_TIMEOUT,
    SMTP_ALERT,
    SMTP_ALERT_VRRP,
    SMTP_ALERT_CHECKER,
    NO_EMAIL_FAULTS,
];

const ROUTER_ID: Keyword = Keyword {
    name: "router_id",
    blocks: GLOBAL,
    grammar: Grammar::Custom("<name>"),
    doc: "The name of this host in mails and dumps.",
    examples: &["router_id hap1"],
    lower: |draft, call| match call.text(0) {
        Some(name) => draft.global.settings.router_id = Some(name.to_owned()),
        None => call.complain("no-name", "routerid name missing - ignoring"),
    },
    ..KEYWORD
};

const NOTIFICATION_EMAIL: Keyword = Keyword {
    name: "notification_email",
    blocks: GLOBAL,
    grammar: Grammar::Custom("{ ADDRESS ... }"),
    opens: Opens::List(|draft, call| {
        let addresses = call.words.words.iter().map(|word| word.text.clone());
        draft.global.settings.mail.to.extend(addresses);
    }),
    doc: "Who gets mail about changes.",
    examples: &["notification_email {\n    admin@example.org\n}"],
    close: |draft, closing| {
        if draft.global.settings.mail.to.is_empty() {
            closing.report.at("empty", closing.at, "Warning - empty notification_email block");
        }
    },
    ..KEYWORD
};

const NOTIFICATION_EMAIL_FROM: Keyword = Keyword {
    name: "notification_email_from",
    blocks: GLOBAL,
    grammar: WORD,
    doc: "The sender of those mails.",
    examples: &["notification_email_from keepalived@example.org"],
    lower: |draft, call| draft.global.settings.mail.from = call.args.text("value").map(str::to_owned),
    ..KEYWORD
};

const SMTP_SERVER: Keyword = Keyword {
    name: "smtp_server",
    blocks: GLOBAL,
    grammar: Grammar::Custom("<address or name> [<port>]"),
    doc: "The mail server.",
    examples: &["smtp_server 192.0.2.25"],
    rejects: &["smtp_server 192.0.2.25 x"],
    lower: smtp_server,
    ..KEYWORD
};

fn smtp_server(draft: &mut Draft, call: &mut Call<'_>) {
    let Some(host) = call.text(0).map(str::to_owned) else { return call.missing_argument() };
    let Some(port) = call.text(1).map(str::to_owned) else {
        draft.global.settings.mail.server = Some((host, 25));
        return;
    };
    match port.parse() {
        Ok(port) => draft.global.settings.mail.server = Some((host, port)),
        Err(_) => {
            // Read once as a port, and once as the name of a service.
            (0..2).for_each(|_| call.complain("bad-number", format!("invalid number '{port}'")));
            call.complain("bad-server", format!("Invalid smtp server {host} {port}"));
        }
    }
}

const SMTP_ALERT: Keyword = Keyword {
    name: "smtp_alert",
    blocks: GLOBAL,
    grammar: SWITCH,
    doc: "Whether routers, groups and servers that do not say tell of their changes by mail.",
    examples: &["smtp_alert", "smtp_alert off"],
    rejects: &["smtp_alert often"],
    lower: |draft, call| {
        if let Some(value) = alert(call) {
            draft.global.smtp_alert = Some(value);
        }
    },
    ..KEYWORD
};

const SMTP_ALERT_VRRP: Keyword = Keyword {
    name: "smtp_alert_vrrp",
    doc: "The same, for routers and groups only; it goes before `smtp_alert`.",
    examples: &["smtp_alert_vrrp"],
    rejects: &["smtp_alert_vrrp often"],
    lower: |draft, call| {
        if let Some(value) = alert(call) {
            draft.global.smtp_alert_vrrp = Some(value);
        }
    },
    ..SMTP_ALERT
};

const SMTP_ALERT_CHECKER: Keyword = Keyword {
    name: "smtp_alert_checker",
    doc: "The same, for virtual and real servers only; it goes before `smtp_alert`.",
    examples: &["smtp_alert_checker"],
    rejects: &["smtp_alert_checker often"],
    lower: |draft, call| {
        if let Some(value) = alert(call) {
            draft.global.smtp_alert_checker = Some(value);
        }
    },
    ..SMTP_ALERT
};

fn alert(call: &mut Call<'_>) -> Option<bool> {
    let value = call.switch();
    if value.is_none() {
        let (keyword, word) = (call.keyword.name, call.text(0).unwrap_or_default().to_owned());
        call.complain("bad-switch", format!("Invalid value '{word}' for global {keyword} specified"));
    }
    value
}

const NO_EMAIL_FAULTS: Keyword = Keyword {
    name: "no_email_faults",
    blocks: GLOBAL,
    doc: "No mail about changes to FAULT.",
    examples: &["no_email_faults"],
    lower: |draft, _| draft.global.settings.mail.no_faults = true,
    ..KEYWORD
};

const SMTP_HELO_NAME: Keyword = Keyword {
    name: "smtp_helo_name",
    blocks: GLOBAL,
    grammar: WORD,
    doc: "The name given to the mail server.",
    examples: &["smtp_helo_name hap1.example.org"],
    lower: |draft, call| draft.global.settings.mail.helo = call.args.text("value").map(str::to_owned),
    ..KEYWORD
};

const SMTP_CONNECT_TIMEOUT: Keyword = Keyword {
    name: "smtp_connect_timeout",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Value("seconds", Kind::Int(0, 4294))]),
    invalid: "smtp_connect_timeout '{word}' must be in [0, 4294] - ignoring",
    doc: "Seconds to wait for the mail server.",
    examples: &["smtp_connect_timeout 30"],
    rejects: &["smtp_connect_timeout 4295"],
    lower: |draft, call| draft.global.settings.mail.timeout = whole_seconds(call),
    ..KEYWORD
};

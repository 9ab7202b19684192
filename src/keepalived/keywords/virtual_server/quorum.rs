//! When a service counts as up (`quorum`), who is told of changes, and what a service's servers begin and end as.

use super::super::shared::{SWITCH, number};
use crate::{
    ir::failover::Command,
    keepalived::{
        draft::{Draft, Open},
        keyword::{Block, Call, Grammar, KEYWORD, Keyword},
        quoted,
    },
    text::grammar::{Arg, Kind},
};

const SERVICE: &[Block] = &[Block::VirtualServer];
const SERVER: &[Block] = &[Block::RealServer];
const BOTH: &[Block] = &[Block::VirtualServer, Block::RealServer];
const COMMAND: Grammar = Grammar::Custom("<command line> [<user> [<group>]]");

pub(in super::super) const KEYWORDS: &[Keyword] = &[
    QUORUM,
    HYSTERESIS,
    QUORUM_UP,
    QUORUM_DOWN,
    NOTIFY_UP,
    NOTIFY_DOWN,
    ALPHA,
    OMEGA,
    SMTP_ALERT,
    VIRTUALHOST,
    SNMP_NAME,
];

const QUORUM: Keyword = Keyword {
    name: "quorum",
    blocks: SERVICE,
    grammar: Grammar::Custom("<weight>"),
    doc: "The least weight of all live servers together with which the service is up; 1 if not written.",
    examples: &["quorum 1"],
    rejects: &["quorum 0", "quorum 2"],
    lower: |draft, call| {
        let Some(word) = call.text(0).map(str::to_owned) else { return call.missing_argument() };
        let written = number(call, &word, 1, 4_294_967_295).and_then(|weight| u32::try_from(weight).ok());
        if written.is_none() {
            call.complain("bad-quorum", format!("Quorum {word} must be in [1, 4294967295]. Setting to 1."));
        }
        draft.virtual_server().quorum = Some(written.unwrap_or(1));
    },
    ..KEYWORD
};

const HYSTERESIS: Keyword = Keyword {
    name: "hysteresis",
    blocks: SERVICE,
    grammar: Grammar::Args(&[Arg::Value("weight", Kind::Int(0, 4_294_967_295))]),
    invalid: "Hysteresis {word} must be in [0, 4294967295] - ignoring",
    doc: "How much more than the quorum is needed to gain it, and how much less to lose it.",
    examples: &["hysteresis 0"],
    rejects: &["hysteresis 1", "hysteresis some"],
    lower: |draft, call| {
        let weight = call.args.int("weight").and_then(|weight| u32::try_from(weight).ok());
        draft.virtual_server().hysteresis = weight.unwrap_or_default();
    },
    ..KEYWORD
};

/// A command. The first that can be understood counts.
fn command(draft: &mut Draft, call: &mut Call<'_>, place: fn(&mut Draft) -> &mut Option<Command>) {
    if call.words.arguments().is_empty() {
        return call.missing_argument();
    }
    if place(draft).is_none() {
        *place(draft) = super::super::shared::notification(draft, call);
        return;
    }
    let keyword = call.keyword.name;
    let (line, _) = quoted::first_word(&call.words.raw[call.words.keyword().len()..]);
    let words = quoted::split(&line).unwrap_or_else(|partial| partial);
    let shown: Vec<_> = words.iter().map(|word| String::from_utf8_lossy(word)).collect();
    // The original prints what C prints of a name that is not there.
    let text = format!("((null)) {keyword} script already specified - ignoring {}", shown.join(" "));
    call.complain("repeated", text);
}

const QUORUM_UP: Keyword = Keyword {
    name: "quorum_up",
    blocks: SERVICE,
    grammar: COMMAND,
    doc: "Run when the quorum is gained.",
    examples: &["quorum_up /usr/local/bin/gained"],
    rejects: &["quorum_up /usr/local/bin/gained\nquorum_up /usr/local/bin/again"],
    lower: |draft, call| command(draft, call, |draft| &mut draft.virtual_server().quorum_up),
    ..KEYWORD
};

const QUORUM_DOWN: Keyword = Keyword {
    name: "quorum_down",
    doc: "Run when the quorum is lost.",
    examples: &["quorum_down /usr/local/bin/lost"],
    rejects: &["quorum_down /usr/local/bin/lost\nquorum_down /usr/local/bin/again"],
    lower: |draft, call| command(draft, call, |draft| &mut draft.virtual_server().quorum_down),
    ..QUORUM_UP
};

const NOTIFY_UP: Keyword = Keyword {
    name: "notify_up",
    blocks: SERVER,
    doc: "Run when the real server comes up.",
    examples: &["notify_up /usr/local/bin/up"],
    rejects: &["notify_up /usr/local/bin/up\nnotify_up /usr/local/bin/again"],
    lower: |draft, call| command(draft, call, |draft| &mut draft.real_server().notify_up),
    ..QUORUM_UP
};

const NOTIFY_DOWN: Keyword = Keyword {
    name: "notify_down",
    doc: "Run when the real server goes down.",
    examples: &["notify_down /usr/local/bin/down"],
    rejects: &["notify_down /usr/local/bin/down\nnotify_down /usr/local/bin/again"],
    lower: |draft, call| command(draft, call, |draft| &mut draft.real_server().notify_down),
    ..NOTIFY_UP
};

const ALPHA: Keyword = Keyword {
    name: "alpha",
    blocks: SERVICE,
    doc: "Real servers begin as down, and come up with their first good check.",
    examples: &["alpha"],
    lower: |draft, _| draft.virtual_server().alpha = true,
    ..KEYWORD
};

const OMEGA: Keyword = Keyword {
    name: "omega",
    blocks: SERVICE,
    doc: "When the daemon stops, `notify_down` and `quorum_down` are run.",
    examples: &["omega"],
    lower: |draft, _| draft.virtual_server().omega = true,
    ..KEYWORD
};

const SMTP_ALERT: Keyword = Keyword {
    name: "smtp_alert",
    blocks: BOTH,
    grammar: SWITCH,
    doc: "Changes are told by mail: of the quorum only if written here or for all, of real servers unless that is switched off.",
    examples: &["smtp_alert", "smtp_alert off"],
    rejects: &["smtp_alert often"],
    lower: |draft, call| {
        let is_server = draft.open == Open::RealServer;
        let block = if is_server { "real_server" } else { "virtual_server" };
        let Some(value) = call.switch() else {
            let word = call.text(0).unwrap_or_default().to_owned();
            return call.complain("bad-switch", format!("Invalid {block} smtp_alert parameter {word}"));
        };
        if is_server {
            draft.real_server().smtp_alert = Some(value);
        } else {
            draft.virtual_server().smtp_alert = Some(value);
        }
    },
    ..KEYWORD
};

const VIRTUALHOST: Keyword = Keyword {
    name: "virtualhost",
    blocks: BOTH,
    grammar: Grammar::Custom("<name>"),
    doc: "The host that HTTP_GET and SSL_GET ask for unless they name another.",
    examples: &["virtualhost www.example.org"],
    rejects: &["virtualhost"],
    lower: |draft, call| {
        let is_server = draft.open == Open::RealServer;
        let Some(name) = call.text(0).map(str::to_owned) else {
            let block = if is_server { "real" } else { "virtual" };
            return call.complain("no-name", format!("{block} server virtualhost missing"));
        };
        if is_server {
            draft.real_server().virtual_host = Some(name);
        } else {
            draft.virtual_server().virtual_host = Some(name);
        }
    },
    ..KEYWORD
};

const SNMP_NAME: Keyword = Keyword {
    name: "snmp_name",
    blocks: BOTH,
    grammar: Grammar::Custom("<name>"),
    doc: "A label for statistics: here of the metrics, as there is no SNMP.",
    examples: &["snmp_name web"],
    rejects: &["snmp_name", "snmp_name two words"],
    lower: |draft, call| {
        let is_server = draft.open == Open::RealServer;
        let (Some(name), 1) = (call.text(0).map(str::to_owned), call.words.arguments().len()) else {
            let block = if is_server { "real" } else { "virtual" };
            return call.complain("no-name", format!("{block} server snmp_name missing or extra parameters"));
        };
        if is_server {
            draft.real_server().snmp_name = Some(name);
        } else {
            draft.virtual_server().snmp_name = Some(name);
        }
    },
    ..KEYWORD
};

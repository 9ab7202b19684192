//! The lines that open sections (manual 2.1).

pub mod http_errors;
pub mod log_forward;
pub mod program;
pub mod ring;
pub mod userlist;

use crate::haproxy::draft::{Current, Draft, Heirs, Seen};
use crate::haproxy::keyword::whole;
use crate::ir::config::{HttpErrors, Program, Userlist};
use crate::ir::log::{LogForward, LogTransport, Ring};
use crate::ir::proxy::{Proxy, ProxyKind};
use crate::text::atoms;
use crate::text::diag::{Diagnostic, Diagnostics, Place};
use crate::text::grammar::Word;
use crate::text::source::Span;

/// A section keyword.
pub struct Section {
    pub name: &'static str,
    pub doc: &'static str,
    pub works: bool,
    pub open: fn(&mut Draft, &'static Self, &[Word], &mut Diagnostics),
}

const fn missing(name: &'static str, doc: &'static str) -> Section {
    Section { name, doc, works: false, open: skip }
}

/// Every section of 2.6.
pub const SECTIONS: &[Section] = &[
    Section { name: "global", doc: "The process.", works: true, open: global },
    Section { name: "defaults", doc: "What the proxies behind it begin with.", works: true, open: proxy },
    Section { name: "frontend", doc: "Takes connections.", works: true, open: proxy },
    Section { name: "backend", doc: "Has servers.", works: true, open: proxy },
    Section { name: "listen", doc: "Takes connections and has servers.", works: true, open: proxy },
    Section { name: "userlist", doc: "Users and groups.", works: true, open: userlist },
    Section { name: "http-errors", doc: "Error pages under a name.", works: true, open: http_errors },
    Section { name: "log-forward", doc: "Takes syslog messages and sends them on.", works: true, open: log_forward },
    Section { name: "ring", doc: "Keeps events in memory.", works: true, open: ring },
    Section { name: "program", doc: "Runs a program beside the workers.", works: true, open: program },
    missing("cache", "Caches responses."),
    missing("fcgi-app", "Describes a FastCGI application."),
    missing("mailers", "Sends alerts by mail."),
    missing("namespace_list", "Names network namespaces."),
    missing("peers", "Shares stick-tables with other instances."),
    missing("resolvers", "Resolves names while running."),
    missing("spoe-agent", "Describes an SPOE agent."),
    missing("spoe-group", "Groups SPOE messages."),
    missing("spoe-message", "Describes an SPOE message."),
    missing("crt-store", "Names certificates."),
];

pub fn section(name: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|s| s.name == name)
}

pub fn section_names() -> impl Iterator<Item = &'static str> {
    SECTIONS.iter().map(|s| s.name)
}

fn enter(draft: &mut Draft, section: &'static Section, current: Current) {
    section.name.clone_into(&mut draft.section);
    draft.current = current;
    draft.seen = Seen::default();
}

fn skip(draft: &mut Draft, section: &'static Section, words: &[Word], diag: &mut Diagnostics) {
    let message = format!("section '{}' is not implemented in this version of Hawser.", section.name);
    diag.push(Diagnostic::error("not-implemented", whole(words), message).label(section.doc));
    enter(draft, section, Current::Skipped(section.name));
}

fn global(draft: &mut Draft, section: &'static Section, words: &[Word], diag: &mut Diagnostics) {
    if let Some(extra) = words.get(1) {
        let message = format!("'global' cannot handle unexpected argument '{}'.", extra.text);
        diag.push(Diagnostic::error("bad-argument", extra.at, message));
    }
    draft.config.global.at = Some(whole(words));
    enter(draft, section, Current::Global);
}

/// The name behind the section keyword, checked; `None` was reported.
fn name<'w>(section: &Section, words: &'w [Word], diag: &mut Diagnostics) -> Option<&'w Word> {
    let Some(name) = words.get(1) else {
        let message = format!("'{}' expects an <id> argument", section.name);
        diag.push(Diagnostic::error("missing-name", words[0].at.after(), message).aborting());
        return None;
    };
    if let Some(c) = atoms::invalid_name_char(&name.text) {
        let message = format!("character '{c}' is not permitted in '{}' name '{}'.", section.name, name.text);
        diag.push(Diagnostic::error("bad-name", name.at, message).label("letters, digits and - _ . : are"));
    }
    Some(name)
}

fn kind(section: &Section) -> ProxyKind {
    match section.name {
        "frontend" => ProxyKind::Frontend,
        "backend" => ProxyKind::Backend,
        "listen" => ProxyKind::Listen,
        _ => ProxyKind::Defaults,
    }
}

fn proxy(draft: &mut Draft, section: &'static Section, words: &[Word], diag: &mut Diagnostics) {
    let kind = kind(section);
    let at = whole(words);
    enter(draft, section, Current::Broken);
    if kind == ProxyKind::Defaults {
        return defaults(draft, words, diag);
    }
    let Some(id) = name(section, words, diag) else { return };
    duplicate(draft, kind, id, words, diag);
    let mut parent = draft.last_defaults;
    let mut inline = None;
    if let Some(extra) = words.get(2) {
        match (extra.text.as_str(), words.get(3)) {
            ("from", Some(from)) => match named_defaults(draft, from) {
                Some(d) => parent = Some(d),
                None => {
                    let message =
                        format!("defaults section '{}' not found for {} '{}'.", from.text, section.name, id.text);
                    diag.push(Diagnostic::error("unknown-defaults", from.at, message).aborting());
                }
            },
            // The address that a section line took until 1.5.
            _ => {
                let message = "please use the 'bind' keyword for listening addresses.";
                let d = Diagnostic::warning("legacy-keyword", extra.at, message);
                diag.push(d.help(format!("use a line: bind {}", extra.text)));
                inline = Some(extra);
            }
        }
    }
    hand_down(draft, kind, at, parent, diag);
    let mut p = draft.inherit(&id.text, kind, at, parent);
    if let Some(word) = inline {
        crate::haproxy::keywords::proxy::basics::inline_bind(word, &mut p, diag);
    }
    draft.config.proxies.push(p);
    draft.current = Current::Proxy(draft.config.proxies.len() - 1);
}

fn named_defaults(draft: &Draft, from: &Word) -> Option<usize> {
    draft.defaults.iter().rposition(|d| d.name == from.text)
}

fn defaults(draft: &mut Draft, words: &[Word], diag: &mut Diagnostics) {
    let at = whole(words);
    let mut parent = None;
    let mut own = "";
    if let Some(n) = words.get(1).filter(|n| n.text != "from") {
        own = &n.text;
        if let Some(c) = atoms::invalid_name_char(own) {
            let message = format!("character '{c}' is not permitted in 'defaults' name '{own}'.");
            diag.push(Diagnostic::error("bad-name", n.at, message));
        }
    }
    if let Some(i) = words.iter().position(|w| w.text == "from") {
        match words.get(i + 1).and_then(|f| named_defaults(draft, f)) {
            Some(d) => parent = Some(d),
            None => {
                let from = words.get(i + 1).map_or("", |w| w.text.as_str());
                let message = format!("defaults section '{from}' not found for defaults '{own}'.");
                diag.push(Diagnostic::error("unknown-defaults", words[i].at, message).aborting());
            }
        }
    }
    hand_down(draft, ProxyKind::Defaults, at, parent, diag);
    let p: Proxy = draft.inherit(own, ProxyKind::Defaults, at, parent);
    draft.defaults.push(p);
    draft.heirs.push(Heirs::default());
    let i = draft.defaults.len() - 1;
    draft.last_defaults = Some(i);
    draft.current = Current::Defaults(i);
}

/// Rules of a `defaults` section go to one kind of proxy, which has all the sets that they stand in.
fn hand_down(draft: &mut Draft, kind: ProxyKind, at: Span, parent: Option<usize>, diag: &mut Diagnostics) {
    let Some((i, from)) = parent.and_then(|i| Some((i, draft.defaults.get(i)?))) else { return };
    let sets = &from.rules;
    let both = [&sets.tcp_request_content, &sets.http_request, &sets.http_response, &sets.http_after_response];
    let of_front = !sets.tcp_request_connection.is_empty() || !sets.tcp_request_session.is_empty();
    let of_back = !sets.tcp_response_content.is_empty();
    if !of_front && !of_back && both.iter().all(|s| s.is_empty()) {
        return;
    }
    let heirs = &mut draft.heirs[i];
    heirs.front |= kind == ProxyKind::Frontend;
    heirs.back |= kind == ProxyKind::Backend;
    let place = format!("(defaults section at {})", crate::haproxy::show::AT_SECONDARY);
    let message = match kind {
        ProxyKind::Listen => {
            "a listen section cannot inherit from a defaults section defining TCP/HTTP rules.".to_owned()
        }
        ProxyKind::Defaults => {
            format!("a defaults section cannot inherit from a defaults section defining TCP/HTTP rules {place}.")
        }
        _ if heirs.front && heirs.back => format!(
            "frontends and backends cannot inherit from the same defaults section if it defines TCP/HTTP rules {place}."
        ),
        ProxyKind::Backend if of_front => format!(
            "a backend section cannot inherit from a defaults section defining 'tcp-request connection' or 'tcp-request session' rules {place}."
        ),
        ProxyKind::Frontend if of_back => format!(
            "a frontend section cannot inherit from a defaults section defining 'tcp-response content' rules {place}."
        ),
        _ => return,
    };
    let d = Diagnostic::error("rules-not-handed-down", at, message).placed(Place::ParsingTight).aborting();
    diag.push(
        d.also(from.at, "its rules would come from here").help("give each kind of proxy a defaults section of its own"),
    );
}

/// Two proxies of one side may not share a name.
fn duplicate(draft: &Draft, kind: ProxyKind, id: &Word, words: &[Word], diag: &mut Diagnostics) {
    let clash = draft.config.proxies.iter().find(|p| {
        p.name == id.text && ((p.kind.is_front() && kind.is_front()) || (p.kind.is_back() && kind.is_back()))
    });
    let Some(other) = clash else { return };
    // The place of the other is written by the printer, which knows files.
    let message = format!(
        "{} '{}' has the same name as {} '{}' declared at {}.",
        super::super::check::modes::kind_name(kind),
        id.text,
        super::super::check::modes::kind_word(other),
        id.text,
        crate::haproxy::show::AT_SECONDARY
    );
    diag.push(
        Diagnostic::error("duplicate-proxy", whole(words), message)
            .placed(Place::ParsingCapital)
            .also(other.at, "first declared here"),
    );
}

fn userlist(draft: &mut Draft, section: &'static Section, words: &[Word], diag: &mut Diagnostics) {
    enter(draft, section, Current::Broken);
    let Some(id) = words.get(1) else {
        let message = "'userlist' expects <name> as arguments.";
        let d = Diagnostic::error("missing-name", words[0].at.after(), message);
        return diag.push(d.placed(Place::ParsingTight));
    };
    if let Some(c) = atoms::invalid_name_char(&id.text) {
        let message = format!("character '{c}' is not permitted in '{}' name '{}'.", section.name, id.text);
        diag.push(Diagnostic::error("bad-name", id.at, message).placed(Place::ParsingTight));
    }
    if let Some(other) = draft.config.userlists.iter().find(|u| u.name == id.text) {
        let d =
            Diagnostic::warning("duplicate-userlist", id.at, format!("ignoring duplicated userlist '{}'.", id.text));
        return diag.push(d.placed(Place::ParsingTight).also(other.at, "first here"));
    }
    draft.config.userlists.push(Userlist {
        name: id.text.clone(),
        users: Vec::new(),
        groups: Vec::new(),
        at: whole(words),
    });
    draft.current = Current::Userlist(draft.config.userlists.len() - 1);
}

fn http_errors(draft: &mut Draft, section: &'static Section, words: &[Word], diag: &mut Diagnostics) {
    enter(draft, section, Current::Broken);
    let Some(id) = name(section, words, diag) else { return };
    draft.config.http_errors.push(HttpErrors {
        name: id.text.clone(),
        pages: std::collections::BTreeMap::new(),
        at: whole(words),
    });
    draft.current = Current::HttpErrors(draft.config.http_errors.len() - 1);
}

fn program(draft: &mut Draft, section: &'static Section, words: &[Word], diag: &mut Diagnostics) {
    enter(draft, section, Current::Broken);
    let Some(id) = words.get(1) else {
        let message = "'program' expects an <id> argument";
        return diag.push(Diagnostic::error("missing-name", words[0].at.after(), message));
    };
    if let Some(extra) = words.get(2) {
        let message = format!("'program' cannot handle unexpected argument '{}'.", extra.text);
        return diag.push(Diagnostic::error("bad-argument", extra.at, message));
    }
    if let Some(other) = draft.config.programs.iter().find(|p| p.name == id.text) {
        let message = format!("'{}' program section already exists in the configuration.", id.text);
        let d = Diagnostic::error("duplicate-program", id.at, message).placed(Place::ParsingTight).aborting();
        return diag.push(d.also(other.at, "first here"));
    }
    draft.config.programs.push(Program {
        name: id.text.clone(),
        command: Vec::new(),
        uid: None,
        gid: None,
        start_on_reload: true,
        at: whole(words),
    });
    draft.current = Current::Program(draft.config.programs.len() - 1);
}

fn ring(draft: &mut Draft, section: &'static Section, words: &[Word], diag: &mut Diagnostics) {
    enter(draft, section, Current::Broken);
    let taken = draft.config.rings.iter().map(|r| (r.name.as_str(), r.at));
    let Some(id) = named_once(words, taken, ["missing ring name.", "sink named '{}' already exists."], diag) else {
        return;
    };
    draft.config.rings.push(Ring {
        name: id.clone(),
        description: id,
        format: LogTransport::Raw,
        max_len: 1024,
        size: 16384,
        connect_timeout: None,
        server_timeout: None,
        servers: Vec::new(),
        at: whole(words),
    });
    draft.current = Current::Ring(draft.config.rings.len() - 1);
}

fn log_forward(draft: &mut Draft, section: &'static Section, words: &[Word], diag: &mut Diagnostics) {
    enter(draft, section, Current::Broken);
    let taken = draft.config.log_forwards.iter().map(|f| (f.name.as_str(), f.at));
    let said = ["missing name for ip-forward section.", "log-forward section '{}' is declared twice."];
    let Some(id) = named_once(words, taken, said, diag) else { return };
    draft.config.log_forwards.push(LogForward {
        name: id,
        streams: Vec::new(),
        datagrams: Vec::new(),
        log: Vec::new(),
        log_global: false,
        maxconn: 10,
        backlog: None,
        client_timeout: None,
        at: whole(words),
    });
    draft.current = Current::LogForward(draft.config.log_forwards.len() - 1);
}

/// The name of a section that no other of its kind has; what is said of one that lacks it, and of a second.
fn named_once<'a>(
    words: &[Word],
    mut taken: impl Iterator<Item = (&'a str, Span)>,
    [lacks, twice]: [&str; 2],
    diag: &mut Diagnostics,
) -> Option<String> {
    let Some(id) = words.get(1) else {
        diag.push(Diagnostic::error("missing-name", words[0].at.after(), lacks).aborting());
        return None;
    };
    if let Some((_, other)) = taken.find(|(name, _)| *name == id.text) {
        let message = twice.replace("{}", &id.text);
        diag.push(Diagnostic::error("duplicate-section", id.at, message).also(other, "first here").aborting());
        return None;
    }
    Some(id.text.clone())
}

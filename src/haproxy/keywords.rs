//! Every keyword. A new one is one const in the file of its family and one line in that file's list.

pub mod global;
pub mod proxy;
pub mod section;

use std::collections::HashMap;
use std::sync::OnceLock;

use super::draft::{Current, Draft};
use super::keyword::{
    BACKEND, DEFAULTS, FRONT, FRONTEND, GLOBAL, HTTP_ERRORS, Keyword, LISTEN, LOG_FORWARD, PROGRAM, PROXY, RING,
    Sections, USERLIST,
};
use super::later::{self, Class};
use crate::ir::proxy::ProxyKind;
use crate::text::diag::Diagnostic;
use crate::text::grammar::Word;
use crate::text::nearest::nearest;
pub use section::{Section, section, section_names};

const LISTS: &[&[&Keyword]] = &[
    global::logging::ALL,
    global::misc::ALL,
    global::paths::ALL,
    global::process::ALL,
    global::stats::ALL,
    global::tls::ALL,
    global::tune::ALL,
    global::missing::ALL,
    proxy::acls::ALL,
    proxy::balance::ALL,
    proxy::basics::ALL,
    proxy::captures::ALL,
    proxy::checks::ALL,
    proxy::checks::rules::ALL,
    proxy::cookies::ALL,
    proxy::errors::ALL,
    proxy::legacy::ALL,
    proxy::logging::ALL,
    proxy::options::ALL,
    proxy::rules::ALL,
    proxy::servers::ALL,
    proxy::stats::ALL,
    proxy::stickiness::ALL,
    proxy::timeouts::ALL,
    proxy::missing::ALL,
    section::userlist::ALL,
    section::http_errors::ALL,
    section::log_forward::ALL,
    section::program::ALL,
    section::ring::ALL,
];

/// Every keyword, in the order of the lists.
pub fn all() -> impl Iterator<Item = &'static Keyword> {
    LISTS.iter().flat_map(|l| l.iter().copied())
}

fn by_first_word() -> &'static HashMap<&'static str, Vec<&'static Keyword>> {
    static TABLE: OnceLock<HashMap<&'static str, Vec<&'static Keyword>>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table: HashMap<&str, Vec<&Keyword>> = HashMap::new();
        for k in all() {
            table.entry(k.name.split(' ').next().unwrap_or("")).or_default().push(k);
        }
        // The longest name first, so that `http-check send-state` is found before `http-check send`.
        table.values_mut().for_each(|l| l.sort_by_key(|k| std::cmp::Reverse(k.words())));
        table
    })
}

/// The outcome of looking a line up.
pub enum Found {
    Keyword(&'static Keyword),
    Problem(Diagnostic),
}

fn current(draft: &Draft) -> Sections {
    match draft.current {
        Current::Global => GLOBAL,
        Current::Defaults(_) => DEFAULTS,
        Current::Userlist(_) => USERLIST,
        Current::HttpErrors(_) => HTTP_ERRORS,
        Current::Program(_) => PROGRAM,
        Current::Ring(_) => RING,
        Current::LogForward(_) => LOG_FORWARD,
        Current::Proxy(i) => match draft.config.proxies[i].kind {
            ProxyKind::Frontend => FRONTEND,
            ProxyKind::Backend => BACKEND,
            _ => LISTEN,
        },
        Current::None | Current::Skipped(_) | Current::Broken => Sections(0),
    }
}

/// The keyword that a line begins with, or why there is none.
pub fn find(draft: &mut Draft, line: &[Word]) -> Found {
    let here = current(draft);
    let first = &line[0];
    let family: &[&Keyword] = by_first_word().get(first.text.as_str()).map_or(&[], Vec::as_slice);
    let matches =
        |k: &&&'static Keyword| k.name.split(' ').zip(line).filter(|(a, b)| same_word(a, &b.text)).count() == k.words();
    if let Some(k) = family.iter().find(|k| k.sections.has(here) && matches(k)) {
        return Found::Keyword(k);
    }
    let is_proxy = PROXY.has(here);
    if is_proxy && let Some(k) = family.iter().find(|k| PROXY.has(k.sections) && matches(k)) {
        return Found::Problem(misplaced(draft, k, here, line));
    }
    let elsewhere = family.iter().any(|k| k.sections.has(here) || (is_proxy && PROXY.has(k.sections)));
    if elsewhere {
        return Found::Problem(unknown_second(family, here, line));
    }
    Found::Problem(unknown_first(draft, here, first))
}

/// A word of a keyword's name; `set-var(*)` takes anything between its parentheses.
fn same_word(name: &str, word: &str) -> bool {
    match name.strip_suffix("*)") {
        Some(open) => word.starts_with(open),
        None => name == word,
    }
}

fn unknown_first(draft: &Draft, here: Sections, word: &Word) -> Diagnostic {
    let candidates = all().filter(|k| k.sections.has(here)).map(|k| k.name.split(' ').next().unwrap_or(""));
    let near = nearest(&word.text, candidates);
    let place = if here == USERLIST { "users" } else { &draft.section };
    let maybe = near.map_or_else(String::new, |n| format!("; did you mean '{n}' maybe ?"));
    let message = format!("unknown keyword '{}' in '{place}' section{maybe}", word.text);
    let class = if here == GLOBAL { Class::Global } else { Class::Proxy };
    let mut d = Diagnostic::error("unknown-keyword", word.at, message)
        .label("not a keyword of this section")
        .notes(later::hint(class, &word.text).or_else(|| later::hint(Class::Section, &word.text)));
    if here == USERLIST {
        d = d.placed(crate::text::diag::Place::ParsingTight);
    }
    if let Some(n) = near {
        d = d.help(format!("a keyword with a similar name: '{n}'"));
    }
    d
}

/// `option foo`, `timeout foo`: the family is known, the member is not.
fn unknown_second(family: &[&'static Keyword], here: Sections, line: &[Word]) -> Diagnostic {
    let first = line[0].text.as_str();
    let members = || family.iter().filter(|k| k.sections.has(here)).filter_map(|k| k.name.split(' ').nth(1));
    let Some(second) = line.get(1) else {
        let list: Vec<_> = members().map(|m| format!("'{m}'")).collect();
        let message = format!("'{first}' expects one of {}.", list.join(", "));
        return Diagnostic::error("incomplete-keyword", line[0].at, message);
    };
    let near = nearest(&second.text, members());
    let maybe = near.map_or_else(String::new, |n| format!("; did you mean '{n}' maybe ?"));
    let message = match first {
        "option" if near.is_none() => format!("unknown option '{}'.", second.text),
        "option" => format!("unknown option '{}'{maybe}", second.text),
        _ => {
            let mut names: Vec<_> = members().map(|m| format!("'{m}'")).collect();
            let last = names.pop().unwrap_or_default();
            let list = if names.is_empty() { last } else { format!("{} and {last}", names.join(", ")) };
            format!("'{first}' supports {list} (got '{}')", second.text)
        }
    };
    let mut d = Diagnostic::error("unknown-keyword", second.at, message).label(format!("no such '{first}'"));
    if first == "option" {
        d = d.notes(later::hint(Class::Option, &second.text));
    }
    if let Some(n) = near {
        d = d.help(format!("a keyword with a similar name: '{first} {n}'"));
    }
    d
}

/// A keyword of another kind of proxy. The original ignores most of them with a warning.
fn misplaced(draft: &mut Draft, k: &'static Keyword, here: Sections, line: &[Word]) -> Diagnostic {
    let at = super::keyword::whole(line);
    if here == DEFAULTS {
        return Diagnostic::error("misplaced-keyword", at, format!("'{}' not allowed in 'defaults' section.", k.name));
    }
    if k.name == "declare capture" {
        let message = "'declare' only available in frontend or listen section";
        return Diagnostic::error("misplaced-keyword", at, message);
    }
    let proxy = draft.proxy();
    let wants = if FRONT.has(k.sections) && !k.sections.has(BACKEND) { "frontend" } else { "backend" };
    let lacks = format!("because {} '{}' has no {wants} capability", proxy.kind.name(), proxy.name);
    if matches!(k.name, "server" | "default-server" | "server-template") {
        return Diagnostic::error("misplaced-keyword", at, format!("'{}' not allowed {lacks}.", k.name));
    }
    let message = match k.name.split_once(' ') {
        Some(("option", name)) => format!("'{name}' ignored {lacks}."),
        Some(("timeout", _)) => format!("'{}' will be ignored {lacks}", k.name),
        Some(("rate-limit", _)) => format!("{} will be ignored {lacks}", k.name),
        Some((family, _)) => format!("'{family}' ignored {lacks}."),
        None => match k.name {
            "fullconn" => format!("'fullconn' ignored {lacks}. Maybe you want 'maxconn' instead ?"),
            "maxconn" => format!("'maxconn' ignored {lacks}. Maybe you want 'fullconn' instead ?"),
            name => format!("'{name}' ignored {lacks}."),
        },
    };
    Diagnostic::warning("misplaced-keyword", at, message)
        .label(format!("belongs into a {wants} or listen section; it has no effect here"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_taken_twice_in_one_section() {
        for bit in 0..10 {
            let mut names: Vec<_> = all().filter(|k| k.sections.has(Sections(1 << bit))).map(|k| k.name).collect();
            names.sort_unstable();
            let twice: Vec<_> = names.windows(2).filter(|w| w[0] == w[1]).map(|w| w[0]).collect();
            assert!(twice.is_empty(), "{twice:?}");
        }
    }

    #[test]
    fn every_keyword_is_described() {
        for k in all() {
            assert!(!k.doc.is_empty() && k.doc.ends_with('.'), "{}", k.name);
        }
    }
}

//! Every command. A new one is one const in the file of its family and one line in that file's list.

pub mod connection;
pub mod errors;
pub mod events;
pub mod missing;
pub mod patterns;
pub mod proxies;
pub mod roster;
pub mod servers;
pub mod sessions;
pub mod show;
pub mod tables;

use super::command::Command;
use super::control::Control;
use crate::ir::listener::AccessLevel;
use crate::ir::{ProxyId, ServerId};
use crate::text::book::Status;

const LISTS: &[&[&Command]] = &[
    connection::ALL,
    errors::ALL,
    events::ALL,
    patterns::ALL,
    proxies::ALL,
    roster::ALL,
    servers::ALL,
    sessions::ALL,
    show::ALL,
    tables::ALL,
    missing::ALL,
];

/// Commands that every list of commands ends with.
pub const ALWAYS: [&str; 3] = ["help", "prompt", "quit"];

/// Every command, in the order of the lists.
pub fn all() -> impl Iterator<Item = &'static Command> {
    LISTS.iter().flat_map(|l| l.iter().copied())
}

/// The command that words begin with; the longest name wins. Words may be cut short where they stay unique in the original;
/// here they are matched as prefixes too.
pub fn find(words: &[String]) -> Option<&'static Command> {
    let exact = |c: &&Command| c.words() <= words.len() && c.name.split(' ').zip(words).all(|(a, b)| a == b);
    let prefix =
        |c: &&Command| c.words() <= words.len() && c.name.split(' ').zip(words).all(|(a, b)| a.starts_with(b.as_str()));
    all().filter(exact).max_by_key(|c| c.words()).or_else(|| all().filter(prefix).max_by_key(|c| c.words()))
}

/// The answer to an unknown command: those that are near, and those that always help.
pub fn unknown(words: &[String], level: AccessLevel) -> String {
    let first = words.first().map_or("", String::as_str);
    let mut near: Vec<_> = all()
        .filter(|c| c.level <= level && c.status != Status::Missing && !ALWAYS.contains(&c.name))
        .filter(|c| {
            let word = c.name.split(' ').next().unwrap_or("");
            word.starts_with(first) || strsim::damerau_levenshtein(word, first) <= 2
        })
        .collect();
    near.sort_by_key(|c| c.name);
    let mut out = match near.is_empty() {
        true => String::from("Unknown command. Please enter one of the following commands only:\n"),
        false => String::from("Unknown command, but maybe one of the following ones is a better match:\n"),
    };
    let always = all().filter(|c| ALWAYS.contains(&c.name));
    for c in near.into_iter().chain(always) {
        out.push_str(&c.usage());
        out.push('\n');
    }
    out
}

/// `backend/server`.
///
/// # Errors
/// The words for the operator.
pub fn server(control: &dyn Control, name: &str) -> Result<(ProxyId, ServerId), String> {
    let Some((backend, server)) = name.split_once('/') else {
        return Err("Require 'backend/server'.\n".to_owned());
    };
    let config = control.config();
    let found = config.backend(backend).and_then(|p| {
        let s = config
            .proxy(p)
            .servers
            .find(|s| s.name == server || server.strip_prefix('#').and_then(|n| n.parse().ok()) == Some(s.id))?;
        Some((p, ServerId(s)))
    });
    found.ok_or_else(|| {
        if config.backend(backend).is_some() { "No such server.\n".to_owned() } else { "No such backend.\n".to_owned() }
    })
}

/// A frontend by its name.
///
/// # Errors
/// The words for the operator.
pub fn frontend(control: &dyn Control, name: &str) -> Result<ProxyId, String> {
    if name.is_empty() {
        return Err("A frontend name is expected.\n".to_owned());
    }
    control.config().frontend(name).ok_or_else(|| "No such frontend.\n".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_command_is_there_twice_and_all_are_described() {
        let mut names: Vec<_> = all().map(|c| c.name).collect();
        let n = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), n);
        assert!(all().all(|c| !c.doc.is_empty()));
    }

    #[test]
    fn the_longest_name_wins() {
        let words: Vec<String> = ["show", "servers", "state", "b"].map(str::to_owned).to_vec();
        assert_eq!(find(&words).map(|c| c.name), Some("show servers state"));
    }
}

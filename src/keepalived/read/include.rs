//! `include` and its strict forms: what is read, and when it is a fault that nothing is.

use super::{DEEPEST, Here, Reader};
use crate::keepalived::{
    lex::{Gravity, Said},
    system::Unreadable,
};

/// How strict an include is, by its last letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// `include`
    Tolerant,
    /// `includer`: what is there must be readable
    Readable,
    /// `includem`: a name without special characters must be there
    Match,
    /// `includew`: a pattern must match something too
    Wildcard,
    /// `includeb`: each name in braces must be there
    Braces,
    /// `includea`: all of these
    All,
}

/// What every include is checked for, whatever its last letter (`include_check`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Checks {
    matching: bool,
    wildcard: bool,
    braces: bool,
}

impl Checks {
    /// The checks after a line, if it is one that changes them. Words that mean nothing are complained of elsewhere.
    pub(super) fn after(self, text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        if words.next() != Some("include_check") {
            return None;
        }
        let words: Vec<&str> = words.collect();
        if words.is_empty() {
            return Some(Self { matching: true, wildcard: true, braces: true });
        }
        let signed = |word: &&str| word.starts_with(['+', '-']);
        let mut checks = if words.iter().all(signed) { self } else { Self::default() };
        for word in words {
            let place = match word.trim_start_matches(['+', '-']) {
                "match" => &mut checks.matching,
                "wildcard_match" => &mut checks.wildcard,
                "brace_match" => &mut checks.braces,
                _ => continue,
            };
            *place = !word.starts_with('-');
        }
        Some(checks)
    }

    fn any(self) -> bool {
        self != Self::default()
    }
}

/// The kind of include and its pattern, as far as a line is one.
pub(super) fn statement(text: &str) -> Option<(Check, &str)> {
    let (word, rest) = text.trim().split_once(char::is_whitespace)?;
    let check = match word {
        "include" => Check::Tolerant,
        "includer" => Check::Readable,
        "includem" => Check::Match,
        "includew" => Check::Wildcard,
        "includeb" => Check::Braces,
        "includea" => Check::All,
        _ => return None,
    };
    Some((check, rest.trim()))
}

impl Reader<'_> {
    pub(super) fn include(&mut self, check: Check, written: &str, here: Here<'_>) {
        let pattern = absolute(written, here.path);
        let matches = self.system.glob(&pattern);
        let strict = matches!(check, Check::Braces | Check::All) || self.checks.braces;
        let incomplete = !matches.is_empty() && matches.len() < names(&pattern);
        if incomplete {
            self.missing(strict, format!("Some config files missing: \"{written}\"."), here);
        }
        if matches.is_empty() {
            self.nothing_found(check, written, &pattern, here);
        } else if !(incomplete && strict) && self.depth < DEEPEST {
            self.depth += 1;
            // What an included file asks for ends with it.
            let checks = self.checks;
            for file in &matches {
                self.checks = checks;
                if self.file(file) == Err(Unreadable::Directory) {
                    self.missing(
                        check != Check::Tolerant || self.checks.any(),
                        super::directory(&format!("{written}/")),
                        here,
                    );
                }
            }
            self.depth -= 1;
            self.checks = checks;
        }
    }

    fn nothing_found(&mut self, check: Check, written: &str, pattern: &str, here: Here<'_>) {
        let directory = pattern.find(['*', '?', '[']).map(|wildcard| pattern[..wildcard].rsplit_once('/'));
        let fault = match directory {
            // A pattern in a directory that there is: nothing matches, and that may be so.
            Some(directory) if directory.is_none_or(|(path, _)| self.exists(path)) => {
                if matches!(check, Check::Wildcard | Check::All) || self.checks.wildcard {
                    self.missing(true, format!("No config files matched '{written}'."), here);
                }
                return;
            }
            _ if pattern.contains('{') => matches!(check, Check::Braces | Check::All) || self.checks.braces,
            _ => matches!(check, Check::Match | Check::Wildcard | Check::All) || self.checks.matching,
        };
        self.missing(fault, format!("Config files missing '{written}'."), here);
    }

    fn missing(&mut self, fault: bool, text: String, here: Here<'_>) {
        let gravity = if fault { Gravity::Broken } else { Gravity::Notice };
        self.say(here.at, Said { code: "include-missing", text, gravity });
    }

    fn exists(&self, path: &str) -> bool {
        path.is_empty() || !self.system.glob(path).is_empty()
    }
}

/// How many names a pattern without wildcards stands for.
fn names(pattern: &str) -> usize {
    if pattern.contains(['*', '?', '[']) {
        return 1;
    }
    let lists = pattern.split('{').skip(1).filter_map(|list| list.split_once('}'));
    lists.map(|(list, _)| list.matches(',').count() + 1).product()
}

/// A relative pattern counts from the directory of the file that includes.
fn absolute(pattern: &str, path: &str) -> String {
    match path.rsplit_once('/') {
        Some((directory, _)) if !pattern.starts_with('/') => format!("{directory}/{pattern}"),
        _ => pattern.to_owned(),
    }
}

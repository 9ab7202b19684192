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
        let strict = matches!(check, Check::Braces | Check::All);
        let incomplete = !matches.is_empty() && matches.len() < names(&pattern);
        if incomplete {
            self.missing(strict, format!("Some config files missing: \"{written}\"."), here);
        }
        if matches.is_empty() {
            self.nothing_found(check, written, &pattern, here);
        } else if !(incomplete && strict) && self.depth < DEEPEST {
            self.depth += 1;
            for file in &matches {
                if self.file(file) == Err(Unreadable::Directory) {
                    self.missing(check != Check::Tolerant, super::directory(&format!("{written}/")), here);
                }
            }
            self.depth -= 1;
        }
    }

    fn nothing_found(&mut self, check: Check, written: &str, pattern: &str, here: Here<'_>) {
        let directory = pattern.find(['*', '?', '[']).map(|wildcard| pattern[..wildcard].rsplit_once('/'));
        let fault = match directory {
            // A pattern in a directory that there is: nothing matches, and that may be so.
            Some(directory) if directory.is_none_or(|(path, _)| self.exists(path)) => {
                if matches!(check, Check::Wildcard | Check::All) {
                    self.missing(true, format!("No config files matched '{written}'."), here);
                }
                return;
            }
            _ if pattern.contains('{') => matches!(check, Check::Braces | Check::All),
            _ => matches!(check, Check::Match | Check::Wildcard | Check::All),
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

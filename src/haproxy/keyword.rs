//! What a configuration keyword is. Parser, suggestions, dumps and documents read this.

use super::Outside;
use super::draft::Draft;
use crate::ir::global::Global;
use crate::ir::proxy::{Proxy, ProxyKind};
use crate::text::book::{Entry, Status};
use crate::text::diag::{Diagnostic, Diagnostics, Place};
use crate::text::grammar::{self, Arg, Args, Word};
use crate::text::source::Span;

/// Sections, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sections(pub u32);

impl Sections {
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub const fn has(self, one: Self) -> bool {
        self.0 & one.0 != 0
    }
}

pub const GLOBAL: Sections = Sections(1);
pub const DEFAULTS: Sections = Sections(2);
pub const FRONTEND: Sections = Sections(4);
pub const LISTEN: Sections = Sections(8);
pub const BACKEND: Sections = Sections(16);
pub const USERLIST: Sections = Sections(32);
pub const HTTP_ERRORS: Sections = Sections(64);
pub const PROGRAM: Sections = Sections(128);
pub const RING: Sections = Sections(256);
pub const LOG_FORWARD: Sections = Sections(512);
/// Where a client's side is configured.
pub const FRONT: Sections = DEFAULTS.or(FRONTEND).or(LISTEN);
/// Where a server's side is configured.
pub const BACK: Sections = DEFAULTS.or(LISTEN).or(BACKEND);
pub const PROXY: Sections = FRONT.or(BACK);

/// The section keywords, in the order of the manual's table.
const NAMES: &[(Sections, &str)] = &[
    (GLOBAL, "global"),
    (DEFAULTS, "defaults"),
    (FRONTEND, "frontend"),
    (LISTEN, "listen"),
    (BACKEND, "backend"),
    (USERLIST, "userlist"),
    (HTTP_ERRORS, "http-errors"),
    (PROGRAM, "program"),
    (RING, "ring"),
    (LOG_FORWARD, "log-forward"),
];

/// The keyword that opens a section.
#[cfg(test)]
pub fn section_name(section: Sections) -> &'static str {
    NAMES.iter().find(|(s, _)| *s == section).map_or("", |(_, name)| name)
}

/// What a line may begin with.
pub struct Keyword {
    /// One or more words: `timeout client`, `option forwardfor`.
    pub name: &'static str,
    pub sections: Sections,
    pub args: Syntax,
    pub status: Status,
    /// `no` and `default` may stand before it.
    pub negatable: bool,
    /// Chapter of the manual of 2.6.
    pub manual: &'static str,
    /// One line, in our own words.
    pub doc: &'static str,
    /// Whole lines that must be accepted.
    pub examples: &'static [&'static str],
    /// Whole lines that must be refused.
    pub rejects: &'static [&'static str],
    pub lower: fn(&mut Line<'_>),
}

/// The grammar of what follows the keyword.
pub enum Syntax {
    Args(&'static [Arg]),
    /// Matched by the keyword's own `lower`; the text is for the documents.
    Custom(&'static str),
}

/// What a const starts from.
pub const KEYWORD: Keyword = Keyword {
    name: "",
    sections: Sections(0),
    args: Syntax::Args(&[]),
    status: Status::Works,
    negatable: false,
    manual: "4.2",
    doc: "",
    examples: &[],
    rejects: &[],
    lower: |_| {},
};

/// One line on its way into the draft.
pub struct Line<'a> {
    pub keyword: &'static Keyword,
    /// The whole line, `no` and `default` taken off.
    pub words: &'a [Word],
    /// Matched arguments, for [`Syntax::Args`].
    pub args: Args,
    pub prefix: Prefix,
    pub draft: &'a mut Draft,
    pub diag: &'a mut Diagnostics,
    pub outside: &'a dyn Outside,
}

/// What stood before the keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Prefix {
    #[default]
    None,
    No,
    Default,
}

impl Line<'_> {
    pub fn global(&mut self) -> &mut Global {
        &mut self.draft.config.global
    }

    /// The proxy or `defaults` section that the line stands in.
    pub fn proxy(&mut self) -> &mut Proxy {
        self.draft.proxy()
    }

    /// The words behind the keyword.
    pub fn rest(&self) -> &[Word] {
        self.words.get(self.keyword.words()..).unwrap_or(&[])
    }

    /// The text of the n-th word behind the keyword, from 0; empty when there is none.
    pub fn arg(&self, n: usize) -> &str {
        self.rest().get(n).map_or("", |w| w.text.as_str())
    }

    /// The place of that word, or of the line's end.
    pub fn arg_at(&self, n: usize) -> Span {
        self.rest().get(n).map_or_else(|| self.end(), |w| w.at)
    }

    pub fn at(&self) -> Span {
        whole(self.words)
    }

    pub fn end(&self) -> Span {
        self.at().after()
    }

    /// The n-th word behind the keyword as an address: variables are filled in, quoted or not.
    pub fn address(&self, n: usize) -> String {
        let variable = |name: &str| match self.draft.environment.get(name) {
            Some(own) => own.clone(),
            None => self.outside.variable(name),
        };
        crate::haproxy::lower::address::expand(self.arg(n), &variable)
    }

    /// `false` for `no ...`: what a switch becomes.
    pub fn on(&self) -> bool {
        self.prefix == Prefix::None
    }

    /// Reports an error about the n-th word behind the keyword.
    pub fn error(&mut self, n: usize, message: impl Into<String>) {
        let d = Diagnostic::error("bad-argument", self.arg_at(n), message)
            .help(format!("syntax: {}", self.keyword.syntax()));
        self.diag.push(d);
    }

    /// As [`Self::error`], where the original stops reading.
    pub fn abort(&mut self, n: usize, message: impl Into<String>) {
        let d = Diagnostic::error("bad-argument", self.arg_at(n), message)
            .help(format!("syntax: {}", self.keyword.syntax()))
            .aborting();
        self.diag.push(d);
    }

    pub fn warning(&mut self, n: usize, message: impl Into<String>) {
        self.diag.push(Diagnostic::warning("suspicious-argument", self.arg_at(n), message));
    }

    /// `'keyword' : message`, the commonest form of the original.
    pub fn error_named(&mut self, n: usize, message: impl std::fmt::Display) {
        let name = self.keyword.name;
        self.error(n, format!("'{name}' : {message}"));
    }

    /// A backend logs nothing: says so, and that the line is of no effect there.
    pub fn is_ignored_in_backend(&mut self) -> bool {
        let name = self.keyword.name;
        let p = self.proxy();
        if p.kind != ProxyKind::Backend {
            return false;
        }
        let message = format!("backend '{}' : '{name}' directive is ignored in backends.", p.name);
        let d = Diagnostic::warning("misplaced-keyword", self.at(), message);
        self.diag.push(d.label("the frontend decides what is logged"));
        true
    }

    /// Reports words beyond the first `n`.
    pub fn no_more_than(&mut self, n: usize) -> bool {
        if self.rest().len() <= n {
            return true;
        }
        let name = self.keyword.name;
        let extra = self.arg(n).to_owned();
        self.error(n, format!("'{name}' cannot handle unexpected argument '{extra}'."));
        false
    }
}

/// From the first word to the last.
pub fn whole(words: &[Word]) -> Span {
    match (words.first(), words.last()) {
        (Some(a), Some(b)) => a.at.to(b.at),
        _ => Span::default(),
    }
}

impl Keyword {
    /// How many words the name has.
    pub fn words(&self) -> usize {
        self.name.split(' ').count()
    }

    /// The keyword with its grammar, as manuals write it.
    pub fn syntax(&self) -> String {
        let args = match self.args {
            Syntax::Args(a) => grammar::syntax(a),
            Syntax::Custom(text) => text.to_owned(),
        };
        if args.is_empty() { self.name.to_owned() } else { format!("{} {args}", self.name) }
    }

    pub fn entry(&self) -> Entry {
        let place: Vec<_> = NAMES.iter().filter(|(s, _)| self.sections.has(*s)).map(|(_, n)| *n).collect();
        Entry {
            class: if self.sections.has(GLOBAL) { "global keyword" } else { "proxy keyword" },
            name: self.name.to_owned(),
            place: place.join(" "),
            syntax: self.syntax()[self.name.len()..].trim_start().to_owned(),
            doc: self.doc,
            status: self.status,
        }
    }

    /// Runs a line through the keyword: prefix, status, grammar, `lower`.
    pub fn apply(&'static self, mut line: Line<'_>) {
        if line.prefix != Prefix::None && !self.negatable {
            let d = refuse_prefix(self, line.at());
            line.diag.push(d);
            return;
        }
        if self.status == Status::Missing {
            let d = Diagnostic::error(
                "not-implemented",
                line.at(),
                format!("'{}' is not implemented in this version of Hawser.", self.name),
            )
            .label(self.doc)
            .note("the original knows this keyword; nothing in this file can replace it");
            line.diag.push(d);
            return;
        }
        if let Syntax::Args(args) = self.args {
            match grammar::match_words(args, line.rest(), line.end()) {
                Ok(a) => line.args = a,
                Err(bad) => {
                    for m in bad {
                        line.diag.push(m.diagnostic(self.name, args));
                    }
                    return;
                }
            }
        }
        (self.lower)(&mut line);
    }
}

fn refuse_prefix(keyword: &Keyword, at: Span) -> Diagnostic {
    let message = match keyword.name.strip_prefix("option ") {
        Some(option) => format!("negation/default is not supported for option '{option}'."),
        None => "negation/default currently supported only for options, log, and busy-polling.".to_owned(),
    };
    Diagnostic::error("no-negation", at, message).placed(Place::ParsingTight)
}

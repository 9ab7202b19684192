//! What is said about a configuration: one line each as the original says it, and diagnostics for everybody else.

use crate::text::{
    diag::{Diagnostic, Diagnostics, Severity},
    source::{FileId, Sources, Span},
};

/// Exit codes of `-t`. The highest that was met is the one reported, so a deprecation hides a fault of rank 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum ExitCode {
    #[default]
    Clean,
    /// A file or an interface is missing, or a fault ends the daemon.
    Fatal,
    /// Anything else worth a line.
    Problem,
    /// A script is run, and nobody asked for script security.
    Security,
}

impl ExitCode {
    #[must_use]
    pub fn number(self) -> i32 {
        match self {
            Self::Clean => 0,
            Self::Fatal => 4,
            Self::Problem => 5,
            Self::Security => 6,
        }
    }
}

/// Codes of words that nobody knows, and of braces, quotes and numbers that are none.
const OF_THE_TEXT: &[&str] = &[
    "unknown-keyword",
    "braces",
    "extra-brace",
    "unexpected-brace",
    "missing-brace",
    "unterminated-quote",
    "missing-argument",
    "bad-number",
];

/// A keyword without its argument ends the original at once with this code.
pub const MISSING_ARGUMENT: i32 = 2;

/// Which of the original's processes says something: the first has not written the files' names down yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Pass {
    /// The parent: reads the files, and knows `global_defs`.
    #[default]
    Global,
    /// The checkers' process: `virtual_server` and what belongs to it.
    Check,
    /// The VRRP process.
    Vrrp,
    /// The BFD process.
    Bfd,
}

impl Pass {
    pub const ALL: [Self; 4] = [Self::Global, Self::Check, Self::Vrrp, Self::Bfd];
}

/// One line as the original prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub place: Place,
    pub text: String,
    /// Which process says it.
    pub pass: Pass,
    /// Only a running daemon says it, not `-t`.
    pub running: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Nowhere,
    /// `(Line 3) `
    LineOnly(Span),
    /// `(keepalived.conf: Line 3) `
    FileAndLine(Span),
}

/// Everything said, in order.
#[derive(Debug, Clone, Default)]
pub struct Report {
    lines: Vec<Line>,
    diagnostics: Diagnostics,
    worst: ExitCode,
    abort: bool,
    unread: bool,
    broken: bool,
    refused: bool,
    pass: Pass,
}

impl Report {
    pub fn enter(&mut self, pass: Pass) {
        self.pass = pass;
    }

    #[must_use]
    pub fn pass(&self) -> Pass {
        self.pass
    }

    /// A problem in a line.
    pub fn at(&mut self, code: &'static str, span: Span, text: impl Into<String>) {
        self.say(code, Severity::Error, ExitCode::Problem, Some(span), text.into());
    }

    /// A word that is no keyword, with the name that may have been meant.
    pub fn unknown(&mut self, span: Span, text: String, help: Option<String>) {
        self.say_with("unknown-keyword", Severity::Error, ExitCode::Problem, Some(span), text, help);
    }

    /// A problem of something that has no line of its own.
    pub fn general(&mut self, code: &'static str, text: impl Into<String>) {
        self.say(code, Severity::Error, ExitCode::Problem, None, text.into());
    }

    /// A problem with a rank of its own.
    pub fn ranked(&mut self, code: &'static str, rank: ExitCode, span: Option<Span>, text: impl Into<String>) {
        self.say(code, Severity::Error, rank, span, text.into());
    }

    /// Worth saying, but no reason to refuse the file.
    pub fn notice(&mut self, code: &'static str, span: Option<Span>, text: impl Into<String>) {
        self.say(code, Severity::Warning, ExitCode::Clean, span, text.into());
    }

    /// A problem with which no start is possible, though `-t` ranks it with the others.
    pub fn refuse(&mut self, code: &'static str, text: impl Into<String>) {
        self.refused = true;
        self.general(code, text);
    }

    /// Whether a start with this configuration is impossible.
    #[must_use]
    pub fn refused(&self) -> bool {
        self.refused || self.abort || self.broken
    }

    /// For people and for the log of a running daemon; the original's `-t` does not say it.
    pub fn aside(&mut self, code: &'static str, span: Span, text: impl Into<String>) {
        let text = text.into();
        self.log_only(text.clone());
        self.diagnostics.push(Diagnostic::new(code, Severity::Warning, text).at(span));
    }

    /// What the original accepts without a word, and surely nobody meant. Only people are told; [`Self::strict`] counts it.
    pub fn overlooked(&mut self, code: &'static str, span: Span, text: impl Into<String>, help: impl Into<String>) {
        let mut diagnostic = Diagnostic::new(code, Severity::Warning, text).at(span);
        let help = help.into();
        diagnostic.help = (!help.is_empty()).then_some(help);
        if !self.abort && !self.diagnostics.iter().any(|known| *known == diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Like [`Self::overlooked`], with the place that it has to do with.
    pub fn overlooked_also(&mut self, code: &'static str, span: Span, text: impl Into<String>, other: (Span, &str)) {
        let diagnostic = Diagnostic::new(code, Severity::Warning, text).at(span).also(other.0, other.1);
        if !self.abort && !self.diagnostics.iter().any(|known| *known == diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// For the log of a running daemon.
    pub fn log_only(&mut self, text: impl Into<String>) {
        let line = Line { place: Place::Nowhere, text: text.into(), pass: self.pass, running: true };
        self.lines.push(line);
    }

    /// A keyword lacks its argument: nothing after it counts.
    pub fn missing_argument(&mut self, span: Span, text: impl Into<String>) {
        self.say("missing-argument", Severity::Error, ExitCode::Problem, Some(span), text.into());
        self.abort = true;
    }

    fn say(&mut self, code: &'static str, severity: Severity, rank: ExitCode, span: Option<Span>, text: String) {
        self.say_with(code, severity, rank, span, text, None);
    }

    fn say_with(
        &mut self,
        code: &'static str,
        severity: Severity,
        rank: ExitCode,
        span: Option<Span>,
        text: String,
        help: Option<String>,
    ) {
        if self.abort {
            return;
        }
        let place = match (span, self.pass) {
            (None, _) => Place::Nowhere,
            (Some(span), Pass::Global) if span.file == FileId::default() => Place::LineOnly(span),
            (Some(span), _) => Place::FileAndLine(span),
        };
        self.lines.push(Line { place, text: text.clone(), pass: self.pass, running: false });
        self.worst = self.worst.max(rank);
        let mut diagnostic = Diagnostic::new(code, severity, text);
        diagnostic.help = help;
        if let Some(span) = span {
            diagnostic = diagnostic.at(span);
        }
        // The original's processes repeat each other; a person wants to hear it once.
        if !self.diagnostics.iter().any(|known| *known == diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }

    #[must_use]
    pub fn aborted(&self) -> bool {
        self.abort
    }

    /// An include that must not fail has failed: the processes behind the first never see the file.
    pub fn include_failed(&mut self, code: &'static str, span: Span, text: String) {
        self.ranked(code, ExitCode::Security, Some(span), text);
        self.broken = true;
    }

    #[must_use]
    pub fn broken(&self) -> bool {
        self.broken
    }

    /// There is no main file: `-t` is content with that, a start is not.
    pub fn set_unread(&mut self) {
        self.unread = true;
    }

    #[must_use]
    pub fn unread(&self) -> bool {
        self.unread
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Faults of the text itself that `before` has not: a file with such is mistyped or half written, and what is left of it was
    /// not meant.
    pub fn new_faults<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a Diagnostic> {
        let is_known = |fault: &Diagnostic| {
            before.diagnostics.iter().any(|known| (known.code, &known.message) == (fault.code, &fault.message))
        };
        self.diagnostics.iter().filter(move |fault| OF_THE_TEXT.contains(&fault.code) && !is_known(fault))
    }

    #[must_use]
    pub fn diagnostics(&self) -> &Diagnostics {
        &self.diagnostics
    }

    /// What `-t` ends with.
    #[must_use]
    pub fn exit_code(&self) -> i32 {
        if self.abort { MISSING_ARGUMENT } else { self.worst.number() }
    }

    /// What `-t --strict` ends with: every warning is a problem.
    #[must_use]
    pub fn strict(&self) -> i32 {
        match self.exit_code() {
            0 if self.diagnostics.iter().any(|found| found.severity >= Severity::Warning) => ExitCode::Problem.number(),
            code => code,
        }
    }

    /// What `-t` prints.
    pub fn lines<'a>(&'a self, sources: &'a Sources) -> impl Iterator<Item = String> + 'a {
        self.lines.iter().filter(|line| !line.running).map(|line| line.render(sources))
    }

    /// What one process logs at start and reload.
    pub fn log_lines<'a>(&'a self, sources: &'a Sources, pass: Pass) -> impl Iterator<Item = String> + 'a {
        self.lines.iter().filter(move |line| line.pass == pass).map(|line| line.render(sources))
    }
}

impl Line {
    fn render(&self, sources: &Sources) -> String {
        match self.place {
            Place::Nowhere => self.text.clone(),
            Place::LineOnly(span) => format!("(Line {}) {}", sources.locate(span).1, self.text),
            Place::FileAndLine(span) => {
                let (file, line) = sources.locate(span);
                format!("({file}: Line {line}) {}", self.text)
            }
        }
    }
}

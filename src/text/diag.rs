//! A problem in a configuration, independent of how it is shown.

use super::source::Span;

/// In the order of gravity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Shown only in diagnostic mode (`haproxy -dD`).
    Diag,
    Notice,
    Warning,
    Error,
}

/// How the one-line form says where: the originals have several ways, and scripts match on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Place {
    /// `parsing [file:line] : `
    #[default]
    Parsing,
    /// `parsing [file:line]: `
    ParsingTight,
    /// `Parsing [file:line]: `
    ParsingCapital,
    /// `[file:line] : `
    Line,
    /// `[file:line]: `
    LineTight,
    /// No place at all.
    Nowhere,
}

/// A further span with a few words about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub at: Span,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable name in kebab case: what `--explain` and JSON consumers key on.
    pub code: &'static str,
    pub severity: Severity,
    /// The sentence of the one-line form, without place.
    pub message: String,
    /// What the caret points at, and what is said beside it.
    pub primary: Option<Label>,
    pub secondary: Vec<Label>,
    pub notes: Vec<String>,
    pub help: Option<String>,
    pub place: Place,
    /// The original stops reading here. Later diagnostics are shown by carets and JSON, not by the one-line form.
    pub abort: bool,
}

impl Diagnostic {
    pub fn new(code: &'static str, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            primary: None,
            secondary: Vec::new(),
            notes: Vec::new(),
            help: None,
            place: Place::default(),
            abort: false,
        }
    }

    pub fn error(code: &'static str, at: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message).at(at)
    }

    pub fn warning(code: &'static str, at: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message).at(at)
    }

    /// Points the caret, with nothing said beside it.
    pub fn at(mut self, at: Span) -> Self {
        self.primary = Some(Label { at, text: String::new() });
        self
    }

    /// Says something beside the caret.
    pub fn label(mut self, text: impl Into<String>) -> Self {
        if let Some(p) = &mut self.primary {
            p.text = text.into();
        }
        self
    }

    pub fn also(mut self, at: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label { at, text: text.into() });
        self
    }

    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// The same, if there is something to say.
    pub fn notes(mut self, text: Option<String>) -> Self {
        self.notes.extend(text);
        self
    }

    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    pub fn placed(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    pub fn aborting(mut self) -> Self {
        self.abort = true;
        self
    }
}

/// Where every stage reports; none stops at the first problem.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    pub fn push(&mut self, d: Diagnostic) {
        self.0.push(d);
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }

    pub fn has_warnings(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Warning)
    }

    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// What was reported after the first `n`.
    pub fn since(&self, n: usize) -> &[Diagnostic] {
        self.0.get(n..).unwrap_or(&[])
    }
}

//! Files to lines, lines to sections and keywords; conditional blocks and messages on the way (manual 2.1, 2.4).

use super::conditional::{self, BadCondition, Blocks};
use super::draft::{Current, Draft};
use super::keyword::{Line, Prefix, whole};
use super::keywords::{self, Found};
use super::later::{self, Class};
use super::lex::{self, LexError};
use super::{Loaded, Outside, Progress, check, resolve};
use crate::ir::visit;
use crate::text::diag::{Diagnostic, Diagnostics, Place, Severity};
use crate::text::grammar::{Args, Word};
use crate::text::source::{FileId, Sources, Span};

/// Reads files one after the other into one draft.
pub struct Reader<'a> {
    outside: &'a dyn Outside,
    sources: Sources,
    draft: Draft,
    diag: Diagnostics,
    progress: Progress,
}

/// One raw line.
struct Raw<'a> {
    file: FileId,
    name: &'a str,
    number: usize,
    text: &'a str,
    /// Offset of its first byte in the file.
    base: usize,
}

impl<'a> Reader<'a> {
    pub fn new(outside: &'a dyn Outside) -> Self {
        Self {
            outside,
            sources: Sources::default(),
            draft: Draft::default(),
            diag: Diagnostics::default(),
            progress: Progress::default(),
        }
    }

    /// Reads one file. A block that opens in it must close in it; a section may go on in the next.
    pub fn file(&mut self, name: &str, text: String) {
        let file = self.sources.add(name, text);
        let text = self.sources.get(file).text.clone();
        let mut blocks = Blocks::default();
        let mut base = 0;
        for (i, line) in text.split_inclusive('\n').enumerate() {
            let body = line.strip_suffix('\n');
            let raw = Raw { file, name, number: i + 1, text: body.unwrap_or(line), base };
            if body.is_none() {
                self.missing_line_feed(&raw);
            }
            self.line(&raw, &mut blocks);
            base += line.len();
        }
        if blocks.is_open() {
            let end = Span::new(file, base, base);
            let mut d =
                Diagnostic::error("unterminated-block", end, "non-terminated '.if' block.").placed(Place::ParsingTight);
            d.abort = true;
            self.diag.push(d);
        }
        self.progress.files.push((file, self.diag.len()));
    }

    /// Resolves names and checks the whole.
    pub fn finish(mut self) -> Loaded {
        self.diag.append(std::mem::take(&mut self.draft.late));
        let mut environment: Vec<_> = std::mem::take(&mut self.draft.environment).into_iter().collect();
        environment.sort();
        self.draft.config.global.environment = environment;
        resolve::run(&mut self.draft, self.outside, &mut self.diag);
        check::run(&mut self.draft, self.outside, &self.sources, &mut self.diag);
        for p in &mut self.draft.config.proxies {
            visit::rules(p, &mut |r| {
                let source = self.sources.get(r.at.file);
                r.place = (source.name.clone(), source.line(r.at.start));
            });
        }
        Loaded { config: self.draft.config, sources: self.sources, diagnostics: self.diag, progress: self.progress }
    }

    fn missing_line_feed(&mut self, raw: &Raw<'_>) {
        let at = raw.base + raw.text.len();
        let message =
            format!("Missing LF on last line, file might have been truncated at position {}.", raw.text.len() + 1);
        self.diag.push(
            Diagnostic::error("missing-line-feed", Span::new(raw.file, at, at), message)
                .placed(Place::ParsingTight)
                .help("end the file with a line feed"),
        );
    }

    fn line(&mut self, raw: &Raw<'_>, blocks: &mut Blocks) {
        let words = match self.words(raw) {
            Ok(w) => w,
            Err(e) => {
                if blocks.active() {
                    self.diag.push(lex_diagnostic(raw, &e));
                }
                return;
            }
        };
        let Some(first) = words.first() else { return };
        if first.text.starts_with('.') && !first.quoted && self.directive(raw, &words, blocks) {
            return;
        }
        if blocks.active() {
            self.keyword_line(&words);
        }
    }

    fn words(&self, raw: &Raw<'_>) -> Result<Vec<Word>, LexError> {
        let lookup = |name: &str| match name {
            ".FILE" => Some(raw.name.to_owned()),
            ".LINE" => Some(raw.number.to_string()),
            ".SECTION" => Some(self.draft.section.clone()),
            _ => self.variable(name),
        };
        lex::words(raw.file, raw.text, raw.base, &lookup)
    }

    fn variable(&self, name: &str) -> Option<String> {
        match self.draft.environment.get(name) {
            Some(own) => own.clone(),
            None => self.outside.variable(name),
        }
    }

    /// `.if` and its family, and messages. `false`: not a directive.
    fn directive(&mut self, raw: &Raw<'_>, words: &[Word], blocks: &mut Blocks) -> bool {
        let at = whole(words);
        let name = words[0].text.as_str();
        let condition = words[1..].iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ");
        let outcome = {
            let defined = |n: &str| self.variable(n).is_some();
            let evaluate = || conditional::evaluate(&condition, &defined);
            match name {
                ".if" => blocks.begin(evaluate).map(Ok),
                ".elif" => blocks.alternative(evaluate),
                ".else" => blocks.alternative(|| Ok(true)),
                ".endif" => Ok(blocks.end()),
                ".notice" | ".warning" | ".alert" | ".diag" => {
                    if blocks.active() {
                        self.message(name, words);
                    }
                    return true;
                }
                _ => return false,
            }
        };
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(conditional::Lone)) => {
                let message = format!("lone '{name}' with no matching '.if'.");
                self.diag.push(Diagnostic::error("lone-directive", at, message).placed(Place::ParsingTight).aborting());
            }
            Err(bad) => self.bad_condition(raw, name, (words, &condition), &bad),
        }
        true
    }

    fn bad_condition(&mut self, raw: &Raw<'_>, name: &str, text: (&[Word], &str), bad: &BadCondition) {
        let (words, condition) = text;
        let message = format!(
            "{} in '{name}' at position {}:\n  {name} {condition}\n  {:>w$}",
            bad.message,
            bad.at + 1,
            "^",
            w = name.len() + bad.at + 2
        );
        let start = words.get(1).map_or(raw.base, |w| w.at.start as usize);
        let end = words.last().map_or(start, |w| w.at.end as usize);
        let at = Span::new(raw.file, (start + bad.at).min(end), end);
        self.diag.push(
            Diagnostic::error("bad-condition", at, message)
                .placed(Place::ParsingTight)
                .label("not a condition")
                .help("predicates: defined(v), feature(f), streq(a,b), strneq(a,b), version_atleast(v), version_before(v); combine with ! && || ( )")
                .aborting(),
        );
    }

    fn message(&mut self, name: &str, words: &[Word]) {
        let at = whole(words);
        if let Some(extra) = words.get(2) {
            let message = format!(
                "Unexpected argument '{}' for '{name}'. Use quotes if the message should contain spaces.",
                extra.text
            );
            self.diag.push(
                Diagnostic::error("unexpected-argument", extra.at, message).placed(Place::ParsingTight).aborting(),
            );
            return;
        }
        let severity = match name {
            ".alert" => Severity::Error,
            ".warning" => Severity::Warning,
            ".notice" => Severity::Notice,
            _ => Severity::Diag,
        };
        if severity == Severity::Diag && !self.outside.wants_diag() {
            return;
        }
        let text = words.get(1).map_or("", |w| w.text.as_str());
        let mut d = Diagnostic::new("message", severity, format!("'{text}'.")).at(at).placed(Place::ParsingTight);
        d.abort = severity == Severity::Error;
        self.diag.push(d);
    }

    fn keyword_line(&mut self, words: &[Word]) {
        let first = &words[0];
        if let Some(section) = keywords::section(&first.text) {
            (section.open)(&mut self.draft, section, words, &mut self.diag);
            return;
        }
        match self.draft.current {
            Current::Broken => return,
            Current::Skipped(_) => return,
            Current::None => {
                let message = format!("unknown keyword '{}' out of section.", first.text);
                let near = crate::text::nearest::nearest(&first.text, keywords::section_names());
                let mut d = Diagnostic::error("unknown-section", first.at, message)
                    .placed(Place::ParsingTight)
                    .notes(later::hint(Class::Section, &first.text));
                if let Some(n) = near {
                    d = d.help(format!("a section with a similar name: '{n}'"));
                }
                self.diag.push(d);
                return;
            }
            _ => {}
        }
        let (prefix, line) = match first.text.as_str() {
            "no" if words.len() > 1 => (Prefix::No, &words[1..]),
            "default" if words.len() > 1 => (Prefix::Default, &words[1..]),
            _ => (Prefix::None, words),
        };
        match keywords::find(&mut self.draft, line) {
            Found::Keyword(keyword) => keyword.apply(Line {
                keyword,
                words: line,
                args: Args::default(),
                prefix,
                draft: &mut self.draft,
                diag: &mut self.diag,
                outside: self.outside,
            }),
            Found::Problem(d) => self.diag.push(d),
        }
    }
}

fn lex_diagnostic(raw: &Raw<'_>, e: &LexError) -> Diagnostic {
    let offset = e.offset();
    let indent = raw.text.len() - raw.text.trim_start().len();
    let picture = |what: &str| {
        format!(
            "{what} at position {}:\n  {}\n  {:>w$}",
            offset + 1,
            raw.text.trim_start(),
            "^",
            w = offset.saturating_sub(indent) + 1
        )
    };
    let (code, message, help) = match e {
        LexError::UnmatchedQuote(_) => {
            ("unmatched-quote", picture("unmatched quote"), "close the quote, or escape it with a backslash")
        }
        LexError::BadHex(_) => (
            "bad-escape",
            picture("truncated or invalid hexadecimal sequence"),
            "\\x needs two hexadecimal digits; \\\\ is a backslash",
        ),
        LexError::UnmatchedBrace(_) => (
            "unmatched-brace",
            picture("unmatched brace in environment variable name"),
            "write \"${NAME}\" or \"${NAME-default}\"",
        ),
        LexError::BadVariableName(_) => (
            "bad-variable",
            picture("forbidden first char in environment variable name"),
            "a dollar in double quotes begins a variable; \\$ is a dollar",
        ),
        LexError::TooManyWords { at } => (
            "too-many-words",
            format!(
                "too many words, truncating after word {}, position {}: <{}>.",
                lex::MAX_WORDS,
                at + 1,
                raw.text.get(*at..).unwrap_or("").trim_end()
            ),
            "split the line",
        ),
    };
    let at = raw.base + offset;
    Diagnostic::error(code, Span::new(raw.file, at, at + 1), message).placed(Place::ParsingTight).help(help)
}

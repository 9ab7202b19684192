//! Files to logical lines: comments, conditions by host, parameters, sequences, includes, braces.
//!
//! Each line goes through the steps of [`Reader::process`] in the original's order. What stands behind its first brace is a line
//! of its own, which goes through all of them again.

mod expand;
mod include;

use std::collections::{BTreeMap, VecDeque};

use self::expand::{Parameter, Substituted};
use super::{
    lex::{self, Gravity, Logical, Said},
    report::Report,
    system::{System, Unreadable},
};
use crate::text::source::{FileId, Sources, Span};

/// Includes within includes that are followed.
const DEEPEST: usize = 32;
/// Rounds of replacement in one line; a parameter that needs more refers to itself. The original goes on for ever.
const MOST_ROUNDS: usize = 64;
/// Lines that one line may become. The original has no limit.
const MOST_LINES: usize = 65_536;
/// Bytes that a line may grow to.
const LONGEST: usize = 1 << 20;

/// Reads `file` and everything that it includes.
pub fn read(
    system: &dyn System,
    file: &str,
    config_id: &str,
    sources: &mut Sources,
    report: &mut Report,
) -> Vec<Logical> {
    let mut reader = Reader {
        system,
        config_id,
        sources,
        report,
        parameters: BTreeMap::new(),
        lines: Vec::new(),
        depth: 0,
        checks: include::Checks::default(),
        open_definition: None,
        found: false,
    };
    reader.main(file);
    reader.lines
}

struct Reader<'a> {
    system: &'a dyn System,
    config_id: &'a str,
    sources: &'a mut Sources,
    report: &'a mut Report,
    parameters: BTreeMap<String, Parameter>,
    lines: Vec<Logical>,
    depth: usize,
    checks: include::Checks,
    /// A parameter whose value goes on over further lines.
    open_definition: Option<(String, Vec<String>)>,
    found: bool,
}

/// What is left to do of a line.
enum Work {
    Text(Text),
    /// The next value of a sequence's parameter.
    Set(String, String),
}

struct Text {
    text: String,
    /// Where it stands in its file, while nothing in it has been replaced.
    column: Option<u32>,
    rounds: usize,
}

/// The line being read.
#[derive(Clone, Copy)]
struct Here<'a> {
    at: Span,
    path: &'a str,
}

impl Reader<'_> {
    fn main(&mut self, pattern: &str) {
        for path in self.system.glob(pattern) {
            if self.file(&path) == Err(Unreadable::Directory) {
                self.found = true;
                self.report.notice("directory", None, directory(&path));
            }
        }
        if !self.found {
            self.report.notice("no-configuration", None, format!("Config files missing '{pattern}'."));
            self.report.set_unread();
        }
    }

    fn file(&mut self, path: &str) -> Result<(), Unreadable> {
        let text = self.system.read(path)?;
        self.found = true;
        let file = self.sources.add(path, text);
        self.text(file, path);
        Ok(())
    }

    fn text(&mut self, file: FileId, path: &str) {
        let source = self.sources.get(file).text.clone();
        let mut start = 0;
        for line in source.split('\n') {
            let end = start + line.len();
            let here = Here { at: Span::new(file, start, end), path };
            self.line(line.trim_end_matches('\r'), here);
            start = end + 1;
        }
    }

    fn line(&mut self, text: &str, here: Here<'_>) {
        // A backslash counts behind a comment too; what it continues does not include the comment.
        let goes_on = text.trim_end().ends_with('\\');
        let kept = without_comment(text);
        if let Some((name, mut values)) = self.open_definition.take() {
            values.push(without_backslash(kept).to_owned());
            if goes_on {
                self.open_definition = Some((name, values));
            } else {
                self.parameters.insert(name, Parameter::lines(values));
            }
            return;
        }
        let kept = if goes_on { format!("{}\\", without_backslash(kept).trim_end()) } else { kept.to_owned() };
        self.process(kept, here);
    }

    /// One line through all steps, and whatever it turns into.
    fn process(&mut self, text: String, here: Here<'_>) {
        let mut work = VecDeque::from([Work::Text(Text { text, column: Some(here.at.start), rounds: 0 })]);
        let most = self.lines.len() + MOST_LINES;
        while let Some(item) = work.pop_front() {
            match item {
                Work::Set(name, value) => {
                    self.parameters.insert(name, Parameter::Word(value));
                }
                Work::Text(_) if self.lines.len() > most => {
                    self.complain(here.at, "too-many-lines", format!("This line becomes more than {MOST_LINES} lines"));
                    return;
                }
                Work::Text(line) => self.step(line, here, &mut work),
            }
        }
    }

    fn step(&mut self, mut line: Text, here: Here<'_>, work: &mut VecDeque<Work>) {
        loop {
            line.trim();
            if let Some(rest) = line.text.strip_prefix('@') {
                let Some(kept) = expand::condition(rest, self.config_id) else { return };
                line.skip(line.text.len() - kept.len());
            }
            if let Some((name, value)) = expand::definition(&line.text) {
                let (name, value) = (name.to_owned(), value.to_owned());
                self.define(name, &value);
                return;
            }
            // The bounds of numbers may be parameters, values of a list not; what it repeats is looked at in each round.
            if let Some(end) = line.text.find(')').filter(|_| expand::is_sequence(&line.text))
                && let Some(Substituted::Line(head)) = self.substitute(&line.text[..=end], here.path)
            {
                line.text.replace_range(..=end, &head);
                line.column = None;
            }
            match expand::sequence(&line.text) {
                None => {}
                Some(Ok(repeat)) => return repeat.queue(&line, work),
                Some(Err(complaints)) => {
                    return complaints.into_iter().for_each(|text| self.complain(here.at, "sequence", text));
                }
            }
            match self.substitute(&line.text, here.path) {
                None => break,
                Some(_) if line.rounds >= MOST_ROUNDS || line.text.len() > LONGEST => {
                    let text = "A parameter of this line refers to itself - ignoring the line";
                    return self.complain(here.at, "self-reference", text.to_owned());
                }
                Some(Substituted::Line(text)) => {
                    line = Text { text: without_comment(&text).to_owned(), column: None, rounds: line.rounds + 1 };
                }
                Some(Substituted::Lines(lines)) => {
                    let rounds = line.rounds + 1;
                    let texts = lines.into_iter().map(|text| Work::Text(Text { text, column: None, rounds }));
                    texts.rev().for_each(|text| work.push_front(text));
                    return;
                }
            }
        }
        if let Some((check, pattern)) = include::statement(&line.text) {
            let pattern = pattern.to_owned();
            self.include(check, &pattern, here);
            return;
        }
        if let Some(checks) = self.checks.after(&line.text) {
            self.checks = checks;
        }
        self.emit(line, here, work);
    }

    fn define(&mut self, name: String, value: &str) {
        if value.trim_end().ends_with('\\') {
            let first = without_backslash(value).to_owned();
            self.open_definition = Some((name, vec![first]));
        } else {
            self.parameters.insert(name, Parameter::Word(value.trim().to_owned()));
        }
    }

    /// The line up to its first brace, the brace, and the rest as further work.
    fn emit(&mut self, line: Text, here: Here<'_>, work: &mut VecDeque<Work>) {
        let Some(brace) = lex::first_brace(&line.text) else {
            self.push(&line.text, line.column, here);
            return;
        };
        let column = |offset: usize| line.column.and_then(|column| Some(column + u32::try_from(offset).ok()?));
        self.push(&line.text[..brace], line.column, here);
        self.push(&line.text[brace..=brace], column(brace), here);
        let rest = Text { text: line.text[brace + 1..].to_owned(), column: column(brace + 1), rounds: line.rounds };
        work.push_front(Work::Text(rest));
    }

    fn push(&mut self, text: &str, column: Option<u32>, here: Here<'_>) {
        if !text.trim().is_empty() {
            self.lines.push(Logical { text: text.to_owned(), at: here.at, column, said: None });
        }
    }

    /// Something that every process of the original says when it comes by.
    fn complain(&mut self, at: Span, code: &'static str, text: String) {
        self.say(at, Said { code, text, gravity: Gravity::Problem });
    }

    fn say(&mut self, at: Span, said: Said) {
        self.lines.push(Logical { text: String::new(), at, column: None, said: Some(said) });
    }

    fn substitute(&self, text: &str, path: &str) -> Option<Substituted> {
        let builtin = |name: &str| -> Option<String> {
            match name {
                "_HASH" => Some("#".into()),
                "_BANG" => Some("!".into()),
                "_INSTANCE" => Some(self.config_id.to_owned()),
                "_PWD" => Some(self.directory(path)),
                _ => expand::random(name, || self.system.random()),
            }
        };
        expand::substitute(text, &self.parameters, builtin)
    }

    /// The directory of a file, from the root.
    fn directory(&self, path: &str) -> String {
        match path.rsplit_once('/') {
            Some((directory, _)) if path.starts_with('/') => directory.to_owned(),
            Some((directory, _)) => format!("{}/{directory}", self.system.working_directory()),
            None => self.system.working_directory(),
        }
    }
}

impl Text {
    /// Without white space at its start; the column goes along.
    fn trim(&mut self) {
        self.skip(self.text.len() - self.text.trim_start().len());
    }

    fn skip(&mut self, bytes: usize) {
        self.text.drain(..bytes);
        self.column = self.column.and_then(|column| Some(column + u32::try_from(bytes).ok()?));
    }
}

fn directory(path: &str) -> String {
    format!("Configuration file '{path}' is a directory - skipping")
}

/// `#` and `!` begin a comment anywhere outside double quotes.
fn without_comment(text: &str) -> &str {
    let mut in_quotes = false;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => in_quotes = !in_quotes,
            b'#' | b'!' if !in_quotes => return &text[..index],
            _ => {}
        }
    }
    text
}

/// A line without the backslash that continues it.
fn without_backslash(text: &str) -> &str {
    text.trim_end().strip_suffix('\\').unwrap_or(text)
}

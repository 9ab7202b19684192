//! Files to logical lines: comments, includes, conditions by host, parameters, sequences.
//!
//! The order is the original's: comments go first; an `include` is seen on the raw line, before conditions and parameters;
//! then `@id` conditions and parameters replace each other until nothing changes; `~SEQ` and `~LST` repeat the rest of
//! their line.

mod expand;

use std::collections::BTreeMap;

use super::{
    lex::Logical,
    report::{ExitCode, Report},
    system::{System, Unreadable},
};
use crate::text::source::{FileId, Sources, Span};

/// Includes within includes that are followed.
const DEEPEST: usize = 32;

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
    parameters: BTreeMap<String, String>,
    lines: Vec<Logical>,
    depth: usize,
    /// A parameter whose value goes on over further lines.
    open_definition: Option<(String, Vec<String>)>,
    found: bool,
}

impl Reader<'_> {
    fn main(&mut self, pattern: &str) {
        for path in self.system.glob(pattern) {
            self.file(&path);
        }
        if !self.found {
            self.report.notice("no-configuration", None, format!("Config files missing '{pattern}'."));
            self.report.set_unread();
        }
    }

    fn file(&mut self, path: &str) {
        match self.system.read(path) {
            Ok(text) => {
                self.found = true;
                let file = self.sources.add(path, text);
                self.text(file, path);
            }
            Err(Unreadable::Directory) => {
                self.found = true;
                self.report.notice("directory", None, format!("Configuration file '{path}' is a directory - skipping"));
            }
            Err(Unreadable::Missing | Unreadable::Forbidden) => {}
        }
    }

    fn text(&mut self, file: FileId, path: &str) {
        let source = self.sources.get(file).text.clone();
        let mut start = 0;
        for line in source.split('\n') {
            let end = start + line.len();
            let at = Span::new(file, start, end);
            let text = line.trim_end_matches('\r');
            self.line(text, at, path);
            start = end + 1;
        }
    }

    fn line(&mut self, text: &str, at: Span, path: &str) {
        // A backslash counts behind a comment too; what it continues does not include the comment.
        let goes_on = text.trim_end().ends_with('\\');
        let kept = without_comment(text);
        if let Some((name, mut values)) = self.open_definition.take() {
            values.push(without_backslash(kept).to_owned());
            if goes_on {
                self.open_definition = Some((name, values));
            } else {
                self.parameters.insert(name, values.join("\n"));
            }
            return;
        }
        if kept.trim().is_empty() {
            return;
        }
        if let Some((check, pattern)) = include(kept) {
            self.include(check, pattern, at, path);
            return;
        }
        if let Some((name, value)) = expand::definition(kept) {
            let value = without_backslash(value);
            if goes_on {
                self.open_definition = Some((name.to_owned(), vec![value.to_owned()]));
            } else {
                self.parameters.insert(name.to_owned(), value.trim().to_owned());
            }
            return;
        }
        self.emit(kept, at, path);
    }

    fn emit(&mut self, text: &str, at: Span, path: &str) {
        let mut expanded = Vec::new();
        let mut expander = expand::Expander {
            system: self.system,
            config_id: self.config_id,
            directory: path.rsplit_once('/').map_or(".", |(directory, _)| directory),
            parameters: &mut self.parameters,
            out: &mut expanded,
        };
        let changed = expander.line(text);
        for line in expanded {
            // A parameter may have brought a comment with it.
            let line = if changed { without_comment(&line).to_owned() } else { line };
            if line.trim().is_empty() {
                continue;
            }
            let column = (!changed).then_some(at.start);
            self.lines.push(Logical { text: line, at, column });
        }
    }

    fn include(&mut self, check: Check, pattern: &str, at: Span, path: &str) {
        let pattern = absolute(pattern, path);
        let matches = self.system.glob(&pattern);
        let before = self.sources.iter().count();
        if self.depth < DEEPEST {
            self.depth += 1;
            for file in &matches {
                self.file(file);
            }
            self.depth -= 1;
        }
        if self.sources.iter().count() == before {
            let text = format!("Config files missing '{}'.", include_pattern(&pattern, path));
            // Everybody is told; only the strict forms make it a fault.
            match check {
                Check::Tolerant => self.report.notice("include-missing", Some(at), text),
                Check::Strict => self.report.ranked("include-missing", ExitCode::Security, Some(at), text),
            }
        }
    }
}

/// How strict an include is about what it finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    Tolerant,
    /// `includer`, `includem`, `includew`, `includeb`, `includea`.
    Strict,
}

fn include(text: &str) -> Option<(Check, &str)> {
    let text = text.trim();
    let (word, rest) = text.split_once(char::is_whitespace)?;
    let check = match word {
        "include" => Check::Tolerant,
        "includer" | "includem" | "includew" | "includeb" | "includea" => Check::Strict,
        _ => return None,
    };
    Some((check, rest.trim().trim_matches('"')))
}

/// A relative pattern counts from the directory of the file that includes.
fn absolute(pattern: &str, path: &str) -> String {
    match path.rsplit_once('/') {
        Some((directory, _)) if !pattern.starts_with('/') => format!("{directory}/{pattern}"),
        _ => pattern.to_owned(),
    }
}

/// The pattern as it was written.
fn include_pattern(pattern: &str, path: &str) -> String {
    let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
    let relative = pattern.strip_prefix(directory).and_then(|rest| rest.strip_prefix('/'));
    relative.unwrap_or(pattern).to_owned()
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

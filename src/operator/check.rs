//! `hawser check FILE...`: each keyword of a file with how far it works, and whether the original can be replaced for it.

pub mod haproxy;
pub mod keepalived;

use crate::text::book::Status;
use std::{collections::BTreeMap, io::IsTerminal as _, path::Path, process::ExitCode};

/// What a file says, and what it would mean here.
#[derive(Debug, Default)]
pub struct Survey {
    /// Which program reads it.
    pub program: &'static str,
    /// Every keyword once, in the order in which they first come.
    pub uses: Vec<Use>,
    /// What checking the file says, with the places underlined.
    pub details: String,
    /// Why the original cannot be replaced, a line each; none when it can.
    pub obstacles: Vec<String>,
}

/// One keyword of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The keyword, or the word that is none.
    pub name: String,
    /// The section or block.
    pub place: String,
    /// How far it works; `None` when nobody knows it.
    pub status: Option<Status>,
    /// Where it stands: file and line.
    pub lines: Vec<(String, usize)>,
    /// What it does, in a sentence.
    pub doc: &'static str,
}

impl Survey {
    /// Notes that a keyword stands somewhere.
    pub fn note(&mut self, name: &str, place: &str, status: Option<Status>, doc: &'static str, at: (&str, usize)) {
        let at = (at.0.to_owned(), at.1);
        match self.uses.iter_mut().find(|known| known.name == name && known.place == place) {
            Some(known) if known.lines.contains(&at) => {}
            Some(known) => known.lines.push(at),
            None => {
                self.uses.push(Use { name: name.to_owned(), place: place.to_owned(), status, lines: vec![at], doc })
            }
        }
    }

    /// The table and the verdict, for people.
    #[must_use]
    pub fn show(&self, file: &Path) -> String {
        let mut out = format!("{}: {} keywords for {}\n\n", file.display(), self.uses.len(), self.program);
        let width = self.uses.iter().map(|used| used.name.chars().count()).max().unwrap_or(0).min(40);
        for used in &self.uses {
            let status = used.status.map_or("unknown", Status::word);
            out.push_str(&format!(
                "  {status:8} {:width$}  {} {}\n",
                used.name,
                used.place,
                where_it_stands(&used.lines)
            ));
        }
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        self.uses.iter().for_each(|used| *counts.entry(used.status.map_or("unknown", Status::word)).or_default() += 1);
        let counts: Vec<String> = counts.iter().map(|(status, count)| format!("{count} {status}")).collect();
        out.push_str(&format!("\n  {}\n", counts.join(", ")));
        if !self.details.is_empty() {
            out.push_str(&format!("\n{}\n", self.details.trim_end()));
        }
        if self.obstacles.is_empty() {
            out.push_str(&format!("\nThe original {} can be replaced for this file.\n", self.program));
        } else {
            out.push_str(&format!("\nThe original {} cannot be replaced for this file:\n", self.program));
            self.obstacles.iter().for_each(|obstacle| out.push_str(&format!("  {obstacle}\n")));
        }
        out
    }
}

/// `12, 30`; of included files with their names.
fn where_it_stands(lines: &[(String, usize)]) -> String {
    let one_file = lines.iter().all(|(file, _)| *file == lines[0].0);
    let shown: Vec<String> = lines
        .iter()
        .take(6)
        .map(|(file, line)| if one_file { line.to_string() } else { format!("{file}:{line}") })
        .collect();
    let more = if lines.len() > 6 { format!(" and {} more", lines.len() - 6) } else { String::new() };
    format!("({} {}{more})", if lines.len() == 1 { "line" } else { "lines" }, shown.join(", "))
}

/// Checks files one after the other: 0 when all originals can be replaced, 1 when one cannot, 2 when a file cannot be read.
#[must_use]
pub fn run(files: &[std::path::PathBuf]) -> ExitCode {
    let mut worst = 0;
    for file in files {
        match std::fs::read_to_string(file) {
            Err(error) => {
                eprintln!("hawser check: {}: {error}", file.display());
                worst = 2;
            }
            Ok(text) => {
                let survey = survey(file, &text, std::io::stdout().is_terminal());
                println!("{}", survey.show(file));
                worst = worst.max(u8::from(!survey.obstacles.is_empty()));
            }
        }
    }
    ExitCode::from(worst)
}

/// Looks at one file, of either language: only keepalived.conf has blocks in braces. `color` is for the details.
#[must_use]
pub fn survey(file: &Path, text: &str, color: bool) -> Survey {
    if is_keepalived(text) { keepalived::survey(file, color) } else { haproxy::survey(file, text, color) }
}

fn is_keepalived(text: &str) -> bool {
    let opens = |line: &str| {
        let line = line.split(['#', '!']).next().unwrap_or_default().trim();
        let first = line.split([' ', '\t', '{']).next().unwrap_or_default();
        let block = crate::keepalived::keyword::Block::Top;
        crate::keepalived::keywords::find(block, first).is_some() && crate::haproxy::keywords::section(first).is_none()
    };
    text.lines().any(opens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_told_from_the_blocks() {
        assert!(is_keepalived("! comment\nglobal_defs {\n}\n"));
        assert!(is_keepalived("vrrp_instance VI_1 {\n"));
        assert!(!is_keepalived("global\n  daemon\nfrontend f\n  use_backend b if { path /x }\n"));
    }

    #[test]
    fn a_keyword_is_listed_once_with_all_its_lines() {
        let mut survey = Survey { program: "haproxy", ..Survey::default() };
        survey.note("bind", "frontend", Some(Status::Works), "", ("f", 3));
        survey.note("bind", "frontend", Some(Status::Works), "", ("f", 9));
        survey.note("bindd", "frontend", None, "", ("f", 10));
        let text = survey.show(Path::new("f"));
        assert!(text.contains("  works    bind   frontend (lines 3, 9)\n"), "{text}");
        assert!(text.contains("  unknown  bindd  frontend (line 10)\n"), "{text}");
        assert!(text.contains("1 unknown, 1 works"), "{text}");
    }
}

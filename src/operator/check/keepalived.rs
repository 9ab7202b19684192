//! Looks at a keepalived.conf: the keywords of its blocks, and what `keepalived -t` says.

use super::Survey;
use crate::{
    failover::machine::Machine,
    ir::failover::RunAs,
    keepalived::{
        self,
        keyword::{Block, Keyword, Opens, Status as Own},
        keywords,
        lex::{self, Piece},
        read,
        system::{Program, System, Unreadable},
    },
    text::{book::Status, show::caret, source::Sources},
};
use std::path::Path;

/// Looks at one file and everything that it includes.
#[must_use]
pub fn survey(file: &Path, color: bool) -> Survey {
    let name = file.to_string_lossy();
    let mut found = Survey { program: "keepalived", ..Survey::default() };
    let (mut sources, mut unused) = (Sources::default(), keepalived::Report::default());
    let lines = read::read(&Machine, &name, "", &mut sources, &mut unused);
    Walk { pieces: &lex::pieces(&lines), at: 0, sources: &sources, found: &mut found }.block(Block::Top);

    let checked = keepalived::load(&Elsewhere, &name, "");
    found.details = caret::render(&checked.sources, checked.report.diagnostics(), color);
    for missing in checked.config.missing.iter().filter(|missing| missing.fatal) {
        let line = checked.sources.locate(missing.at).1;
        found.obstacles.push(format!("line {line}: '{}' is not implemented", missing.keyword));
    }
    if checked.report.aborted() || checked.report.refused() {
        found.obstacles.push("keepalived does not start with this file".to_owned());
    }
    found
}

/// This machine with every interface that a file may name: files are looked at where they are written, not where they run.
pub struct Elsewhere;

impl System for Elsewhere {
    fn interface_exists(&self, _: &str) -> bool {
        true
    }

    fn read(&self, path: &str) -> Result<String, Unreadable> {
        Machine.read(path)
    }

    fn glob(&self, pattern: &str) -> Vec<String> {
        Machine.glob(pattern)
    }

    fn user(&self, name: &str) -> Option<RunAs> {
        Machine.user(name)
    }

    fn group(&self, name: &str) -> Option<u32> {
        Machine.group(name)
    }

    fn own(&self) -> RunAs {
        Machine.own()
    }

    fn program(&self, name: &[u8], run_as: &RunAs) -> Program {
        Machine.program(name, run_as)
    }

    fn host_name(&self) -> String {
        Machine.host_name()
    }

    fn working_directory(&self) -> String {
        Machine.working_directory()
    }

    fn random(&self) -> u16 {
        Machine.random()
    }
}

/// How the books say it.
#[must_use]
pub fn status(of: &Keyword) -> Status {
    match of.status {
        Own::Works => Status::Works,
        Own::Tuning => Status::Tuning,
        Own::Legacy => Status::Legacy,
        Own::Missing | Own::MissingExtra => Status::Missing,
    }
}

struct Walk<'a> {
    pieces: &'a [Piece],
    at: usize,
    sources: &'a Sources,
    found: &'a mut Survey,
}

impl Walk<'_> {
    fn block(&mut self, block: Block) {
        while let Some(piece) = self.pieces.get(self.at) {
            self.at += 1;
            match piece {
                Piece::Close(_) if block != Block::Top => return,
                Piece::Open(_) | Piece::Close(_) | Piece::Said(..) => {}
                Piece::Words(words) => {
                    let at = self.sources.locate(words.words[0].at);
                    let keyword = keywords::find(block, words.keyword());
                    let (status, doc) = keyword.map_or((None, ""), |keyword| (Some(status(keyword)), keyword.doc));
                    self.found.note(words.keyword(), block.name(), status, doc, at);
                    self.inside(keyword.map_or(Opens::Nothing, |keyword| keyword.opens));
                }
            }
        }
    }

    /// What stands between the braces that follow, if any do.
    fn inside(&mut self, opens: Opens) {
        if !matches!(self.pieces.get(self.at), Some(Piece::Open(_))) {
            return;
        }
        self.at += 1;
        if let Opens::Block(block) = opens {
            return self.block(block);
        }
        // A list, or the block of a word that nobody knows: its lines are no keywords.
        let mut depth = 1;
        while let (true, Some(piece)) = (depth > 0, self.pieces.get(self.at)) {
            self.at += 1;
            match piece {
                Piece::Open(_) => depth += 1,
                Piece::Close(_) => depth -= 1,
                Piece::Words(_) | Piece::Said(..) => {}
            }
        }
    }
}

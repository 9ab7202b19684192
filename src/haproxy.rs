//! The language of `haproxy.cfg`: text to words, words to keywords, keywords to [`crate::ir`].
//!
//! [`load`] is the whole way: [`read`] splits files into lines and obeys conditional blocks, [`lex`] splits a line into
//! words, [`keywords`] finds the keyword that a line begins with and its `lower` writes the draft, [`resolve`] gives names
//! their targets, [`check`] looks at the finished whole. Every stage reports into the same diagnostics and none stops at the
//! first problem; [`show`] prints what the original would have printed.
//!
//! Nothing here touches the machine: files, variables, accounts and names are asked of an [`Outside`].

pub mod check;
pub mod conditional;
pub mod draft;
pub mod keyword;
pub mod keywords;
pub mod later;
pub mod lex;
pub mod lower;
pub mod params;
pub mod read;
pub mod resolve;
pub mod server_state;
pub mod show;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use crate::ir::Config;
use crate::text::diag::Diagnostics;
use crate::text::source::{FileId, Sources};

/// What a configuration may ask of the machine it is read on.
pub trait Outside {
    fn variable(&self, name: &str) -> Option<String>;
    /// The names of all variables, for `resetenv`.
    fn variables(&self) -> Vec<String> {
        Vec::new()
    }
    /// # Errors
    /// The system's words, such as "No such file or directory".
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;
    /// Addresses of a host name, in the resolver's order.
    fn resolve(&self, host: &str) -> Vec<IpAddr>;
    fn user(&self, name: &str) -> Option<u32>;
    fn group(&self, name: &str) -> Option<u32>;
    /// Addresses that cannot be resolved only disable their servers (`-dr`).
    fn tolerates_unresolved(&self) -> bool {
        false
    }
    /// Diagnostic remarks are wanted (`-dD`).
    fn wants_diag(&self) -> bool {
        false
    }
}

/// A configuration as far as it could be understood.
#[derive(Debug)]
pub struct Loaded {
    /// Sound only without errors.
    pub config: Config,
    pub sources: Sources,
    pub diagnostics: Diagnostics,
    pub progress: Progress,
}

/// How far the original would have come: what its one-line form shows depends on it.
#[derive(Debug, Default)]
pub struct Progress {
    /// Each file, and how many diagnostics there were when it had been read.
    pub files: Vec<(FileId, usize)>,
}

impl Loaded {
    pub fn is_valid(&self) -> bool {
        !self.diagnostics.has_errors()
    }

    /// Something would listen: without it the original ends with code 2 under `-c`.
    pub fn has_listener(&self) -> bool {
        let forwards = self.config.log_forwards.iter().any(|f| !f.streams.is_empty() || !f.datagrams.is_empty());
        forwards || self.config.proxies.iter().any(|p| !p.disabled && !p.listeners.is_empty())
    }
}

/// Reads files, already in memory, in their order.
pub fn load(files: Vec<(String, String)>, outside: &dyn Outside) -> Loaded {
    let mut reader = read::Reader::new(outside);
    for (name, text) in files {
        reader.file(&name, text);
    }
    reader.finish()
}

//! What the language must ask the machine: a trait, so that this room stays pure and tests need no machine.

use std::path::PathBuf;

use crate::ir::failover::RunAs;

/// Why a file has no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    Missing,
    Directory,
    Forbidden,
}

/// What became of looking for a script's program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    Found(PathBuf),
    /// A bare name was found by searching `PATH`.
    FoundByPath(PathBuf),
    /// There is no such file, or nobody may execute it.
    NotFound,
    /// Somebody other than root could change it, and root would run it.
    Unsafe(PathBuf),
}

/// The machine, as far as a configuration can see it.
pub trait System {
    /// The text of a file. Bytes that are no UTF-8 are replaced.
    ///
    /// # Errors
    /// Why there is none.
    fn read(&self, path: &str) -> Result<String, Unreadable>;

    /// Paths that a pattern of the shell (with braces) matches, in order.
    fn glob(&self, pattern: &str) -> Vec<String>;

    fn interface_exists(&self, name: &str) -> bool;

    /// How many processors there are.
    fn processors(&self) -> usize {
        2
    }

    /// Whether an interface is of a kind that we make, by the kernel's name for it: `macvlan`, `ipvlan`.
    fn is_of_type(&self, _: &str, _: &str) -> bool {
        false
    }

    /// Whether an interface leads nowhere but back to this host.
    fn is_loopback(&self, name: &str) -> bool {
        name == "lo"
    }

    /// User and primary group by name.
    fn user(&self, name: &str) -> Option<RunAs>;

    fn group(&self, name: &str) -> Option<u32>;

    /// Who we are.
    fn own(&self) -> RunAs;

    /// Looks for the program of a script.
    fn program(&self, name: &[u8], run_as: &RunAs) -> Program;

    fn host_name(&self) -> String;

    /// Where relative paths count from.
    fn working_directory(&self) -> String;

    /// A number from 0 to 32767.
    fn random(&self) -> u16;
}

//! Enter a network namespace that `ip netns` made.

use std::{fs::File, io, path::Path, sync::OnceLock};

use nix::sched::{CloneFlags, setns};

/// Where the process was before it entered a namespace.
static FIRST: OnceLock<Option<File>> = OnceLock::new();

/// Moves this process, and every child to come, into the namespace `name`.
///
/// # Errors
/// There is no such namespace, or no right to enter it.
pub fn enter_network(name: &str) -> io::Result<()> {
    let file = File::open(Path::new("/run/netns").join(name))?;
    FIRST.get_or_init(|| File::open("/proc/self/ns/net").ok());
    Ok(setns(file, CloneFlags::CLONE_NEWNET)?)
}

/// Moves this thread back to where the process was before it entered a namespace; nowhere if it has entered none.
///
/// # Errors
/// No right to do so.
pub fn enter_first_network() -> io::Result<()> {
    let Some(Some(first)) = FIRST.get() else { return Ok(()) };
    Ok(setns(first, CloneFlags::CLONE_NEWNET)?)
}

//! Enter a network namespace that `ip netns` made.

use std::{fs::File, io, path::Path};

use nix::sched::{CloneFlags, setns};

/// Moves this process, and every child to come, into the namespace `name`.
///
/// # Errors
/// There is no such namespace, or no right to enter it.
pub fn enter_network(name: &str) -> io::Result<()> {
    let file = File::open(Path::new("/run/netns").join(name))?;
    Ok(setns(file, CloneFlags::CLONE_NEWNET)?)
}

//! Start a program as somebody else, in a process group of its own, that dies when we do.
#![expect(
    unsafe_code,
    reason = "what happens between fork and exec has no safe form; only async-signal-safe calls are made there"
)]

use std::{ffi::OsStr, io, os::unix::ffi::OsStrExt as _, path::Path, process::Stdio};

use nix::{
    sys::{
        signal::Signal,
        stat::{Mode, umask},
    },
    unistd::{Gid, Pid, Uid},
};
use tokio::process::Command;

use super::credentials::Credentials;

/// A command ready to be spawned: no shell, standard streams at `/dev/null`, own process group, killed with us.
///
/// `argv[0]` is what the program sees as its name; `path` is the file that runs. When `run_as` is who we are already, no
/// call is made that a user namespace would refuse.
#[must_use]
pub fn command(path: &Path, argv: &[Vec<u8>], run_as: &Credentials) -> Command {
    let mut command = Command::new(path);
    command.args(argv.iter().skip(1).map(|word| OsStr::from_bytes(word)));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(false);
    let target = (!run_as.is_current()).then(|| (Uid::from_raw(run_as.uid), Gid::from_raw(run_as.gid)));
    let groups = target.map(|(_, gid)| supplementary(run_as, gid)).unwrap_or_default();
    // SAFETY: the closure allocates nothing and calls only async-signal-safe functions.
    unsafe {
        command.pre_exec(move || {
            nix::unistd::setpgid(Pid::from_raw(0), Pid::from_raw(0))?;
            nix::sys::prctl::set_pdeathsig(Signal::SIGTERM)?;
            umask(Mode::from_bits_truncate(0o022));
            super::priority::reset_nice();
            if let Some((uid, gid)) = target {
                nix::unistd::setgroups(&groups)?;
                nix::unistd::setgid(gid)?;
                nix::unistd::setuid(uid)?;
            }
            super::signals::unblock_all();
            Ok(())
        });
    }
    command
}

/// The groups of a user, looked up before the fork.
fn supplementary(run_as: &Credentials, gid: Gid) -> Vec<Gid> {
    let known = run_as.name.as_ref().and_then(|name| nix::unistd::getgrouplist(name, gid).ok());
    known.unwrap_or_else(|| vec![gid])
}

/// Signals a whole process group.
///
/// # Errors
/// The group is gone.
pub fn signal_group(leader: i32, signal: Signal) -> io::Result<()> {
    Ok(nix::sys::signal::killpg(Pid::from_raw(leader), signal)?)
}

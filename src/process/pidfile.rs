//! Pid files: one decimal number and a line feed, mode 0644, as `service` scripts and monitors read them.

use std::{
    fs::{self, File, Permissions},
    io::{self, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

/// What a pid file says about an earlier daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Earlier {
    /// No file, or nothing in it that is a pid.
    None,
    /// The file names a process that is gone.
    Stale,
    /// The file names a living process.
    Running(i32),
}

/// Writes `pid` to `path`, replacing what is there.
///
/// # Errors
/// The file cannot be created or written.
pub fn write(path: &Path, pid: i32) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.set_permissions(Permissions::from_mode(0o644))?;
    file.write_all(format!("{pid}\n").as_bytes())
}

/// The pid in the file's first line. `None` when there is no file or no positive number in it.
#[must_use]
pub fn read(path: &Path) -> Option<i32> {
    let text = fs::read_to_string(path).ok()?;
    text.lines().next()?.trim().parse().ok().filter(|&pid| pid > 0)
}

/// Whether the daemon that wrote `path` still runs. A process that we may not signal counts as running.
#[must_use]
pub fn earlier(path: &Path) -> Earlier {
    let Some(pid) = read(path) else { return Earlier::None };
    match nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None) {
        Err(nix::errno::Errno::ESRCH) => Earlier::Stale,
        _ => Earlier::Running(pid),
    }
}

/// Removes the file; a missing one is fine.
pub fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> std::path::PathBuf {
        std::env::temp_dir().join(format!("hawser-pidfile-{}-{name}", std::process::id()))
    }

    #[test]
    fn own_pid_is_seen_as_running() {
        let path = scratch("own");
        let own = i32::try_from(std::process::id()).expect("pids are below 2^22");
        write(&path, own).expect("the temporary directory is writable");
        assert_eq!(fs::read_to_string(&path).expect("just written"), format!("{own}\n"));
        assert_eq!(earlier(&path), Earlier::Running(own));
        remove(&path);
        assert_eq!(earlier(&path), Earlier::None);
    }

    #[test]
    fn pid_beyond_the_kernels_range_is_stale_and_text_is_none() {
        let path = scratch("stale");
        fs::write(&path, "2000000000\n").expect("the temporary directory is writable");
        assert_eq!(earlier(&path), Earlier::Stale);
        for text in ["", "abc\n", "-1\n", "0\n"] {
            fs::write(&path, text).expect("the temporary directory is writable");
            assert_eq!(earlier(&path), Earlier::None, "{text:?}");
        }
        remove(&path);
    }
}

//! Which processes run: a snapshot of `/proc`, with what the tools that look for processes compare.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt as _, fs::MetadataExt as _},
    path::{Path, PathBuf},
};

/// One running process. Kernel threads have no command line and no program file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Process id.
    pub pid: i32,
    /// The kernel's name for it: at most 15 bytes, changeable by the process.
    pub comm: Vec<u8>,
    /// Its command line, word by word; empty for kernel threads and zombies.
    pub argv: Vec<Vec<u8>>,
    /// Ended, but not yet collected by its parent.
    pub zombie: bool,
    /// Real and saved user id: who may signal it.
    pub uids: (u32, u32),
}

/// Device and inode of a program file, by which tools tell whether two paths are one program.
pub type FileId = (u64, u64);

/// All processes that can be seen, in order of their pids.
#[must_use]
pub fn all() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let mut found: Vec<Process> =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).filter_map(look).collect();
    found.sort_by_key(|process| process.pid);
    found
}

/// One process by pid, `None` when it is gone.
#[must_use]
pub fn look(pid: i32) -> Option<Process> {
    let directory = PathBuf::from(format!("/proc/{pid}"));
    let stat = fs::read(directory.join("stat")).ok()?;
    let (comm, state) = comm_and_state(&stat)?;
    let (comm, zombie) = (comm.to_vec(), matches!(state, b'Z' | b'X'));
    let uids = uids(&fs::read(directory.join("status")).ok()?)?;
    let argv = fs::read(directory.join("cmdline")).unwrap_or_default();
    Some(Process { pid, comm, argv: words(&argv), zombie, uids })
}

/// Only the kernel's name of a process and whether it lives: one small read, for scans that look at everybody.
#[must_use]
pub fn comm(pid: i32) -> Option<(Vec<u8>, bool)> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let (comm, state) = comm_and_state(&stat)?;
    Some((comm.to_vec(), matches!(state, b'Z' | b'X')))
}

/// The program that a process runs; `None` where the kernel does not let us look.
#[must_use]
pub fn program(pid: i32) -> Option<FileId> {
    file_id(Path::new(&format!("/proc/{pid}/exe")))
}

/// Device and inode behind a path, links followed.
#[must_use]
pub fn file_id(path: &Path) -> Option<FileId> {
    let meta = fs::metadata(path).ok()?;
    Some((meta.dev(), meta.ino()))
}

impl Process {
    /// The last path component of the first word of the command line.
    #[must_use]
    pub fn argv0_base(&self) -> Option<&[u8]> {
        Path::new(OsStr::from_bytes(self.argv.first()?)).file_name().map(OsStr::as_bytes)
    }

    /// Whether `uid` may send this process a signal (kill(2)): root may, and whoever is its real or saved user.
    #[must_use]
    pub fn may_be_signalled_by(&self, uid: u32) -> bool {
        uid == 0 || uid == self.uids.0 || uid == self.uids.1
    }
}

/// `PID (COMM) STATE ...`: the name may hold parentheses and spaces, so it ends at the last `)`.
fn comm_and_state(stat: &[u8]) -> Option<(&[u8], u8)> {
    let open = stat.iter().position(|&byte| byte == b'(')?;
    let close = stat.iter().rposition(|&byte| byte == b')')?;
    Some((stat.get(open + 1..close)?, *stat.get(close + 2)?))
}

/// `Uid:` names the real, effective, saved and file system ids.
fn uids(status: &[u8]) -> Option<(u32, u32)> {
    let line = status.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(b"Uid:"))?;
    let mut ids = std::str::from_utf8(line).ok()?.split_ascii_whitespace().map(str::parse);
    let real = ids.next()?.ok()?;
    let saved = ids.nth(1)?.ok()?;
    Some((real, saved))
}

fn words(cmdline: &[u8]) -> Vec<Vec<u8>> {
    let text = cmdline.strip_suffix(b"\0").unwrap_or(cmdline);
    if text.is_empty() { Vec::new() } else { text.split(|&byte| byte == 0).map(<[u8]>::to_vec).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_with_parentheses_and_spaces_is_read_whole() {
        assert_eq!(comm_and_state(b"12 (a) b (c)) Z 1 2"), Some((&b"a) b (c)"[..], b'Z')));
        assert_eq!(comm_and_state(b"12 (cut"), None);
    }

    #[test]
    fn real_and_saved_ids_are_taken() {
        assert_eq!(uids(b"Name:\tx\nUid:\t1\t2\t3\t4\nGid:\t9\n"), Some((1, 3)));
    }

    #[test]
    fn this_process_sees_itself() {
        let own = i32::try_from(std::process::id()).expect("pids are below 2^22");
        let me = look(own).expect("we run");
        assert!(!me.zombie && !me.argv.is_empty());
        assert_eq!(program(own), file_id(Path::new("/proc/self/exe")));
        assert!(all().iter().any(|process| process.pid == own));
    }
}

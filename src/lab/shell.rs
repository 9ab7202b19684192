//! Opens a shell on a host of a running lab, in all its namespaces.

use super::agent::services::PATH;
use crate::process::procs;
use nix::sched::{CloneFlags, setns};
use std::{
    fs::{self, File},
    io,
    path::Path,
    process::{Command, ExitCode},
};

/// The first process of the host `name` of a lab that we may enter; the youngest lab's, if several run.
#[must_use]
pub fn find(name: &str) -> Option<i32> {
    let is_it = |process: &procs::Process| match process.argv.as_slice() {
        [.., command, stage, host] => command == b"lab-host" && stage == b"inside" && host == name.as_bytes(),
        _ => false,
    };
    let readable = |process: &procs::Process| fs::read_link(format!("/proc/{}/ns/mnt", process.pid)).is_ok();
    procs::all().into_iter().filter(is_it).filter(readable).map(|process| process.pid).max()
}

/// Becomes a shell beside process `pid`. Before any thread exists.
#[must_use]
pub fn open(pid: i32) -> ExitCode {
    match enter(pid).and_then(|()| shell().status()) {
        Ok(status) => ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)),
        Err(error) => {
            eprintln!("hawser lab: no shell there: {error}");
            ExitCode::from(super::switch::UNUSABLE)
        }
    }
}

/// The same from within the lab, whose own process must stay where it is.
pub async fn open_from_inside(host: &str) -> io::Result<()> {
    let pid = find(host).ok_or_else(|| io::Error::other(format!("{host} is not there")))?;
    tokio::process::Command::new("/proc/self/exe").args(["lab-enter", &pid.to_string()]).status().await.map(drop)
}

fn enter(pid: i32) -> io::Result<()> {
    let here = Path::new("/proc/self/ns");
    let there = Path::new("/proc").join(pid.to_string()).join("ns");
    let kinds = [
        ("user", CloneFlags::CLONE_NEWUSER), // first: it gives the right to enter the others
        ("uts", CloneFlags::CLONE_NEWUTS),
        ("net", CloneFlags::CLONE_NEWNET),
        ("pid", CloneFlags::CLONE_NEWPID),
        ("mnt", CloneFlags::CLONE_NEWNS),
    ];
    // All are opened before any is entered: the last one takes /proc away.
    let mut entered = Vec::new();
    for (name, kind) in kinds {
        if fs::read_link(here.join(name))? != fs::read_link(there.join(name))? {
            entered.push((File::open(there.join(name))?, kind));
        }
    }
    for (namespace, kind) in entered {
        setns(namespace, kind)?;
    }
    std::env::set_current_dir("/")
}

fn shell() -> Command {
    let bash = Path::new("/bin/bash").exists();
    let mut shell = Command::new(if bash { "/bin/bash" } else { "/bin/sh" });
    shell.env_clear().env("PATH", PATH).env("HOME", "/root").env("LANG", "C.UTF-8").args(bash.then_some("--norc"));
    shell.env("TERM", std::env::var_os("TERM").unwrap_or_else(|| "dumb".into())).env("PS1", r"\h:\w\$ ");
    shell
}

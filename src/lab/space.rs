//! Leaves the machine behind: namespaces of our own, as an ordinary user or as root, and what to do where that is forbidden.

use nix::{
    mount::{MsFlags, mount},
    sched::{CloneFlags, unshare},
    unistd::{getgid, getuid},
};
use std::{fmt, fs, io, path::Path};

/// Who the lab's processes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// Root of the machine, in namespaces without users of their own.
    Root,
    /// An ordinary user, called root inside: one uid and one gid, nobody else exists.
    OneUid,
}

/// Why there can be no lab here, and what would help.
#[derive(Debug)]
pub struct Forbidden {
    what: String,
    advice: String,
}

impl fmt::Display for Forbidden {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "no lab can be built here: {}; {}", self.what, self.advice)
    }
}

const OUTER: CloneFlags = CloneFlags::CLONE_NEWNET
    .union(CloneFlags::CLONE_NEWNS)
    .union(CloneFlags::CLONE_NEWPID)
    .union(CloneFlags::CLONE_NEWUTS)
    .union(CloneFlags::CLONE_NEWIPC);
const INNER: CloneFlags = CloneFlags::CLONE_NEWNET
    .union(CloneFlags::CLONE_NEWNS)
    .union(CloneFlags::CLONE_NEWPID)
    .union(CloneFlags::CLONE_NEWUTS);

/// Enters the lab's outer namespaces; the caller's next child is their first process. Before any thread exists.
pub fn enter_outer(always_user_namespace: bool) -> Result<Identity, Forbidden> {
    if getuid().is_root() && !always_user_namespace && unshare(OUTER).is_ok() {
        return Ok(Identity::Root);
    }
    let (uid, gid) = (getuid(), getgid());
    unshare(CloneFlags::CLONE_NEWUSER).map_err(|error| forbidden("unshare(CLONE_NEWUSER)", error.into()))?;
    let map = || {
        fs::write("/proc/self/setgroups", "deny")?;
        fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
        fs::write("/proc/self/gid_map", format!("0 {gid} 1"))
    };
    map().map_err(|error| forbidden("writing the user namespace's maps", error))?;
    unshare(OUTER).map_err(|error| forbidden("unshare of network, mounts and processes", error.into()))?;
    Ok(Identity::OneUid)
}

/// Enters a host's namespaces, in the lab's; the caller's next child is their first process.
pub fn enter_inner() -> io::Result<()> {
    Ok(unshare(INNER)?)
}

/// What the first process in new namespaces does: no mount of its own is seen outside, and /proc shows its processes.
pub fn own_proc() -> Result<(), Forbidden> {
    private_mounts().map_err(|error| forbidden("making mounts private", error))?;
    mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), None::<&str>)
        .map_err(|error| forbidden("mounting /proc", error.into()))
}

/// No mount done from here on is seen by anybody else.
pub fn private_mounts() -> io::Result<()> {
    Ok(mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)?)
}

fn forbidden(what: &str, error: io::Error) -> Forbidden {
    Forbidden {
        what: format!("{what}: {error}"),
        advice: advice(|path| fs::read_to_string(Path::new("/proc/sys").join(path)).ok()),
    }
}

/// What the administrator can do, from the switches that forbid user namespaces on the machines we know.
fn advice(setting: impl Fn(&str) -> Option<String>) -> String {
    let is = |path: &str, value: &str| setting(path).is_some_and(|text| text.trim() == value);
    if is("kernel/apparmor_restrict_unprivileged_userns", "1") {
        "AppArmor restricts user namespaces: `sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`, or `sudo hawser lab`"
    } else if is("kernel/unprivileged_userns_clone", "0") {
        "user namespaces are root's only: `sudo sysctl -w kernel.unprivileged_userns_clone=1`, or `sudo hawser lab`"
    } else if is("user/max_user_namespaces", "0") {
        "user namespaces are switched off: `sudo sysctl -w user.max_user_namespaces=10000`, or `sudo hawser lab`"
    } else {
        "in a container, start it with `--security-opt seccomp=unconfined --security-opt systempaths=unconfined`; elsewhere try `sudo hawser lab`"
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_names_the_switch_that_forbids() {
        let only = |wanted: &'static str, value: &'static str| {
            move |path: &str| (path == wanted).then(|| format!("{value}\n"))
        };
        assert!(advice(only("user/max_user_namespaces", "0")).contains("max_user_namespaces=10000"));
        assert!(advice(only("kernel/apparmor_restrict_unprivileged_userns", "1")).contains("AppArmor"));
        assert!(advice(only("user/max_user_namespaces", "1000")).contains("container"));
    }
}

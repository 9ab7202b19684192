//! A host's file system: the machine's programs, read-only, under folders that are the host's own.
//!
//! A fresh tmpfs becomes the root and the machine's root moves to `/.machine`, read-only. `/usr`'s folders are bound from it;
//! `/etc` and the folder of the daemons' programs are real folders full of links into it, so that single files can be ours:
//! `/usr/sbin/haproxy` **is** the program under test, which `killall -0 /usr/sbin/haproxy` finds by its inode. `/etc/haproxy`,
//! `/var`, `/run`, `/tmp` and `/dev` are private. Nothing written here outlives the host.

use super::space;
use nix::{
    mount::{MntFlags, MsFlags, mount, umount2},
    sys::statvfs::{FsFlags, statvfs},
    unistd::{chdir, pivot_root, sethostname},
};
use serde_json::Value;
use std::{
    fs::{self, File, Permissions},
    io,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
};

/// Where the tmpfs is mounted before it becomes the root: a folder that every machine has.
const NEW: &str = "/tmp";
const MACHINE: &str = "/.machine";
const OWN_FOLDERS: &[&str] = &[
    "dev/shm",
    "etc/default",
    "etc/haproxy",
    "etc/keepalived",
    "proc",
    "root",
    "run/haproxy",
    "run/lock",
    "run/systemd",
    "sys",
    "tmp",
    "usr",
    "var/lib/haproxy/dev",
    "var/log/apache2",
    "var/tmp",
    "var/www/html",
    ".machine",
];
const OWN_TOP: &[&str] = &["dev", "etc", "proc", "root", "run", "sys", "tmp", "usr", "var"];

/// Builds the file system that `setup` describes (see [`super::plan::Plan::setup`]) and makes it the process's root.
pub fn build(setup: &Value) -> io::Result<()> {
    let name = setup["name"].as_str().unwrap_or_default();
    sethostname(name)?;
    space::private_mounts()?;
    // Opened while the machine's paths still hold: a program may lie below /tmp.
    let mut programs = Vec::new();
    for program in setup["programs"].as_array().into_iter().flatten() {
        let from = program["from"].as_str().unwrap_or_default();
        let file = File::open(from).map_err(|error| io::Error::new(error.kind(), format!("{from}: {error}")))?;
        programs.push((program["name"].as_str().unwrap_or_default().to_owned(), file));
    }
    mount(Some("lab"), NEW, Some("tmpfs"), MsFlags::empty(), Some("mode=755"))?;
    for folder in OWN_FOLDERS {
        fs::create_dir_all(inside(folder))?;
    }
    fs::set_permissions(inside("tmp"), Permissions::from_mode(0o1777))?;
    fs::set_permissions(inside("var/tmp"), Permissions::from_mode(0o1777))?;
    symlink("/run", inside("var/run"))?;
    symlink("/run/lock", inside("var/lock"))?;
    top_level()?;
    let sbin = usr()?;
    link_all(Path::new("/etc"), &inside("etc"))?;
    if let Some(beside) = setup["beside_haproxy_cfg"].as_str() {
        link_all(Path::new(beside), &inside("etc/haproxy"))?;
    }
    link_all(Path::new("/etc/haproxy"), &inside("etc/haproxy"))?; // error pages, maps, certificates
    own_files(setup, name)?;
    for (name, mut file) in programs {
        let path = inside(sbin.strip_prefix("/").unwrap_or(&sbin)).join(name);
        let _ = fs::remove_file(&path);
        io::copy(&mut file, &mut File::create(&path)?)?;
        fs::set_permissions(&path, Permissions::from_mode(0o755))?;
    }
    devices()?;
    become_root()
}

fn inside(path: impl AsRef<Path>) -> PathBuf {
    Path::new(NEW).join(path)
}

/// Everything else that the machine's root has: its links as they are, its library folders bound, the rest as links.
fn top_level() -> io::Result<()> {
    for entry in fs::read_dir("/")? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(text) = name.to_str().filter(|name| !OWN_TOP.contains(name)) else { continue };
        let to = inside(text);
        if entry.file_type()?.is_symlink() {
            symlink(fs::read_link(entry.path())?, &to)?;
        } else if text.starts_with("lib") || matches!(text, "bin" | "sbin") {
            fs::create_dir(&to)?;
            bind_read_only(&entry.path(), &to)?;
        } else {
            symlink(Path::new(MACHINE).join(text), &to)?;
        }
    }
    Ok(())
}

/// Binds the folders of /usr, except the one in which the daemons' programs lie: that is ours, with links. Tells which it is.
fn usr() -> io::Result<PathBuf> {
    let sbin = fs::canonicalize("/usr/sbin").unwrap_or_else(|_| PathBuf::from("/usr/sbin"));
    for entry in fs::read_dir("/usr")? {
        let entry = entry?;
        let to = inside("usr").join(entry.file_name());
        if entry.path() == sbin {
            fs::create_dir(&to)?;
            link_all(&sbin, &to)?;
        } else if entry.file_type()?.is_dir() {
            fs::create_dir(&to)?;
            bind_read_only(&entry.path(), &to)?;
        } else if entry.file_type()?.is_symlink() {
            symlink(fs::read_link(entry.path())?, &to)?;
        }
    }
    Ok(sbin)
}

/// A link in `to` for every entry of the machine's folder `from` that is not there yet. A folder we may not read has none.
fn link_all(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from).into_iter().flatten() {
        let name = entry?.file_name();
        let link = to.join(&name);
        if fs::symlink_metadata(&link).is_err() {
            let target = Path::new(MACHINE).join(from.strip_prefix("/").unwrap_or(from)).join(&name);
            symlink(target, link)?;
        }
    }
    Ok(())
}

fn own_files(setup: &Value, name: &str) -> io::Result<()> {
    write_own("/etc/hostname", &format!("{name}\n"))?;
    write_own("/etc/mtab", "")?;
    for file in setup["files"].as_array().into_iter().flatten() {
        write_own(file["path"].as_str().unwrap_or_default(), file["text"].as_str().unwrap_or_default())?;
    }
    Ok(())
}

fn write_own(path: &str, text: &str) -> io::Result<()> {
    let path = inside(path.trim_start_matches('/'));
    let _ = fs::remove_file(&path); // a link to the machine's file of this name
    fs::write(path, text)
}

fn devices() -> io::Result<()> {
    for name in ["null", "zero", "full", "random", "urandom", "tty"] {
        let (from, to) = (Path::new("/dev").join(name), inside("dev").join(name));
        if from.exists() {
            File::create(&to)?;
            // Read-only: the device works, but its owner and mode, which are the machine's, stay.
            bind_read_only(&from, &to)?;
        }
    }
    symlink("/proc/self/fd", inside("dev/fd"))?;
    for (number, name) in ["stdin", "stdout", "stderr"].iter().enumerate() {
        symlink(format!("/proc/self/fd/{number}"), inside("dev").join(name))?;
    }
    Ok(())
}

fn become_root() -> io::Result<()> {
    pivot_root(NEW, &inside(&MACHINE[1..]))?;
    chdir("/")?;
    mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), None::<&str>)?;
    let _ = mount(Some("sysfs"), "/sys", Some("sysfs"), MsFlags::empty(), None::<&str>); // nice to have
    // The machine's own mounts must not be written through, whatever a program under test does.
    for mounted in fs::read_to_string("/proc/self/mountinfo")?.lines().filter_map(|line| line.split(' ').nth(4)) {
        if mounted.starts_with(MACHINE) {
            // One that cannot be made read-only is one that we cannot write to either, or a pseudo file system.
            let _ = read_only(Path::new(mounted));
        }
    }
    while umount2("/.machine/proc", MntFlags::MNT_DETACH).is_ok() {}
    Ok(())
}

fn bind_read_only(from: &Path, to: &Path) -> io::Result<()> {
    mount(Some(from), to, None::<&str>, MsFlags::MS_BIND | MsFlags::MS_REC, None::<&str>)?;
    read_only(to)
}

/// Flags that came with a mount of somebody else's are locked in a user namespace: they must be named again.
fn read_only(at: &Path) -> io::Result<()> {
    let has = statvfs(at)?.flags();
    let mut flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
    for (from, to) in [
        (FsFlags::ST_NOSUID, MsFlags::MS_NOSUID),
        (FsFlags::ST_NODEV, MsFlags::MS_NODEV),
        (FsFlags::ST_NOEXEC, MsFlags::MS_NOEXEC),
    ] {
        flags.set(to, has.contains(from));
    }
    Ok(mount(None::<&str>, at, None::<&str>, flags, None::<&str>)?)
}

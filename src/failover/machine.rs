//! The machine as a configuration sees it: files, interfaces, users, programs.

use std::{
    ffi::OsStr,
    fs,
    io::{self, Read as _},
    os::unix::{
        ffi::OsStrExt as _,
        fs::{MetadataExt as _, PermissionsExt as _},
    },
    path::{Path, PathBuf},
};

use crate::{
    ir::failover::RunAs,
    keepalived::system::{Program, System, Unreadable},
    process::credentials::{Credentials, group_id},
};

/// Programs named without a path are looked for here, whatever `PATH` says: a daemon's environment is not the user's.
const SEARCH: &[&str] = &["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// The real thing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Machine;

impl System for Machine {
    fn read(&self, path: &str) -> Result<String, Unreadable> {
        let meta = fs::metadata(path).map_err(|error| unreadable(&error))?;
        if meta.is_dir() {
            return Err(Unreadable::Directory);
        }
        let mut bytes = Vec::new();
        fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(|error| unreadable(&error))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn glob(&self, pattern: &str) -> Vec<String> {
        super::glob::expand(pattern)
    }

    fn interface_exists(&self, name: &str) -> bool {
        nix::net::if_::if_nametoindex(name).is_ok()
    }

    fn processors(&self) -> usize {
        nix::unistd::sysconf(nix::unistd::SysconfVar::_NPROCESSORS_CONF)
            .ok()
            .flatten()
            .and_then(|count| usize::try_from(count).ok())
            .unwrap_or(1)
    }

    fn is_of_type(&self, name: &str, kind: &str) -> bool {
        // In another network namespace than the one that /sys shows, nothing is known.
        let event = fs::read_to_string(format!("/sys/class/net/{name}/uevent"));
        let Ok(event) = event else { return false };
        match event.lines().find_map(|line| line.strip_prefix("DEVTYPE=")) {
            Some(found) => found == kind,
            // An ipvlan does not say what it is; it lies on one other interface.
            None => kind == "ipvlan" && below(name) == 1,
        }
    }

    fn user(&self, name: &str) -> Option<RunAs> {
        let found = Credentials::of_user(name)?;
        Some(RunAs { uid: found.uid, gid: found.gid, user: Some(name.to_owned()) })
    }

    fn group(&self, name: &str) -> Option<u32> {
        group_id(name)
    }

    fn own(&self) -> RunAs {
        let own = Credentials::own();
        RunAs { uid: own.uid, gid: own.gid, user: None }
    }

    fn program(&self, name: &[u8], run_as: &RunAs) -> Program {
        let name = Path::new(OsStr::from_bytes(name));
        let (path, searched) = if name.as_os_str().as_bytes().contains(&b'/') {
            (Some(name.to_path_buf()), false)
        } else {
            (search(name), true)
        };
        match path.filter(|path| is_executable(path, run_as)) {
            None => Program::NotFound,
            Some(path) if run_as.uid == 0 && !is_safe(&path) => Program::Unsafe(path),
            Some(path) if searched => Program::FoundByPath(path),
            Some(path) => Program::Found(path),
        }
    }

    fn host_name(&self) -> String {
        nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok()).unwrap_or_default()
    }

    fn working_directory(&self) -> String {
        std::env::current_dir().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default()
    }

    fn random(&self) -> u16 {
        let mut bytes = [0; 2];
        let _ = fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
        u16::from_ne_bytes(bytes) & 0x7fff
    }
}

fn unreadable(error: &io::Error) -> Unreadable {
    match error.kind() {
        io::ErrorKind::NotFound => Unreadable::Missing,
        _ => Unreadable::Forbidden,
    }
}

fn search(name: &Path) -> Option<PathBuf> {
    SEARCH.iter().map(|directory| Path::new(directory).join(name)).find(|path| path.is_file())
}

/// Whether the user may run it.
fn is_executable(path: &Path, run_as: &RunAs) -> bool {
    let Ok(meta) = fs::metadata(path) else { return false };
    let mode = meta.permissions().mode();
    let bit = if run_as.uid == 0 {
        0o111
    } else if meta.uid() == run_as.uid {
        0o100
    } else if meta.gid() == run_as.gid {
        0o010
    } else {
        0o001
    };
    meta.is_file() && mode & bit != 0
}

/// Whether only root could change the program: every directory on the way, and the file, belong to root and are writable by
/// nobody else. Sticky directories may be writable.
fn is_safe(path: &Path) -> bool {
    let Ok(path) = fs::canonicalize(path) else { return false };
    path.ancestors().all(|part| {
        fs::metadata(part).is_ok_and(|meta| {
            let writable = meta.permissions().mode() & 0o022 != 0;
            let sticky_directory = meta.is_dir() && meta.permissions().mode() & 0o1000 != 0;
            meta.uid() == 0 && (!writable || sticky_directory)
        })
    })
}

/// How many interfaces an interface lies on.
fn below(name: &str) -> usize {
    let entries = fs::read_dir(format!("/sys/class/net/{name}")).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(b"lower_")).count()
}

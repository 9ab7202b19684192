//! Writing dumps, which may hold passwords, so that only the owner can read them.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

pub use crate::{
    ipvs::show::{Progress, data as checkers},
    vrrp::show::{Epoch, data, json, parent, stats},
};

/// Where a dump goes whose file is not named: with `data_use_instance`, one for each of several daemons.
#[must_use]
pub fn path(stem: &str, global: &crate::ir::failover::Global) -> PathBuf {
    let parts = [&global.daemon_name, &global.net_namespace].into_iter().flatten();
    let parts: String = parts.filter(|_| global.data_use_instance).map(|part| format!(".{part}")).collect();
    format!("/tmp/{stem}{parts}.data").into()
}

/// Writes `text` to `path`, replacing what is there; a link is not followed.
///
/// # Errors
/// The file cannot be created or written.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600).custom_flags(libc::O_NOFOLLOW);
    options.open(path)?.write_all(text.as_bytes())
}

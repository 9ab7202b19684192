//! Writing dumps, which may hold passwords, so that only the owner can read them.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

pub use crate::vrrp::show::{Epoch, data, json, parent, stats};

/// Writes `text` to `path`, replacing what is there; a link is not followed.
///
/// # Errors
/// The file cannot be created or written.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600).custom_flags(libc::O_NOFOLLOW);
    options.open(path)?.write_all(text.as_bytes())
}

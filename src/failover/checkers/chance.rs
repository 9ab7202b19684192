//! Random numbers for warmups, and for what tells one question from another.

use std::{
    fs::File,
    io::{self, Read as _},
};

/// The kernel's source of chance.
#[derive(Debug)]
pub(super) struct Chance(io::Result<File>);

impl Chance {
    pub(super) fn open() -> Self {
        Self(File::open("/dev/urandom"))
    }

    /// Any number; 0 where there is no chance.
    pub(super) fn number(&self) -> u32 {
        let mut bytes = [0; 4];
        if let Ok(mut file) = self.0.as_ref() {
            let _ = file.read_exact(&mut bytes);
        }
        u32::from_ne_bytes(bytes)
    }

    pub(super) fn word(&self) -> u16 {
        u16::try_from(self.number() & 0xffff).unwrap_or(0)
    }
}

//! Adverts that are signed (`auth_hmac` of keepalived 2.4): a key shared by the routers, and how fresh a signature must be.

use std::{fmt, time::Duration};

/// Signing and checking of one router's adverts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hmac {
    /// At least one; a key that is only known, and not active, lets keys be changed router by router.
    pub keys: Vec<Key>,
    /// The identifier of the key that signs.
    pub active: u8,
    /// How far the clocks of two routers may be apart.
    pub window: Duration,
    pub replay: AntiReplay,
    pub mode: HmacMode,
}

/// A key of 32 to 64 bytes, by its number.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// 1 to 255.
    pub id: u8,
    pub secret: Vec<u8>,
}

/// What an old advert that is sent again is told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AntiReplay {
    /// Its time is out of the window, or not after that of the sender's last.
    #[default]
    Time,
    /// Its time is not after that of the sender's last, however far the clocks are apart.
    Monotonic,
}

/// How much of it is in force: routers are changed one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HmacMode {
    /// Adverts are signed, and unsigned ones are not believed.
    #[default]
    Enforce,
    /// Adverts are signed, and unsigned ones are believed.
    Permissive,
    /// Adverts are not signed; signed ones are checked, unsigned ones believed.
    ReceiveOnly,
}

impl Hmac {
    #[must_use]
    pub fn key(&self, id: u8) -> Option<&Key> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// The key that signs, unless nothing is to be signed.
    #[must_use]
    pub fn signing_key(&self) -> Option<&Key> {
        self.key(self.active).filter(|_| self.mode != HmacMode::ReceiveOnly)
    }
}

impl fmt::Debug for Key {
    /// Logs and snapshots do not give a secret away.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Key {} ({} bytes)", self.id, self.secret.len())
    }
}

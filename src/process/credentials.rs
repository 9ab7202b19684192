//! Users and groups by name, and giving up rights to become one of them.
//!
//! In a user namespace with a single uid `setgroups(2)` always fails, so a process that already is who it should be
//! must not call it: [`Credentials::is_current`] is the question to ask first.

use std::{ffi::CString, io};

use nix::unistd::{Gid, Group, Uid, User, getegid, geteuid};

/// Who a process is, or is to become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// User id.
    pub uid: u32,
    /// Primary group id.
    pub gid: u32,
    /// The user's name, for its supplementary groups; `None` when only numbers are known.
    pub name: Option<CString>,
}

impl Credentials {
    /// The process's own effective ids.
    #[must_use]
    pub fn own() -> Self {
        Self { uid: geteuid().as_raw(), gid: getegid().as_raw(), name: None }
    }

    /// A user of the system by name, with its primary group.
    #[must_use]
    pub fn of_user(name: &str) -> Option<Self> {
        let user = User::from_name(name).ok()??;
        Some(Self { uid: user.uid.as_raw(), gid: user.gid.as_raw(), name: CString::new(name).ok() })
    }

    /// The same user with another primary group.
    #[must_use]
    pub fn with_group(self, gid: u32) -> Self {
        Self { gid, ..self }
    }

    /// Whether this process already has these ids, so that nothing has to be called.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.uid == geteuid().as_raw() && self.gid == getegid().as_raw()
    }

    /// Becomes this user: supplementary groups, then group, then user; afterwards there is no way back.
    ///
    /// Does nothing when the ids are already held. Async-signal-safe apart from the group look-up that a name needs.
    ///
    /// # Errors
    /// One of the calls was refused; the process then still has (some of) its old rights and must not go on.
    pub fn assume(&self) -> io::Result<()> {
        if self.is_current() {
            return Ok(());
        }
        let (uid, gid) = (Uid::from_raw(self.uid), Gid::from_raw(self.gid));
        match &self.name {
            Some(name) => nix::unistd::initgroups(name, gid)?,
            None => nix::unistd::setgroups(&[gid])?,
        }
        nix::unistd::setgid(gid)?;
        nix::unistd::setuid(uid)?;
        Ok(())
    }
}

/// A group's id by name.
#[must_use]
pub fn group_id(name: &str) -> Option<u32> {
    Some(Group::from_name(name).ok()??.gid.as_raw())
}

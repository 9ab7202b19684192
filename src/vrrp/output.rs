//! Everything that the routers ask for. The shell obeys in order.

use std::{net::IpAddr, time::Duration};

use super::{Time, sync_daemon::Daemon, why::Why};
use crate::ir::failover::{Address, Command, Routing};

/// One wish.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    Send(Packet),
    AddAddress {
        interface: String,
        address: Address,
    },
    /// Also sent for addresses that may not be there, to remove those of an earlier life.
    DeleteAddress {
        interface: String,
        address: Address,
    },
    AddRouting(Routing),
    /// Also sent for what may not be there.
    DeleteRouting(Routing),
    /// Gratuitous ARP, or unsolicited neighbour advertisements.
    Announce(Announce),
    /// Arms a timer, in place of its earlier time if it was armed.
    Arm {
        timer: TimerId,
        at: Time,
    },
    Cancel(TimerId),
    Notify(Notification),
    /// The kernel begins to tell its connections, or to listen to the other's.
    StartSync(Daemon),
    StopSync(Daemon),
    Log(Log),
}

/// An advert on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    pub interface: String,
    pub source: IpAddr,
    pub destination: IpAddr,
    /// IP protocol: 112, or 51 with an authentication header.
    pub protocol: u8,
    pub ttl: u8,
    /// Identification of the IPv4 header.
    pub id: u16,
    /// Everything behind the IP header.
    pub payload: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announce {
    pub interface: String,
    pub ip: IpAddr,
    pub count: u32,
    /// Pause between two.
    pub pause: Duration,
}

/// A timer of one router.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerId {
    pub router: String,
    pub kind: TimerKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimerKind {
    /// Backup: the master counts as down.
    MasterDown,
    /// Master: the next advert.
    Advert,
    /// Master: the second block of announcements.
    AnnounceAgain,
    /// Master: the second block after an advert of lower priority.
    AnnounceLower,
    /// Master: the periodic announcement.
    AnnounceRefresh,
    /// Master: the periodic announcement on other interfaces.
    AnnounceElsewhere,
}

/// A line for the log, without time and process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    pub level: Level,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Info,
    /// Only with `--log-detail`.
    Detail,
}

/// A change that scripts and pipes are told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    pub kind: Subject,
    pub name: String,
    pub event: Event,
    /// The effective priority; zero for groups.
    pub priority: u8,
    pub why: Why,
    /// Commands to run, each with whether it gets kind, name, event and priority as arguments.
    pub commands: Vec<(Command, bool)>,
    /// Whether pipes are told too.
    pub fifo: bool,
    /// Whether people are told by mail.
    pub mail: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Instance,
    Group,
}

impl Subject {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Instance => "INSTANCE",
            Self::Group => "GROUP",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    Master,
    Backup,
    Fault,
    Stop,
    Deleted,
    MasterRxLowerPri,
    MasterPriority,
    BackupPriority,
}

impl Event {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Master => "MASTER",
            Self::Backup => "BACKUP",
            Self::Fault => "FAULT",
            Self::Stop => "STOP",
            Self::Deleted => "DELETED",
            Self::MasterRxLowerPri => "MASTER_RX_LOWER_PRI",
            Self::MasterPriority => "MASTER_PRIORITY",
            Self::BackupPriority => "BACKUP_PRIORITY",
        }
    }
}

impl Notification {
    /// The line that goes into a pipe.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} \"{}\" {} {}\n", self.kind.word(), self.name, self.event.word(), self.priority)
    }
}

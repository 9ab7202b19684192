//! The laws that routers keep, whatever happens, and what is said when one is broken.

use std::fmt;

use crate::vrrp::Time;

/// One law. Those before [`Law::OneMaster`] hold after every single event, the others once a network has been left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Law {
    AddressesFollowMaster,
    MasterAdvertises,
    BackupWatches,
    OnlyMasterAnnounces,
    AdvertsKeepTheInterval,
    WatchKeepsTheInterval,
    OnlyMasterSpeaks,
    AdvertSaysWhatIs,
    LeavingSaysZero,
    TakeoverInOrder,
    ChangesAreTold,
    StepsAreLegal,
    TakeoverAfterSilence,
    GoodbyeIsAnswered,
    SameFileChangesNothing,
    NeighboursLearnInASecond,
    OneMaster,
    SomeMaster,
    BestLeads,
    FaultsAreTheirs,
    PriorityIsTheSum,
    GroupMovesTogether,
    NeighboursKnow,
    NobodyFlaps,
    AdvertsFlow,
}

impl Law {
    pub const ALL: &[Self] = &[
        Self::AddressesFollowMaster,
        Self::MasterAdvertises,
        Self::BackupWatches,
        Self::OnlyMasterAnnounces,
        Self::AdvertsKeepTheInterval,
        Self::WatchKeepsTheInterval,
        Self::OnlyMasterSpeaks,
        Self::AdvertSaysWhatIs,
        Self::LeavingSaysZero,
        Self::TakeoverInOrder,
        Self::ChangesAreTold,
        Self::StepsAreLegal,
        Self::TakeoverAfterSilence,
        Self::GoodbyeIsAnswered,
        Self::SameFileChangesNothing,
        Self::NeighboursLearnInASecond,
        Self::OneMaster,
        Self::SomeMaster,
        Self::BestLeads,
        Self::FaultsAreTheirs,
        Self::PriorityIsTheSum,
        Self::GroupMovesTogether,
        Self::NeighboursKnow,
        Self::NobodyFlaps,
        Self::AdvertsFlow,
    ];

    /// The law in a sentence.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::AddressesFollowMaster => "a host holds exactly the addresses of the routers that it is master of",
            Self::MasterAdvertises => "a master, and nobody else, has its next advert due",
            Self::BackupWatches => "a backup, and nobody else, watches for its master's silence",
            Self::OnlyMasterAnnounces => "nobody but a master has announcements due",
            Self::AdvertsKeepTheInterval => "the next advert is due one interval after the last",
            Self::WatchKeepsTheInterval => "a backup waits no longer than its master-down interval",
            Self::OnlyMasterSpeaks => "nobody but a master, or who just stopped being one, sends adverts",
            Self::AdvertSaysWhatIs => {
                "an advert carries the sender's priority or zero, its addresses, and goes where it should"
            }
            Self::LeavingSaysZero => "a master that stops or has a fault says so with priority zero",
            Self::TakeoverInOrder => {
                "a new master sends an advert, takes the addresses, then tells the neighbours of each"
            }
            Self::ChangesAreTold => "every change of state is told once, with the state that was entered",
            Self::StepsAreLegal => "only an owner becomes master without having been backup",
            Self::TakeoverAfterSilence => "a backup leaves a master alone that it has to follow and hears",
            Self::GoodbyeIsAnswered => "a backup whose master stops waits for its skew time only",
            Self::SameFileChangesNothing => "a reload without a change does nothing but log",
            Self::NeighboursLearnInASecond => "neighbours are told within a second who alone holds an address",
            Self::OneMaster => "routers that all hear each other have one master",
            Self::SomeMaster => "where a router can lead, one does",
            Self::BestLeads => "no router that preempts stays behind a master of lower priority",
            Self::FaultsAreTheirs => "a router is in fault when something that it tracks is, and only then",
            Self::PriorityIsTheSum => "the priority is the configured one plus the weights of what is tracked",
            Self::GroupMovesTogether => "members of a group are in the same state",
            Self::NeighboursKnow => "neighbours know who holds each address",
            Self::NobodyFlaps => "nobody changes its state without a cause",
            Self::AdvertsFlow => "a master's adverts keep coming",
        }
    }
}

/// A broken law: when, where, and what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub law: Law,
    /// Simulated time since the trial began.
    pub at: Time,
    /// The host that broke it; `None` when it took several.
    pub host: Option<usize>,
    pub seen: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s: {}, but ", self.at.as_secs_f64(), self.law.text())?;
        if let Some(host) = self.host {
            write!(f, "on node {}: ", host + 1)?;
        }
        f.write_str(&self.seen)
    }
}

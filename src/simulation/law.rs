//! The laws that routers keep, whatever happens, and what is said when one is broken.

use std::fmt;

use crate::vrrp::Time;

/// Each law once: its name, and the sentence that it is told in.
macro_rules! laws {
    ($($law:ident: $text:literal,)*) => {
        /// One law. Those before [`Law::OneMaster`] hold after every single event, the others once a network has been left alone.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Law {
            $($law,)*
        }

        impl Law {
            pub const ALL: &[Self] = &[$(Self::$law,)*];

            /// The law in a sentence.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$law => $text,)*
                }
            }
        }
    };
}

laws! {
    AddressesFollowMaster: "a host holds exactly the addresses of the routers that it is master of",
    MasterAdvertises: "a master, and nobody else, has its next advert due",
    BackupWatches: "a backup, and nobody else, watches for its master's silence",
    OnlyMasterAnnounces: "nobody but a master has announcements due",
    AdvertsKeepTheInterval: "the next advert is due one interval after the last",
    WatchKeepsTheInterval: "a backup waits no longer than its master-down interval",
    OnlyMasterSpeaks: "nobody but a master, or who just stopped being one, sends adverts",
    AdvertSaysWhatIs: "an advert carries the sender's priority or zero, its addresses, and goes where it should",
    LeavingSaysZero: "a master that stops or has a fault says so with priority zero",
    TakeoverInOrder: "a new master sends an advert, takes the addresses, then tells the neighbours of each",
    ChangesAreTold: "every change of state is told once, with the state that was entered",
    StepsAreLegal: "only an owner becomes master without having been backup",
    TakeoverAfterSilence: "a backup leaves a master alone that it has to follow and hears",
    GoodbyeIsAnswered: "a backup whose master stops waits for its skew time only",
    SameFileChangesNothing: "a reload without a change does nothing but log",
    NeighboursLearnInASecond: "neighbours are told within a second who alone holds an address",
    OneMaster: "routers that all hear each other have one master",
    SomeMaster: "where a router can lead, one does",
    BestLeads: "no router that preempts stays behind a master of lower priority",
    FaultsAreTheirs: "a router is in fault when something that it tracks is, and only then",
    PriorityIsTheSum: "the priority is the configured one plus the weights of what is tracked",
    GroupMovesTogether: "members of a group are in the same state",
    NobodyFlaps: "nobody changes its state without a cause",
    AdvertsFlow: "a master's adverts keep coming",
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

//! One virtual router: the state machine.
//!
//! ```text
//!                        every fault gone, and results known
//!            ┌──────┐ ───────────────────────────────────────▶ ┌────────┐
//!            │ Init │                                          │ Backup │ ◀─────────────┐
//!            └──────┘ ── owner (255, state MASTER) ─┐          └────────┘               │
//!               │                                   │   no advert in time │             │ a better master,
//!         fault │                                   ▼                     ▼             │ or an address lost
//!               ▼            faults gone: owner  ┌────────────────────────────┐         │
//!            ┌───────┐ ────────────────────────▶ │           Master           │ ────────┘
//!            │ Fault │ ◀──── a fault ─────────── └────────────────────────────┘
//!            └───────┘ ──── faults gone ───▶ Backup
//! ```
//!
//! Invariants: addresses are held exactly in Master; Master always has its advert timer; Backup always has its
//! master-down timer; Init and Fault have none.

mod advert;
mod announce;
mod change;
mod lost;

use std::{net::IpAddr, time::Duration};

use super::{
    Time,
    hmac::Stamps,
    ip::Datagram,
    output::{Level, Log, Output, TimerId, TimerKind},
    refusal::Refusals,
    stats::Stats,
    timing::Timing,
    track::{Assessment, OWNER, Watched, source},
    verdict::{self, Heard, Known, Rejection},
    why::{Fault, State, Why},
};
use crate::ir::failover::{Instance, OldChecksum, Version};

/// What a router needs of its surroundings during one event.
pub(super) struct Moment<'a> {
    pub now: Time,
    pub timing: Timing,
    /// What the clock on the wall showed, as time since 1970 in UTC, when the routers' own time began.
    pub epoch: Duration,
    pub watched: &'a Watched,
    pub out: &'a mut Vec<Output>,
}

impl Moment<'_> {
    pub(super) fn wall(&self) -> Duration {
        self.epoch + self.now
    }

    pub(super) fn log(&mut self, level: Level, text: String) {
        self.out.push(Output::Log(Log { level, text }));
    }
}

/// The last accepted sender of adverts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Master {
    pub address: IpAddr,
    pub priority: u8,
}

/// A router at work.
#[derive(Debug, Clone)]
pub struct VirtualRouter {
    pub config: Instance,
    pub state: State,
    /// Why it is in that state.
    pub why: Why,
    /// When it came into that state.
    pub since: Time,
    pub stats: Stats,
    /// Senders that it does not believe.
    pub refusals: Refusals,
    /// Effective priority, faults and unknown scripts, as of the last look.
    pub assessed: Assessment,
    pub master: Option<Master>,
    /// The master's interval: our own in version 2, learned in version 3.
    pub master_interval: Duration,
    /// The next identification of an IPv4 header; never zero, which would ask the kernel to choose.
    next_id: u16,
    /// The last sequence number of an authentication header, sent or heard.
    sequence: u32,
    /// Of signatures.
    stamps: Stamps,
    /// When the last advert as master left.
    last_sent: Time,
    /// End of `preempt_delay`, once the first advert of lower priority was heard.
    preempt_after: Option<Time>,
    /// When the master-down timer was last set from scratch.
    watching_since: Time,
    /// When it will run out.
    pub down_at: Option<Time>,
    started: bool,
    /// The first state is being entered.
    starting: bool,
    /// Unicast adverts are summed as before keepalived 1.3.7.
    old_checksum: bool,
    /// Somebody else says that the addresses are his.
    disputed: bool,
    /// Member of a group: its time to take over is the group's.
    pub(super) grouped: bool,
    /// As a member: no advert came in time, only the others are still missing.
    pub(super) ready: bool,
    /// As a member: somebody of lower priority just spoke as master.
    pub(super) contested: bool,
}

impl VirtualRouter {
    #[must_use]
    pub fn new(config: Instance) -> Self {
        Self {
            state: State::Init,
            why: Why::Start,
            since: Time::ZERO,
            stats: Stats::default(),
            refusals: Refusals::default(),
            assessed: Assessment { priority: config.priority, ..Assessment::default() },
            master: None,
            master_interval: config.advert_interval,
            next_id: 1,
            sequence: 0,
            stamps: Stamps::default(),
            last_sent: Time::ZERO,
            preempt_after: None,
            watching_since: Time::ZERO,
            down_at: None,
            started: false,
            starting: false,
            old_checksum: config.old_checksum == OldChecksum::Always,
            disputed: false,
            grouped: false,
            ready: false,
            contested: false,
            config,
        }
    }

    /// Effective priority.
    #[must_use]
    pub fn priority(&self) -> u8 {
        if self.disputed { self.assessed.priority.min(OWNER - 1) } else { self.assessed.priority }
    }

    /// Time that a lower priority waits longer (RFC 9568 section 6.1; version 2 does not scale it by the interval).
    #[must_use]
    pub fn skew(&self) -> Duration {
        self.skew_of(self.priority())
    }

    fn skew_of(&self, priority: u8) -> Duration {
        let unit = match self.config.version {
            Version::V2 => Duration::from_secs(1),
            Version::V3 => self.master_interval,
        };
        unit * (256 - u32::from(priority)) / 256
    }

    /// Silence after which the master counts as down.
    #[must_use]
    pub fn master_down_interval(&self) -> Duration {
        self.master_interval * self.config.down_timer_adverts + self.skew()
    }

    /// Begins: removes addresses of an earlier life, then goes where its faults and results allow.
    pub(super) fn start(&mut self, moment: &mut Moment<'_>, assessed: Assessment) {
        self.delete_addresses(moment);
        self.assessed = assessed;
        self.started = true;
        self.since = moment.now;
        self.starting = true;
        self.settle(moment);
        self.starting = false;
    }

    /// A new look at everything watched.
    pub(super) fn assess(&mut self, moment: &mut Moment<'_>, assessed: Assessment) {
        if !self.started {
            return;
        }
        let before = std::mem::replace(&mut self.assessed, assessed);
        if before.priority != self.assessed.priority {
            self.priority_changed(moment, before.priority);
        }
        if before.faults != self.assessed.faults || before.pending != self.assessed.pending {
            self.settle(moment);
        }
    }

    /// Goes to the state that faults and pending results ask for.
    fn settle(&mut self, moment: &mut Moment<'_>) {
        let faulty = !self.assessed.faults.is_empty();
        match self.state {
            State::Fault if faulty => {}
            _ if faulty => self.enter_fault(moment),
            State::Init if !self.assessed.pending => self.begin(moment, Why::Start),
            State::Fault => self.begin(moment, Why::Recovered),
            _ => {}
        }
    }

    /// The first state of a router without faults.
    fn begin(&mut self, moment: &mut Moment<'_>, why: Why) {
        if self.config.is_owner() && self.config.role == crate::ir::failover::Role::Master {
            self.enter_master(moment, Why::Owner);
        } else {
            self.enter_backup(moment, why);
        }
    }

    fn priority_changed(&mut self, moment: &mut Moment<'_>, before: u8) {
        let name = &self.config.name;
        moment.log(Level::Info, format!("({name}) Changing effective priority from {before} to {}", self.priority()));
        self.notify_priority(moment);
        match self.state {
            State::Master if self.timing(moment) == Timing::Prompt => self.send_regular(moment),
            State::Backup => {
                let at = self.watching_since + self.master_down_interval();
                self.arm_down(moment, at.max(moment.now));
            }
            _ => {}
        }
    }

    /// A datagram that carries our VRID arrived on our interface.
    pub(super) fn hear(&mut self, moment: &mut Moment<'_>, datagram: &Datagram<'_>) {
        if !matches!(self.state, State::Backup | State::Master) {
            return;
        }
        if self.config.owner_ignores_adverts && self.config.is_owner() {
            return;
        }
        let known = Known {
            master: self.master.map(|master| master.address),
            sequence: self.sequence,
            wall: moment.wall(),
            stamp: self.stamps.of(datagram.source),
        };
        let heard = match verdict::judge(&self.config, datagram, known) {
            Ok(heard) => heard,
            Err(rejection) => {
                rejection.count(&mut self.stats);
                self.stats.advert_rcvd += u64::from(rejection.is_of_the_sender());
                if rejection.is_said() {
                    moment.log(Level::Info, format!("({}) {rejection}", self.config.name));
                    self.refuse(moment, datagram.source, rejection);
                }
                return;
            }
        };
        self.refusals.forgive(heard.from);
        self.stats.advert_rcvd += 1;
        self.sequence = heard.sequence.unwrap_or(self.sequence);
        if let Some(stamp) = heard.stamp {
            self.stamps.hear(heard.from, stamp);
        }
        self.old_checksum |= heard.old_checksum;
        if heard.priority == 0 {
            self.stats.pri_zero_rcvd += 1;
        }
        match self.state {
            State::Backup => self.hear_as_backup(moment, heard),
            _ => self.hear_as_master(moment, heard),
        }
    }

    /// The line above says what is wrong with an advert; this one, once, what that makes of us.
    fn refuse(&mut self, moment: &mut Moment<'_>, from: IpAddr, why: Rejection) {
        if self.refusals.note(from, why) {
            let (name, state) = (&self.config.name, self.state.name());
            moment.log(Level::Info, format!("({name}) {state}, but refusing {from}: {why}"));
        }
    }

    fn hear_as_backup(&mut self, moment: &mut Moment<'_>, heard: Heard) {
        let name = &self.config.name;
        if heard.priority == 0 {
            moment.log(Level::Detail, format!("({name}) Backup received priority 0 advertisement"));
            self.arm_down(moment, moment.now + self.skew());
            return;
        }
        if !self.config.preempt || heard.priority >= self.priority() {
            self.preempt_after = None;
            self.follow(moment, heard);
            return;
        }
        if !self.config.preempt_delay.is_zero() {
            let after = *self.preempt_after.get_or_insert(moment.now + self.config.preempt_delay);
            if moment.now < after {
                self.watch(moment);
                return;
            }
        }
        moment.log(
            Level::Info,
            format!("({name}) received lower priority ({}) advert from {} - discarding", heard.priority, heard.from),
        );
        let fell = self.master.is_some_and(|master| master.address == heard.from && master.priority >= self.priority());
        if fell && self.timing(moment) == Timing::Prompt {
            // Only those that could take over wait, each as long as its rank among them says.
            let soon = moment.now + self.skew() / 4;
            self.arm_down(moment, self.down_at.map_or(soon, |at| at.min(soon)));
        }
    }

    fn hear_as_master(&mut self, moment: &mut Moment<'_>, heard: Heard) {
        let name = self.config.name.clone();
        if heard.priority == 0 {
            self.send_regular(moment);
            if self.timing(moment) == Timing::Prompt {
                // Only a master says goodbye: neighbours may have believed him, after a partition for instance.
                self.announce_lower(moment);
            }
            return;
        }
        if heard.priority == OWNER && self.priority() == OWNER {
            moment.log(
                Level::Info,
                format!(
                    "({name}) CONFIGURATION ERROR: local instance and a remote instance are both configured as address \
                     owner, please fix - reducing local priority"
                ),
            );
            self.disputed = true;
        }
        let ours = self.priority();
        let why = match heard.priority.cmp(&ours) {
            std::cmp::Ordering::Greater => Why::Higher { from: heard.from, theirs: heard.priority, ours },
            std::cmp::Ordering::Equal if self.yields_to(moment, heard.from) => {
                Why::HigherAddress { from: heard.from, priority: ours }
            }
            _ => {
                self.force_election(moment, heard);
                return;
            }
        };
        let words = match why {
            Why::Higher { .. } => format!("with higher priority {}, ours {ours}", heard.priority),
            _ => format!("with same priority {ours} but higher IP address than ours"),
        };
        moment.log(Level::Info, format!("({name}) Master received advert from {} {words}", heard.from));
        if self.config.higher_prio_send_advert {
            self.send_advert(moment, ours);
        }
        self.learn(moment, heard);
        self.enter_backup(moment, why);
        if self.timing(moment) == Timing::Prompt && !self.config.higher_prio_send_advert {
            // The winner answers an advert of lower priority with announcements of its own: whoever had us in its
            // neighbour cache learns the truth now, not when the entry ages.
            self.send_advert(moment, ours);
        }
    }

    /// Equal priorities: the higher address wins.
    fn yields_to(&self, moment: &Moment<'_>, from: IpAddr) -> bool {
        let own = source(&self.config, moment.watched.links.get(self.config.source_interface()));
        own.is_some_and(|own| from > own)
    }

    fn force_election(&mut self, moment: &mut Moment<'_>, heard: Heard) {
        moment.log(
            Level::Info,
            format!(
                "({}) Received advert from {} with lower priority {}, ours {}, forcing new election",
                self.config.name,
                heard.from,
                heard.priority,
                self.priority()
            ),
        );
        if !self.config.lower_prio_no_advert {
            self.send_regular(moment);
        }
        self.announce_lower(moment);
        self.notify_lower(moment);
        self.contested = self.grouped && self.timing(moment) == Timing::Prompt;
    }

    /// Another member of the group met a master of lower priority, who gives up the whole group: he had told the neighbours
    /// of this member's addresses too.
    pub(super) fn contested_in_group(&mut self, moment: &mut Moment<'_>) {
        if self.state == State::Master && !std::mem::take(&mut self.contested) {
            self.announce_lower(moment);
        }
    }

    /// Accepts the sender as our master.
    fn follow(&mut self, moment: &mut Moment<'_>, heard: Heard) {
        self.learn(moment, heard);
        self.watch(moment);
    }

    fn learn(&mut self, moment: &mut Moment<'_>, heard: Heard) {
        self.master = Some(Master { address: heard.from, priority: heard.priority });
        // An interval of zero, which the original accepts, would make every backup a master.
        if self.config.version == Version::V2 || heard.interval.is_zero() || heard.interval == self.master_interval {
            return;
        }
        let (name, before, now) = (&self.config.name, self.master_interval.as_millis(), heard.interval.as_millis());
        moment
            .log(Level::Info, format!("({name}) advertisement interval updated from {before}ms to {now}ms by master"));
        self.master_interval = heard.interval;
    }

    /// Sets the master-down timer from scratch.
    fn watch(&mut self, moment: &mut Moment<'_>) {
        self.ready = false;
        self.watching_since = moment.now;
        self.arm_down(moment, moment.now + self.master_down_interval());
    }

    fn arm_down(&mut self, moment: &mut Moment<'_>, at: Time) {
        self.down_at = Some(at);
        moment.out.push(Output::Arm { timer: self.timer(TimerKind::MasterDown), at });
    }

    pub(super) fn timer_ran_out(&mut self, moment: &mut Moment<'_>, kind: TimerKind) {
        match (self.state, kind) {
            (State::Backup, TimerKind::MasterDown) => {
                moment.log(Level::Detail, format!("({}) Receive advertisement timeout", self.config.name));
                if self.grouped {
                    // The group takes over when every member is here.
                    self.watch(moment);
                    self.ready = true;
                } else {
                    self.enter_master(moment, Why::AdvertTimeout);
                }
            }
            (State::Master, TimerKind::Advert) if self.is_late(moment) => self.yield_late(moment),
            (State::Master, TimerKind::Advert) => self.send_regular(moment),
            (State::Master, _) => self.announce_timer(moment, kind),
            // A timer that crossed a change of state on its way.
            _ => {}
        }
    }

    fn timing(&self, moment: &Moment<'_>) -> Timing {
        if self.config.strict { Timing::Original } else { moment.timing }
    }

    pub(super) fn timer(&self, kind: TimerKind) -> TimerId {
        TimerId { router: self.config.name.clone(), kind }
    }

    /// Faults of its own, those inherited from its group left out.
    #[must_use]
    pub fn own_faults(&self) -> bool {
        self.assessed.faults.iter().any(|fault| !matches!(fault, Fault::Group(_)))
    }
}

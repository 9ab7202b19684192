//! Broken machines: each has one bug between the router and its shell, and the judge must find out every one of them.

use std::{net::IpAddr, time::Duration};

use hawser::{
    ir::failover::{Failover, Instance},
    simulation::{Chance, Law, Machine, Plan, made_up, trial},
    vrrp::{
        Input, Output, Router, State, Time, Timing, ah, hmac,
        instance::VirtualRouter,
        ip::Datagram,
        output::{Event, Packet, TimerKind},
        packet,
    },
};

/// What a machine does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bug {
    KeepsAddresses,
    ForgetsSecondAddress,
    NeverAnnounces,
    AnnouncesTheNeighbour,
    AnnouncesFirst,
    TakesAddressesFirst,
    LeavesInSilence,
    AdvertisesHalfAsOften,
    AdvertisesTwiceAsOften,
    AdvertisesOnce,
    WaitsTwiceAsLong,
    WaitsOneInterval,
    WatchesNobody,
    WatchesAsMaster,
    AdvertisesAsBackup,
    AnnouncesAsBackup,
    IsDeafToGoodbyes,
    IsDeafToBetter,
    IsDeafToEquals,
    IsDeafAsBackup,
    ObeysEverybody,
    SaysItsBasePriority,
    SaysAnotherInterval,
    LeavesOutAnAddress,
    SendsWithShortLife,
    SaysAnotherRouter,
    BreaksTheChecksum,
    AnswersAsBackup,
    TellsTwice,
    TellsNobody,
    TellsTheWrongState,
    RestartsOnReload,
    IgnoresReloads,
    IgnoresLinksThatFail,
    IgnoresLinksThatComeBack,
    IgnoresFailingScripts,
    IgnoresProcesses,
    IgnoresFiles,
    IgnoresBfd,
    ForgetsGroups,
    NeverPreempts,
    AlwaysPreempts,
    ForgetsPreemptDelay,
    CountsWeightsBackwards,
    GoesWithoutParting,
    NeverAnswersLower,
    AnswersLowerForOneMember,
}

/// Each bug with the laws that find it out, whichever comes first.
const PLANTED: &[(Bug, &[Law])] = &[
    (Bug::KeepsAddresses, &[Law::AddressesFollowMaster]),
    (Bug::ForgetsSecondAddress, &[Law::AddressesFollowMaster]),
    (Bug::NeverAnnounces, &[Law::TakeoverInOrder]),
    (Bug::AnnouncesTheNeighbour, &[Law::TakeoverInOrder]),
    (Bug::AnnouncesFirst, &[Law::TakeoverInOrder]),
    (Bug::TakesAddressesFirst, &[Law::TakeoverInOrder]),
    (Bug::LeavesInSilence, &[Law::LeavingSaysZero]),
    (Bug::AdvertisesHalfAsOften, &[Law::AdvertsKeepTheInterval]),
    (Bug::AdvertisesTwiceAsOften, &[Law::AdvertsKeepTheInterval]),
    (Bug::AdvertisesOnce, &[Law::MasterAdvertises]),
    (Bug::WaitsTwiceAsLong, &[Law::WatchKeepsTheInterval]),
    (Bug::WaitsOneInterval, &[Law::TakeoverAfterSilence]),
    (Bug::WatchesNobody, &[Law::BackupWatches]),
    (Bug::WatchesAsMaster, &[Law::BackupWatches]),
    (Bug::AdvertisesAsBackup, &[Law::MasterAdvertises]),
    (Bug::AnnouncesAsBackup, &[Law::OnlyMasterAnnounces]),
    (Bug::IsDeafToGoodbyes, &[Law::GoodbyeIsAnswered]),
    (Bug::IsDeafToBetter, &[Law::OneMaster]),
    (Bug::IsDeafToEquals, &[Law::OneMaster]),
    (Bug::IsDeafAsBackup, &[Law::TakeoverAfterSilence]),
    (Bug::ObeysEverybody, &[Law::BestLeads, Law::SomeMaster, Law::NobodyFlaps, Law::WatchKeepsTheInterval]),
    (Bug::SaysItsBasePriority, &[Law::AdvertSaysWhatIs]),
    (Bug::SaysAnotherInterval, &[Law::AdvertSaysWhatIs]),
    (Bug::LeavesOutAnAddress, &[Law::AdvertSaysWhatIs]),
    (Bug::SendsWithShortLife, &[Law::AdvertSaysWhatIs]),
    (Bug::SaysAnotherRouter, &[Law::TakeoverInOrder]),
    (Bug::BreaksTheChecksum, &[Law::AdvertSaysWhatIs]),
    (Bug::AnswersAsBackup, &[Law::OnlyMasterSpeaks]),
    (Bug::TellsTwice, &[Law::ChangesAreTold]),
    (Bug::TellsNobody, &[Law::ChangesAreTold]),
    (Bug::TellsTheWrongState, &[Law::ChangesAreTold]),
    (Bug::RestartsOnReload, &[Law::SameFileChangesNothing]),
    (Bug::IgnoresReloads, &[Law::PriorityIsTheSum]),
    (Bug::IgnoresLinksThatFail, &[Law::FaultsAreTheirs, Law::PriorityIsTheSum]),
    (Bug::IgnoresLinksThatComeBack, &[Law::FaultsAreTheirs, Law::PriorityIsTheSum]),
    (Bug::IgnoresFailingScripts, &[Law::FaultsAreTheirs, Law::PriorityIsTheSum]),
    (Bug::IgnoresProcesses, &[Law::FaultsAreTheirs, Law::PriorityIsTheSum]),
    (Bug::IgnoresFiles, &[Law::FaultsAreTheirs, Law::PriorityIsTheSum]),
    (Bug::IgnoresBfd, &[Law::FaultsAreTheirs, Law::PriorityIsTheSum]),
    (Bug::ForgetsGroups, &[Law::FaultsAreTheirs, Law::GroupMovesTogether, Law::PriorityIsTheSum]),
    (Bug::NeverPreempts, &[Law::BestLeads]),
    (Bug::AlwaysPreempts, &[Law::TakeoverAfterSilence]),
    (Bug::ForgetsPreemptDelay, &[Law::TakeoverAfterSilence]),
    (Bug::CountsWeightsBackwards, &[Law::FaultsAreTheirs, Law::PriorityIsTheSum]),
    (Bug::GoesWithoutParting, &[Law::NeighboursLearnInASecond]),
    (Bug::NeverAnswersLower, &[Law::NeighboursLearnInASecond]),
    (Bug::AnswersLowerForOneMember, &[Law::NeighboursLearnInASecond]),
];

/// A router with a bug around it.
struct Broken {
    bug: Bug,
    timing: Timing,
    config: Failover,
    router: Router,
}

impl Broken {
    fn new(bug: Bug, config: Failover, timing: Timing) -> Self {
        let router = Router::new(misread(bug, config.clone()), timing);
        Self { bug, timing, config, router }
    }

    fn state(&self, router: &str) -> State {
        let found = self.router.routers().iter().find(|it| it.config.name == router);
        found.map_or(State::Init, |it| it.state)
    }

    /// What the machine makes of an input, if it takes any notice of it.
    fn take(&mut self, now: Time, input: Input<'_>) -> Vec<Output> {
        let bug = self.bug;
        match input {
            Input::Reload(config) => {
                self.config = (*config).clone();
                let same = config.instances.iter().eq(self.router.routers().iter().map(|router| &router.config));
                match bug {
                    Bug::IgnoresReloads => Vec::new(),
                    Bug::RestartsOnReload if same => {
                        let mut outputs = self.router.handle(now, Input::Stop);
                        let links: Vec<_> = self.router.watched().links.values().cloned().collect();
                        self.router = Router::new(*config, self.timing);
                        for input in links.into_iter().map(Input::Link).chain([Input::Start]) {
                            outputs.extend(self.router.handle(now, input));
                        }
                        outputs
                    }
                    _ => self.router.handle(now, Input::Reload(Box::new(misread(bug, *config)))),
                }
            }
            Input::Link(link) if bug == Bug::IgnoresLinksThatFail && !link.up => Vec::new(),
            Input::Link(link)
                if bug == Bug::IgnoresLinksThatComeBack
                    && self.router.watched().links.get(&link.name).is_some_and(|it| !it.up) =>
            {
                Vec::new()
            }
            Input::Script { outcome, .. } if bug == Bug::IgnoresFailingScripts && !outcome.succeeded() => Vec::new(),
            Input::Process { .. } if bug == Bug::IgnoresProcesses => Vec::new(),
            Input::Bfd { up: false, .. } if bug == Bug::IgnoresBfd => Vec::new(),
            Input::File { .. } if bug == Bug::IgnoresFiles => Vec::new(),
            Input::Packet { interface, datagram } => self.hear(now, interface, &datagram),
            other => self.router.handle(now, other),
        }
    }

    fn hear(&mut self, now: Time, interface: &str, datagram: &Datagram<'_>) -> Vec<Output> {
        let Some(raw) = datagram.advert() else { return Vec::new() };
        let own = self.router.routers().iter().find(|router| router.config.vrid == raw.vrid());
        let Some(own) = own.map(|router| (router.state, router.priority())) else { return Vec::new() };
        let theirs = raw.priority();
        let deaf = match self.bug {
            Bug::IsDeafToGoodbyes => theirs == 0,
            Bug::IsDeafToBetter => own.0 == State::Master && theirs > own.1,
            Bug::IsDeafToEquals => own.0 == State::Master && theirs == own.1,
            Bug::IsDeafAsBackup => own.0 == State::Backup && theirs >= own.1,
            _ => false,
        };
        if deaf {
            return Vec::new();
        }
        if self.bug == Bug::ObeysEverybody && theirs != 0 {
            let mut payload = datagram.payload.to_vec();
            if let Some(router) = self.router.routers().iter().find(|router| router.config.vrid == raw.vrid()) {
                let ends = (datagram.source, datagram.destination);
                rewrite(&mut payload, &router.config, ends, |message| message[2] = 254);
            }
            return self
                .router
                .handle(now, Input::Packet { interface, datagram: Datagram { payload: &payload, ..*datagram } });
        }
        self.router.handle(now, Input::Packet { interface, datagram: *datagram })
    }

    /// What becomes of the machine's wishes.
    fn twist(&self, now: Time, heard: Option<u8>, outputs: Vec<Output>) -> Vec<Output> {
        let bug = self.bug;
        let mut out: Vec<Output> = outputs.into_iter().filter(|output| !self.is_lost(heard, output)).collect();
        for output in &mut out {
            self.bend(now, output);
        }
        match bug {
            Bug::AnnouncesFirst => out.sort_by_key(|output| !matches!(output, Output::Announce(_))),
            Bug::TakesAddressesFirst => {
                out.sort_by_key(|output| matches!(output, Output::Send(_) | Output::Announce(_)))
            }
            Bug::TellsTwice => {
                let told: Vec<Output> =
                    out.iter().filter(|output| matches!(output, Output::Notify(_))).cloned().collect();
                out.extend(told);
            }
            _ => {}
        }
        out
    }

    fn is_lost(&self, heard: Option<u8>, output: &Output) -> bool {
        match (self.bug, output) {
            (Bug::KeepsAddresses, Output::DeleteAddress { .. })
            | (Bug::NeverAnnounces, Output::Announce(_))
            | (Bug::TellsNobody, Output::Notify(_)) => true,
            (Bug::ForgetsSecondAddress, Output::AddAddress { address, .. }) => {
                self.config.instances.iter().all(|it| it.addresses.first().map(|it| it.ip) != Some(address.ip))
            }
            (Bug::LeavesInSilence, Output::Send(packet)) => message(packet)[2] == 0,
            (Bug::GoesWithoutParting, Output::Send(packet)) => {
                heard.is_some() && self.router_of(packet).is_none_or(|it| it.state == State::Backup)
            }
            (Bug::AdvertisesOnce, Output::Arm { timer, .. }) => timer.kind == TimerKind::Advert && heard.is_none(),
            (Bug::WatchesNobody, Output::Arm { timer, .. }) | (Bug::WatchesAsMaster, Output::Cancel(timer)) => {
                timer.kind == TimerKind::MasterDown
            }
            (Bug::AdvertisesAsBackup, Output::Cancel(timer)) => timer.kind == TimerKind::Advert,
            (Bug::AnnouncesAsBackup, Output::Cancel(timer)) => timer.kind == TimerKind::AnnounceAgain,
            (Bug::NeverAnswersLower, Output::Announce(_)) => heard.is_some(),
            (Bug::AnswersLowerForOneMember, Output::Announce(announce)) => {
                let speaks = |vrid| self.config.instances.iter().find(|it| it.vrid == vrid);
                let own = |vrid| speaks(vrid).is_some_and(|it| it.all_addresses().any(|it| it.ip == announce.ip));
                heard.is_some_and(|vrid| !own(vrid))
            }
            _ => false,
        }
    }

    fn bend(&self, now: Time, output: &mut Output) {
        match (self.bug, output) {
            (Bug::AnnouncesTheNeighbour, Output::Announce(announce)) => {
                announce.ip = match announce.ip {
                    IpAddr::V4(ip) => IpAddr::V4((u32::from(ip) + 100).into()),
                    IpAddr::V6(ip) => IpAddr::V6((u128::from(ip) + 100).into()),
                };
            }
            (Bug::AdvertisesHalfAsOften, Output::Arm { timer, at }) if timer.kind == TimerKind::Advert => {
                *at += *at - now
            }
            (Bug::AdvertisesTwiceAsOften, Output::Arm { timer, at }) if timer.kind == TimerKind::Advert => {
                *at -= (*at - now) / 2
            }
            (Bug::WaitsTwiceAsLong, Output::Arm { timer, at }) if timer.kind == TimerKind::MasterDown => {
                *at += *at - now
            }
            (Bug::WaitsOneInterval, Output::Arm { timer, at }) if timer.kind == TimerKind::MasterDown => {
                *at = now + Duration::from_millis(250);
            }
            (Bug::TellsTheWrongState, Output::Notify(told)) if told.event == Event::Fault => told.event = Event::Backup,
            (_, Output::Send(packet)) => self.garble(packet),
            _ => {}
        }
    }

    fn router_of(&self, packet: &Packet) -> Option<&VirtualRouter> {
        self.router.routers().iter().find(|router| router.config.vrid == message(packet)[1])
    }

    fn garble(&self, packet: &mut Packet) {
        let Some(config) = self.router_of(packet).map(|router| &router.config) else { return };
        let base = config.priority;
        let ends = (packet.source, packet.destination);
        let start = if packet.protocol == ah::PROTOCOL { ah::LENGTH } else { 0 };
        let advert = &mut packet.payload[start..];
        match self.bug {
            Bug::SaysItsBasePriority if advert[2] != 0 => rewrite(advert, config, ends, |advert| advert[2] = base),
            Bug::SaysAnotherInterval => rewrite(advert, config, ends, |advert| advert[5] += 1),
            Bug::LeavesOutAnAddress => rewrite(advert, config, ends, |advert| advert[3] -= 1),
            Bug::SaysAnotherRouter => rewrite(advert, config, ends, |advert| advert[1] ^= 0x80),
            Bug::BreaksTheChecksum => advert[6] ^= 1,
            Bug::SendsWithShortLife => packet.ttl = 64,
            _ => {}
        }
    }
}

impl Machine for Broken {
    fn fresh(&self, config: Failover, timing: Timing) -> Self {
        Self::new(self.bug, config, timing)
    }

    fn set_epoch(&mut self, epoch: Time) {
        self.router.set_epoch(epoch);
    }

    fn handle(&mut self, now: Time, input: Input<'_>) -> Vec<Output> {
        let heard = match &input {
            Input::Packet { datagram, .. } => datagram.advert().map(|raw| raw.vrid()),
            _ => None,
        };
        let outputs = self.take(now, input);
        let mut outputs = self.twist(now, heard, outputs);
        if self.bug == Bug::AnswersAsBackup
            && let Some(it) = self.config.instances.iter().find(|it| heard == Some(it.vrid))
            && self.state(&it.name) == State::Backup
        {
            let mut copy = self.router.clone();
            let timer = hawser::vrrp::output::TimerId { router: it.name.clone(), kind: TimerKind::MasterDown };
            outputs
                .extend(copy.handle(now, Input::Timer(timer)).into_iter().filter(|it| matches!(it, Output::Send(_))));
        }
        outputs
    }

    fn routers(&self) -> &[VirtualRouter] {
        self.router.routers()
    }
}

/// What a machine that misreads its file reads.
fn misread(bug: Bug, mut config: Failover) -> Failover {
    match bug {
        Bug::ForgetsGroups => config.groups.clear(),
        Bug::NeverPreempts => config.instances.iter_mut().for_each(|it| it.preempt = false),
        Bug::AlwaysPreempts => config.instances.iter_mut().for_each(|it| it.preempt = true),
        Bug::ForgetsPreemptDelay => config.instances.iter_mut().for_each(|it| it.preempt_delay = Duration::ZERO),
        Bug::CountsWeightsBackwards => {
            for tracked in config.instances.iter_mut().flat_map(|it| &mut it.tracking.scripts) {
                tracked.weight.reverse = !tracked.weight.reverse;
            }
        }
        _ => {}
    }
    config
}

fn message(packet: &Packet) -> &[u8] {
    &packet.payload[if packet.protocol == ah::PROTOCOL { ah::LENGTH } else { 0 }..]
}

/// Changes an advert and gives it the checksum, and the signature, that fit.
fn rewrite(advert: &mut [u8], of: &Instance, ends: (IpAddr, IpAddr), change: impl FnOnce(&mut [u8])) {
    let (message, signature) = advert.split_at_mut(packet::length(of).min(advert.len()));
    change(message);
    message[6..8].fill(0);
    let sum = packet::message_checksum(of.sums_ends().then_some(ends), message);
    message[6..8].copy_from_slice(&sum.to_be_bytes());
    if let (Some(hmac), Ok(old)) = (&of.hmac, <&[u8; hmac::LENGTH]>::try_from(&*signature)) {
        let key = hmac.signing_key().expect("made-up routers sign");
        let signed = hmac::sign(key, hmac::Stamp::of(old), ends.0, message.to_vec());
        signature.copy_from_slice(&signed[message.len()..]);
    }
}

/// The first law that a bug breaks, and the seed of the trial.
fn find(bug: Bug) -> Option<(Law, u64)> {
    (0..600).find_map(|seed| {
        let configs = made_up::configurations(&mut Chance::new(seed));
        let plan = Plan { configs, timing: Timing::Prompt, seed, length: Duration::from_secs(400), traced: false };
        let outcome = trial::run(&plan, Broken::new(bug, Failover::default(), Timing::Prompt));
        outcome.violation.map(|violation| (violation.law, seed))
    })
}

#[test]
fn every_planted_bug_is_found_out_by_the_law_that_it_breaks() {
    let mut missed = Vec::new();
    for &(bug, laws) in PLANTED {
        match find(bug) {
            Some((law, seed)) if laws.contains(&law) => println!("{bug:?}: {law:?}, seed {seed}"),
            other => missed.push(format!("{bug:?}: {other:?} instead of {laws:?}")),
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

//! Telling neighbours where the addresses are: gratuitous ARP and unsolicited neighbour advertisements.

use super::{Moment, VirtualRouter};
use crate::{
    ir::failover::Address,
    vrrp::output::{Announce, Level, Output, TimerKind},
};

impl VirtualRouter {
    /// The first block of a new master, and the timers of the later ones.
    pub(super) fn announce_first(&mut self, moment: &mut Moment<'_>) {
        let garp = self.config.garp;
        self.announce_all(moment, garp.repeat);
        if !garp.delay.is_zero() {
            let timer = self.timer(TimerKind::AnnounceAgain);
            moment.out.push(Output::Arm { timer, at: moment.now + garp.delay });
        }
        if !garp.refresh.is_zero() {
            let timer = self.timer(TimerKind::AnnounceRefresh);
            moment.out.push(Output::Arm { timer, at: moment.now + garp.refresh });
        }
        self.elsewhere_later(moment);
    }

    fn elsewhere_later(&self, moment: &mut Moment<'_>) {
        let period = self.config.garp.elsewhere;
        if !period.is_zero() {
            let timer = self.timer(TimerKind::AnnounceElsewhere);
            moment.out.push(Output::Arm { timer, at: moment.now + period });
        }
    }

    /// One address of each family on each interface that is not the router's: switches on the way learn where its MAC address is.
    fn announce_elsewhere(&self, moment: &mut Moment<'_>) {
        let config = &self.config;
        let mut told = Vec::new();
        for address in config.all_addresses() {
            let device = config.device(address);
            let virtual_mac = config.address_links.iter().any(|link| link.name == device);
            let place = (device, address.ip.is_ipv4());
            if device != config.own_device() && (config.garp.elsewhere_all || virtual_mac) && !told.contains(&place) {
                told.push(place);
                self.announce(moment, address, 1);
            }
        }
    }

    /// The answer to an advert of lower priority: its sender may have told the neighbours otherwise.
    pub(super) fn announce_lower(&mut self, moment: &mut Moment<'_>) {
        let garp = self.config.garp;
        if garp.lower_prio_repeat == 0 {
            return;
        }
        self.announce_all(moment, garp.lower_prio_repeat);
        if !garp.lower_prio_delay.is_zero() {
            let timer = self.timer(TimerKind::AnnounceLower);
            moment.out.push(Output::Arm { timer, at: moment.now + garp.lower_prio_delay });
        }
    }

    pub(super) fn announce_timer(&mut self, moment: &mut Moment<'_>, kind: TimerKind) {
        let garp = self.config.garp;
        match kind {
            TimerKind::AnnounceAgain => self.announce_all(moment, garp.repeat),
            TimerKind::AnnounceLower => self.announce_all(moment, garp.lower_prio_repeat),
            TimerKind::AnnounceRefresh => {
                self.announce_all(moment, garp.refresh_repeat);
                let timer = self.timer(TimerKind::AnnounceRefresh);
                moment.out.push(Output::Arm { timer, at: moment.now + garp.refresh });
            }
            TimerKind::AnnounceElsewhere => {
                self.announce_elsewhere(moment);
                self.elsewhere_later(moment);
            }
            TimerKind::MasterDown | TimerKind::Advert => {}
        }
    }

    fn announce_all(&self, moment: &mut Moment<'_>, count: u32) {
        for address in self.config.all_addresses() {
            self.announce(moment, address, count);
        }
    }

    pub(super) fn announce(&self, moment: &mut Moment<'_>, address: &Address, count: u32) {
        if count == 0 {
            return;
        }
        let interface = self.config.device(address).to_owned();
        let (what, pause) = if address.ip.is_ipv4() {
            ("gratuitous ARPs", self.config.garp.interval)
        } else {
            ("Unsolicited Neighbour Adverts", self.config.garp.na_interval)
        };
        moment.log(
            Level::Detail,
            format!("({}) Sending/queueing {what} on {interface} for {}", self.config.name, address.ip),
        );
        moment.out.push(Output::Announce(Announce { interface, ip: address.ip, count, pause }));
    }
}

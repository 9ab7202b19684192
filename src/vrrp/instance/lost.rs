//! A master that lost something: an address, a route, a rule, or the time to send its adverts.

use std::net::IpAddr;

use super::{Moment, VirtualRouter};
use crate::{
    ir::failover::{Family, Routing},
    vrrp::why::{State, Why},
};

impl VirtualRouter {
    /// Somebody removed one of our addresses.
    pub(in crate::vrrp) fn address_lost(&mut self, moment: &mut Moment<'_>, interface: &str, ip: IpAddr) {
        let ours = |address: &crate::ir::failover::Address| {
            address.ip == ip && !address.no_track && self.config.device(address) == interface
        };
        if self.state == State::Master && self.config.all_addresses().any(ours) {
            self.give_way(moment, Why::AddressLost(ip));
        }
    }

    /// Somebody removed one of our routes.
    pub(in crate::vrrp) fn route_lost(&mut self, moment: &mut Moment<'_>, table: u32, to: (IpAddr, u8)) {
        let ours = |entry: &Routing| match entry {
            Routing::Route(route) => route.tracked && route.table == table && route.to == to,
            Routing::Rule(_) => false,
        };
        if self.state == State::Master && self.config.routing.iter().any(ours) {
            self.give_way(moment, Why::RouteLost(to.0, to.1));
        }
    }

    /// Somebody removed one of our rules.
    pub(in crate::vrrp) fn rule_lost(&mut self, moment: &mut Moment<'_>, family: Family, preference: u32) {
        let ours = |entry: &Routing| match entry {
            Routing::Rule(rule) => rule.tracked && rule.preference == preference && rule.family == family,
            Routing::Route(_) => false,
        };
        if self.state == State::Master && self.config.routing.iter().any(ours) {
            self.give_way(moment, Why::RuleLost(preference));
        }
    }

    /// Steps down for a new election.
    fn give_way(&mut self, moment: &mut Moment<'_>, why: Why) {
        self.send_zero(moment);
        self.enter_backup(moment, why);
        // The others have been told that we stop, so whoever is best comes first after its skew time: we, perhaps.
        self.arm_down(moment, moment.now + self.skew());
    }

    /// Whether the last advert is so long ago that somebody else must have taken over. Who preempts takes back what is his.
    pub(super) fn is_late(&self, moment: &Moment<'_>) -> bool {
        let Some(other) = self.config.yields_when_late.filter(|_| !self.config.preempt) else { return false };
        let silence = self.config.advert_interval * self.config.down_timer_adverts + self.skew_of(other);
        moment.now > self.last_sent + silence
    }

    /// Steps down without a word: an advert would only dispute what the new master has.
    pub(super) fn yield_late(&mut self, moment: &mut Moment<'_>) {
        let silent = moment.now - self.last_sent;
        self.enter_backup(moment, Why::Late { silent });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::vrrp::{
        Input, Timing,
        output::{Output, TimerKind},
        testing::{link, router_51},
        why::State,
    };
    use crate::{ir::failover::Failover, vrrp::Router};

    /// A master at 4 s whose next advert is `late`; its state, and how many adverts it sent then.
    fn after(late: Duration, change: impl Fn(&mut crate::ir::failover::Instance)) -> (State, usize) {
        let mut instance = router_51(150);
        (instance.preempt, instance.yields_when_late) = (false, Some(254));
        change(&mut instance);
        let mut router = Router::new(Failover { instances: vec![instance], ..Failover::default() }, Timing::Prompt);
        let mut now = Duration::ZERO;
        router.handle(now, Input::Link(link("eth1", "192.168.56.11")));
        let mut outputs = router.handle(now, Input::Start);
        let armed = |outputs: &[Output], kind| {
            let found = outputs.iter().rev().find_map(|output| match output {
                Output::Arm { timer, at } if timer.kind == kind => Some((timer.clone(), *at)),
                _ => None,
            });
            found.expect("it is armed in this state")
        };
        let (timer, at) = armed(&outputs, TimerKind::MasterDown);
        now = at;
        outputs = router.handle(now, Input::Timer(timer));
        let (timer, at) = armed(&outputs, TimerKind::Advert);
        outputs = router.handle(at + late, Input::Timer(timer));
        (router.routers()[0].state, outputs.iter().filter(|output| matches!(output, Output::Send(_))).count())
    }

    #[test]
    fn master_that_slept_through_its_adverts_steps_down_without_one() {
        assert_eq!(after(Duration::from_millis(2_100), |_| {}), (State::Backup, 0));
        assert_eq!(after(Duration::from_millis(1_900), |_| {}), (State::Master, 1));
        assert_eq!(
            after(Duration::from_millis(2_100), |instance| instance.yields_when_late = Some(1)).0,
            State::Master
        );
        assert_eq!(after(Duration::from_secs(60), |instance| instance.yields_when_late = None).0, State::Master);
        assert_eq!(after(Duration::from_secs(60), |instance| instance.preempt = true).0, State::Master);
    }
}

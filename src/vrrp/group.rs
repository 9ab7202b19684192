//! Sync groups: routers that are master together, or not at all.
//!
//! A member's own fault is a fault of every other member ([`Fault::Group`](super::why::Fault::Group)), which
//! [`Router`](super::Router) adds when it looks at what is watched. What is left for this file are the changes between
//! Backup and Master, and who is told of the group's state. A group becomes master when no member hears a master any more
//! (the last one's timer decides), and backup when one member does.

use super::{
    instance::{Moment, VirtualRouter},
    output::{Event, Level, Notification, Output, Subject},
    why::{State, Why},
};
use crate::ir::failover::SyncGroup;

/// A group at work.
#[derive(Debug, Clone)]
pub struct Group {
    pub config: SyncGroup,
    pub state: State,
}

impl Group {
    #[must_use]
    pub fn new(config: SyncGroup) -> Self {
        Self { config, state: State::Init }
    }

    #[must_use]
    pub fn has(&self, router: &str) -> bool {
        self.config.members.iter().any(|member| member == router)
    }

    /// Pulls the members into the state of the one that changed. `before` holds the states before this event, in the order
    /// of `routers`.
    pub(super) fn sync(&mut self, moment: &mut Moment<'_>, routers: &mut [VirtualRouter], before: &[State]) {
        let member = |router: &VirtualRouter| self.has(&router.config.name);
        let can_lead =
            |router: &VirtualRouter| router.state == State::Master || (router.state == State::Backup && router.ready);
        let one_leads = routers
            .iter()
            .zip(before)
            .any(|(now, &was)| member(now) && now.state == State::Master && was != State::Master);
        let all_can_lead = routers.iter().filter(|router| member(router)).all(can_lead);
        let left_master = routers
            .iter()
            .zip(before)
            .any(|(now, &was)| member(now) && was == State::Master && now.state == State::Backup);
        let why = Why::Group(self.config.name.clone());
        let pull: Option<(State, State)> = if left_master {
            Some((State::Master, State::Backup))
        } else if all_can_lead || one_leads {
            Some((State::Backup, State::Master))
        } else {
            None
        };
        if let Some((from, to)) = pull {
            let name = self.config.name.clone();
            if routers.iter().any(|router| member(router) && router.state == from) {
                moment.log(Level::Info, format!("VRRP_Group({name}) Syncing instances to {} state", to.name()));
            }
            for router in routers.iter_mut().filter(|router| self.has(&router.config.name) && router.state == from) {
                match to {
                    State::Master => router.enter_master(moment, why.clone()),
                    _ => router.enter_backup(moment, why.clone()),
                }
            }
        }
        if routers.iter().any(|router| member(router) && router.contested) {
            let members = routers.iter_mut().filter(|router| self.has(&router.config.name));
            members.for_each(|router| router.contested_in_group(moment));
        }
        self.tell(moment, routers);
    }

    fn tell(&mut self, moment: &mut Moment<'_>, routers: &[VirtualRouter]) {
        let states = || routers.iter().filter(|router| self.has(&router.config.name)).map(|router| router.state);
        let state = if states().any(|state| state == State::Fault) {
            State::Fault
        } else if states().any(|state| state == State::Init) {
            State::Init
        } else if states().all(|state| state == State::Master) {
            State::Master
        } else {
            State::Backup
        };
        if state == self.state || state == State::Init {
            return;
        }
        self.state = state;
        let event = match state {
            State::Master => Event::Master,
            State::Fault => Event::Fault,
            State::Backup | State::Init => Event::Backup,
        };
        self.notify(moment, event, Why::Group(self.config.name.clone()));
    }

    pub(super) fn notify(&self, moment: &mut Moment<'_>, event: Event, why: Why) {
        let notify = &self.config.notify;
        let own = match event {
            Event::Master => &notify.master,
            Event::Backup => &notify.backup,
            Event::Fault => &notify.fault,
            Event::Stop => &notify.stop,
            Event::Deleted => &notify.deleted,
            _ => &None,
        };
        let own = own.clone().map(|command| (command, false));
        let any = notify.any.clone().map(|command| (command, true));
        moment.out.push(Output::Notify(Notification {
            kind: Subject::Group,
            name: self.config.name.clone(),
            event,
            priority: 0,
            why,
            commands: own.into_iter().chain(any).collect(),
            fifo: true,
            mail: self.config.smtp_alert,
        }));
    }
}

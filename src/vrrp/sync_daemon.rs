//! Which side of IPVS' connection synchronisation this host is on: the master of one router tells, its backup listens.

use super::{output::Output, why::State};
use crate::ir::failover::{Failover, lvs::SyncDaemon};

/// A daemon of the kernel as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Daemon {
    /// It tells; else it listens.
    pub tells: bool,
    /// 0 to 255: daemons of other numbers do not hear each other. The router's identifier if none is written.
    pub id: u8,
    pub settings: SyncDaemon,
}

/// What follows from the state of the router that `lvs_sync_daemon` names.
pub(super) fn wanted(config: &Failover, state: impl Fn(&str) -> Option<State>) -> Option<Daemon> {
    let settings = config.global.lvs.sync_daemon.clone()?;
    let router = config.instance(settings.instance.as_deref()?)?;
    let tells = match state(&router.name)? {
        State::Master => true,
        State::Backup | State::Fault => false,
        State::Init => return None,
    };
    Some(Daemon { tells, id: settings.id.unwrap_or(router.vrid), settings })
}

/// From one to the other: the old one ends before the new one begins, which may be the same with another part.
pub(super) fn change(old: Option<&Daemon>, new: Option<&Daemon>, out: &mut Vec<Output>) {
    if old == new {
        return;
    }
    out.extend(old.cloned().map(Output::StopSync));
    out.extend(new.cloned().map(Output::StartSync));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        ir::failover::{Global, Lvs},
        vrrp::{
            Input, Router, Timing,
            output::{TimerId, TimerKind},
            testing::{link, router_51},
        },
    };

    fn config(id: Option<u8>) -> Failover {
        let sync_daemon = Some(SyncDaemon { id, ..SyncDaemon::new("eth1".into(), Some("VI_1".into())) });
        let global = Global { lvs: Lvs { sync_daemon, ..Lvs::default() }, ..Global::default() };
        Failover { instances: vec![router_51(101)], global, ..Failover::default() }
    }

    fn told(outputs: &[Output]) -> Vec<(&'static str, bool, u8)> {
        let daemons = outputs.iter().filter_map(|output| match output {
            Output::StartSync(daemon) => Some(("start", daemon.tells, daemon.id)),
            Output::StopSync(daemon) => Some(("stop", daemon.tells, daemon.id)),
            _ => None,
        });
        daemons.collect()
    }

    #[test]
    fn backup_listens_and_master_tells_until_the_end() {
        let mut router = Router::new(config(None), Timing::Prompt);
        let at = Duration::from_secs;
        router.handle(at(0), Input::Link(link("eth1", "192.168.56.11")));
        assert_eq!(told(&router.handle(at(1), Input::Start)), [("start", false, 51)]);
        let timer = TimerId { router: "VI_1".into(), kind: TimerKind::MasterDown };
        assert_eq!(told(&router.handle(at(9), Input::Timer(timer))), [("stop", false, 51), ("start", true, 51)]);
        assert_eq!(told(&router.handle(at(10), Input::Reload(Box::new(config(None))))), []);
        let other = Input::Reload(Box::new(config(Some(7))));
        assert_eq!(told(&router.handle(at(11), other)), [("stop", true, 51), ("start", true, 7)]);
        let mut down = link("eth1", "192.168.56.11");
        down.up = false;
        assert_eq!(told(&router.handle(at(12), Input::Link(down))), [("stop", true, 7), ("start", false, 7)]);
        assert_eq!(told(&router.handle(at(13), Input::Stop)), [("stop", false, 7)]);
    }
}

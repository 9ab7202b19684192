//! How the VRRP process is scheduled: as the file says from the start, and better when it is served too late.

use std::{collections::BTreeSet, io, time::Duration};

use tokio::time::Instant;

use super::Process;
use crate::{failover::log::Logger, ir::failover::Failover, process::priority};

/// What this process is to be.
#[derive(Debug, Default, PartialEq)]
struct Wanted {
    name: Option<String>,
    processors: Vec<usize>,
    realtime_limit: Option<Duration>,
    nice: Option<i32>,
    realtime: Option<u32>,
    no_swap: bool,
}

impl Wanted {
    /// BFD sessions live in this process. What the file wants for a process of theirs is never made worse by what it wants for the
    /// routers, nor the other way round.
    fn of(config: &Failover) -> Self {
        let global = &config.global;
        let named = |name: &str| global.process_names.then(|| name.to_owned());
        let routers = Self {
            name: global.vrrp_process_name.clone().or_else(|| named("keepalived_vrrp")),
            processors: global.processors.clone(),
            realtime_limit: global.realtime_limit,
            nice: global.process_priority,
            realtime: global.realtime_priority,
            no_swap: global.no_swap,
        };
        if config.bfds.is_empty() {
            return routers;
        }
        let bfd = &global.bfd;
        let only = bfd.name.clone().or_else(|| named("keepalived_bfd")).filter(|_| config.instances.is_empty());
        let processors: BTreeSet<usize> = routers.processors.iter().chain(&bfd.processors).copied().collect();
        Self {
            name: only.or(routers.name),
            processors: processors.into_iter().collect(),
            realtime_limit: routers.realtime_limit.max(bfd.realtime_limit),
            nice: routers.nice.into_iter().chain(bfd.priority).min(),
            realtime: routers.realtime.max(bfd.realtime_priority),
            no_swap: routers.no_swap || bfd.no_swap,
        }
    }
}

/// What the file asks of the scheduler. Not to get it is worth a line, not the service.
pub(super) fn prioritise(config: &Failover, log: &Logger) {
    let tell = |what: &str, result: io::Result<()>| {
        if let Err(error) = result {
            log.info(&format!("Unable to set {what}: {error}"));
        }
    };
    let wanted = Wanted::of(config);
    if let Some(name) = &wanted.name {
        priority::set_name(name);
    }
    if !wanted.processors.is_empty() {
        tell("processors", priority::set_processors(&wanted.processors));
    }
    let realtime = wanted.realtime.is_some() || config.global.auto_priority > 0;
    if let Some(limit) = wanted.realtime_limit.filter(|_| realtime) {
        tell("realtime limit", priority::limit_realtime(limit));
    }
    if let Some(nice) = wanted.nice {
        tell("process priority", priority::set_nice(nice));
    }
    if let Some(realtime) = wanted.realtime {
        tell("realtime priority", priority::set_realtime(realtime));
    }
    if wanted.no_swap {
        tell("memory lock", priority::lock_memory());
    }
}

impl Process<'_> {
    /// A timer that runs out long after its time shows that others are served before us.
    pub(super) fn hurry(&mut self, due: Option<Instant>) {
        let global = &self.router.config().global;
        let late = due.map(|due| Instant::now().duration_since(due)).unwrap_or_default();
        if late < global.auto_priority_delay || self.realtime >= global.auto_priority {
            return;
        }
        self.realtime += 1;
        self.log.info(&format!("A thread timer expired {:.6} seconds ago", late.as_secs_f64()));
        match priority::set_realtime(self.realtime) {
            Ok(()) => self.log.info(&format!("Set realtime priority {}", self.realtime)),
            Err(error) => self.log.info(&format!("Unable to set realtime priority {}: {error}", self.realtime)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ir::failover::{Bfd, Weight, global::BfdProcess},
        text::source::Span,
    };

    fn with_sessions(sessions: usize) -> Failover {
        let mut config = Failover::default();
        config.global.process_priority = Some(-3);
        config.global.realtime_priority = Some(20);
        config.global.processors = vec![1];
        config.global.realtime_limit = Some(Duration::from_micros(500));
        config.global.bfd = BfdProcess {
            name: Some("sessions".to_owned()),
            priority: Some(-10),
            realtime_priority: Some(10),
            no_swap: true,
            realtime_limit: Some(Duration::from_micros(900)),
            processors: vec![0],
        };
        config.bfds = vec![session(); sessions];
        config
    }

    fn session() -> Bfd {
        Bfd {
            name: "neighbour".to_owned(),
            at: Span::default(),
            neighbour: [192, 0, 2, 9].into(),
            source: None,
            min_rx: Duration::from_millis(10),
            min_tx: Duration::from_millis(10),
            idle_tx: Duration::from_secs(1),
            multiplier: 5,
            passive: false,
            ttl: 255,
            max_hops: None,
            multihop: false,
            weight: Weight::default(),
            vrrp: true,
            checker: true,
        }
    }

    #[test]
    fn process_with_sessions_gets_the_better_of_both_settings() {
        let wanted = Wanted {
            name: Some("sessions".to_owned()),
            processors: vec![0, 1],
            realtime_limit: Some(Duration::from_micros(900)),
            nice: Some(-10),
            realtime: Some(20),
            no_swap: true,
        };
        assert_eq!(Wanted::of(&with_sessions(1)), wanted);
    }

    #[test]
    fn settings_for_sessions_count_only_if_there_are_some() {
        let wanted = Wanted::of(&with_sessions(0));
        assert_eq!((wanted.name, wanted.nice, wanted.processors, wanted.no_swap), (None, Some(-3), vec![1], false));
    }
}

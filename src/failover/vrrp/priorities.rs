//! How the VRRP process is scheduled: as the file says from the start, and better when it is served too late.

use std::io;

use tokio::time::Instant;

use super::Process;
use crate::{failover::log::Logger, ir::failover::Global, process::priority};

/// What the file asks of the scheduler. Not to get it is worth a line, not the service.
pub(super) fn prioritise(global: &Global, log: &Logger) {
    let tell = |what: &str, result: io::Result<()>| {
        if let Err(error) = result {
            log.info(&format!("Unable to set {what}: {error}"));
        }
    };
    let named = global.process_names.then_some("keepalived_vrrp");
    if let Some(name) = global.vrrp_process_name.as_deref().or(named) {
        priority::set_name(name);
    }
    if !global.processors.is_empty() {
        tell("processors", priority::set_processors(&global.processors));
    }
    if let Some(limit) =
        global.realtime_limit.filter(|_| global.realtime_priority.is_some() || global.auto_priority > 0)
    {
        tell("realtime limit", priority::limit_realtime(limit));
    }
    if let Some(nice) = global.process_priority {
        tell("process priority", priority::set_nice(nice));
    }
    if let Some(realtime) = global.realtime_priority {
        tell("realtime priority", priority::set_realtime(realtime));
    }
    if global.no_swap {
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

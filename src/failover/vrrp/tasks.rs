//! One task for each script, process and file that the routers watch. Over a reload, tasks whose work is the same go on.

use std::rc::Rc;

use tokio::{
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
    task::JoinHandle,
};

use crate::{
    failover::{bfd, checkers::news::Line, checks, log::Logger, watch},
    ir::failover::{Failover, Script, TrackFile, TrackProcess},
    text::source::Span,
    vrrp::Timing,
};

/// What a task works on.
#[derive(Debug, Clone, PartialEq)]
enum Work {
    Script(Script),
    Process(TrackProcess),
    File(TrackFile),
}

/// All tasks, and what they report.
pub(super) struct Tasks {
    timing: Timing,
    running: Vec<(Work, JoinHandle<()>)>,
    results: UnboundedSender<checks::Result>,
    sights: UnboundedSender<watch::Sight>,
    /// The sessions' task, once there has been a session.
    sessions: Option<UnboundedSender<bfd::Order>>,
    /// Where the checkers' process hears of sessions; it goes to the sessions' task.
    checkers: Option<Line>,
}

/// Where the reports come out.
pub(super) struct Reports {
    pub results: UnboundedReceiver<checks::Result>,
    pub sights: UnboundedReceiver<watch::Sight>,
}

impl Tasks {
    pub(super) fn new(timing: Timing, checkers: Option<Line>) -> (Self, Reports) {
        let (results, results_out) = mpsc::unbounded_channel();
        let (sights, sights_out) = mpsc::unbounded_channel();
        let reports = Reports { results: results_out, sights: sights_out };
        (Self { timing, running: Vec::new(), results, sights, sessions: None, checkers }, reports)
    }

    /// Begins what a configuration asks for and is not running, ends what it does not ask for.
    pub(super) fn configure(&mut self, config: &Failover, log: &Rc<Logger>) {
        if !config.bfds.is_empty() && self.sessions.is_none() {
            self.sessions = Some(bfd::begin(Rc::clone(log), self.sights.clone(), self.checkers.take()));
        }
        self.ask(bfd::Order::Sessions(config.bfds.clone()));
        let wanted = wanted(config, log);
        self.running.retain(|(work, handle)| {
            let keep = wanted.iter().any(|other| work.same_as(other));
            if !keep {
                handle.abort();
            }
            keep
        });
        for work in wanted {
            if !self.running.iter().any(|(known, _)| known.same_as(&work)) {
                let handle = self.begin(work.clone(), log);
                self.running.push((work, handle));
            }
        }
    }

    /// Has the sessions written where the original's process for BFD writes them.
    pub(super) fn dump_sessions(&self, path: std::path::PathBuf) {
        self.ask(bfd::Order::Dump(path));
    }

    fn ask(&self, order: bfd::Order) {
        if let Some(sessions) = &self.sessions {
            // The task lives as long as the process.
            let _ = sessions.send(order);
        }
    }

    fn begin(&self, work: Work, log: &Rc<Logger>) -> JoinHandle<()> {
        match work {
            Work::Script(script) => tokio::task::spawn_local(checks::run(script, self.timing, self.results.clone())),
            Work::Process(tracker) => tokio::task::spawn_local(watch::processes(tracker, self.sights.clone())),
            Work::File(tracker) => {
                if let Err(error) = watch::initialise(&tracker) {
                    log.info(&format!("Unable to write {}: {error}", tracker.path.display()));
                }
                tokio::task::spawn_local(watch::file(tracker, self.sights.clone(), Rc::clone(log)))
            }
        }
    }
}

fn wanted(config: &Failover, log: &Logger) -> Vec<Work> {
    let trackings = || {
        let instances = config.instances.iter().map(|item| &item.tracking);
        instances.chain(config.groups.iter().map(|item| &item.tracking))
    };
    let mut wanted = Vec::new();
    for script in &config.scripts {
        if trackings().any(|tracking| tracking.scripts.iter().any(|item| item.name == script.name)) {
            wanted.push(Work::Script(script.clone()));
        } else {
            log.info(&format!("Warning - script {} is not used", script.name));
        }
    }
    wanted.extend(config.processes.iter().cloned().map(Work::Process));
    wanted.extend(config.files.iter().cloned().map(Work::File));
    wanted
}

impl Work {
    /// Whether two do the same, wherever they are written and whatever they are worth to the routers.
    fn same_as(&self, other: &Self) -> bool {
        self.bare() == other.bare()
    }

    fn bare(&self) -> Self {
        let mut work = self.clone();
        let nowhere = Span::default();
        match &mut work {
            Self::Script(script) => {
                (script.at, script.command.at) = (nowhere, nowhere);
                (script.weight, script.rise, script.fall) = Default::default();
            }
            Self::Process(process) => (process.at, process.weight) = (nowhere, Default::default()),
            Self::File(file) => (file.at, file.weight) = (nowhere, Default::default()),
        }
        work
    }
}

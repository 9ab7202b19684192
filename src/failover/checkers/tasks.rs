//! One task for each checker: it waits, asks, and reports what its [`Pace`] says. Over a reload, tasks whose work is the same go on.

use std::{cell::RefCell, rc::Rc};

use tokio::{
    sync::{mpsc::UnboundedSender, watch},
    task::JoinHandle,
    time::{Instant, sleep_until},
};

use super::{
    chance::Chance,
    files,
    probe::{Means, probe},
    tls::Trust,
};
use crate::{
    checker::{
        Failure, Outcome, Pace, Passed, Subject,
        pace::{Event, Output},
    },
    failover::{dump::Progress, log::Logger},
    ipvs::{Director, director::same_question},
    ir::failover::{Checker, CheckerId, Probe},
    process::local_time::LocalTime,
};

/// What a task has to say.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) key: u64,
    pub(super) news: News,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum News {
    Log(String),
    /// The first verdict, or one that turned.
    Verdict {
        up: bool,
        says: String,
    },
    /// The server's weight; the configured one when `None`.
    Weight(Option<u32>),
    /// What is added to the configured weight.
    Difference(i64),
}

/// All tasks, and where their reports go.
pub(super) struct Tasks {
    began: Instant,
    next_key: u64,
    running: Vec<Running>,
    reports: UnboundedSender<Report>,
    chance: Rc<Chance>,
    log: Rc<Logger>,
    /// Of the present `SSL` block, for the next probe of everybody.
    trust: Rc<RefCell<Option<Trust>>>,
}

/// A checker at work.
pub(super) struct Running {
    key: u64,
    pub(super) id: CheckerId,
    pub(super) subject: Subject,
    checker: Checker,
    /// Open while the checks of its virtual server run (`ha_suspend`).
    gate: watch::Sender<bool>,
    task: JoinHandle<()>,
    progress: Rc<RefCell<Progress>>,
    /// What a BFD session said last.
    pub(super) session: Option<bool>,
}

impl Tasks {
    pub(super) fn new(reports: UnboundedSender<Report>, log: Rc<Logger>) -> Self {
        Self {
            began: Instant::now(),
            next_key: 0,
            running: Vec::new(),
            reports,
            chance: Rc::new(Chance::open()),
            log,
            trust: Rc::default(),
        }
    }

    /// Begins what a director's servers need and is not running, ends what they do not need. New tasks wait for their gate.
    /// `trust`: what TLS is spoken with from now on.
    pub(super) fn configure(&mut self, director: &Director, trust: Option<Trust>) {
        *self.trust.borrow_mut() = trust;
        let mut old = std::mem::take(&mut self.running);
        for (id, checker, subject, up) in wanted(director) {
            let same = |one: &Running| one.subject == subject && same_question(&one.checker, checker);
            let running = match old.iter().position(same) {
                Some(at) => Running { id, ..old.swap_remove(at) },
                None => self.begin(id, checker, subject, up),
            };
            self.running.push(running);
        }
        old.iter().for_each(|one| one.task.abort());
    }

    fn begin(&mut self, id: CheckerId, checker: &Checker, subject: Subject, up: bool) -> Running {
        self.next_key += 1;
        let (gate, open) = watch::channel(false);
        let progress = Rc::<RefCell<Progress>>::default();
        let work = Work {
            progress: Rc::clone(&progress),
            key: self.next_key,
            checker: checker.clone(),
            began: self.began,
            gate: open,
            reports: self.reports.clone(),
            chance: Rc::clone(&self.chance),
            trust: Rc::clone(&self.trust),
        };
        let pace = Pace::new(checker, subject.clone(), up);
        let task = match &checker.probe {
            Probe::File(file) => {
                let (file, subject) = (file.clone(), subject.clone());
                tokio::task::spawn_local(files::watch(
                    work.key,
                    file,
                    (subject, up),
                    self.reports.clone(),
                    Rc::clone(&self.log),
                ))
            }
            // The sessions are elsewhere.
            Probe::Bfd(_) => tokio::task::spawn_local(std::future::ready(())),
            _ => tokio::task::spawn_local(work.go(pace)),
        };
        Running { key: self.next_key, id, subject, checker: checker.clone(), gate, task, progress, session: None }
    }

    /// Which checker a report is about; none that has been ended since.
    pub(super) fn id(&self, key: u64) -> Option<CheckerId> {
        self.running.iter().find(|one| one.key == key).map(|one| one.id)
    }

    /// How far a checker has come, for the dump.
    pub(super) fn progress(&self, id: CheckerId) -> Progress {
        let found = self.running.iter().find(|one| one.id == id);
        found.map(|one| one.progress.borrow().clone()).unwrap_or_default()
    }

    /// Lets the checks of a virtual server run, or rest.
    pub(super) fn gate(&self, virtual_server: usize, run: bool) {
        for one in self.running.iter().filter(|one| one.id.virtual_server == virtual_server) {
            one.gate.send_replace(run);
        }
    }

    /// The checkers that look at a BFD session.
    pub(super) fn of_session<'a>(&'a mut self, name: &'a str) -> impl Iterator<Item = &'a mut Running> {
        self.running.iter_mut().filter(move |one| matches!(&one.checker.probe, Probe::Bfd(session) if session == name))
    }
}

/// Every checker with its place, whom it is about, and what is thought of its server.
fn wanted(director: &Director) -> impl Iterator<Item = (CheckerId, &Checker, Subject, bool)> {
    director.services().iter().enumerate().flat_map(|(virtual_server, service)| {
        service.servers.iter().enumerate().flat_map(move |(real_server, server)| {
            let checkers = server.config.checkers.iter().zip(&server.checkers).enumerate();
            checkers.map(move |(at, (checker, check))| {
                let subject = Subject::new(&checker.probe, server.name.clone(), service.name.clone());
                (CheckerId { virtual_server, real_server, checker: at }, checker, subject, check.up)
            })
        })
    })
}

/// What a task owns.
struct Work {
    key: u64,
    progress: Rc<RefCell<Progress>>,
    checker: Checker,
    began: Instant,
    gate: watch::Receiver<bool>,
    reports: UnboundedSender<Report>,
    chance: Rc<Chance>,
    trust: Rc<RefCell<Option<Trust>>>,
}

impl Work {
    /// Asks again and again until the task is aborted.
    async fn go(mut self, mut pace: Pace) {
        let mut outputs = pace.handle(self.began.elapsed(), Event::Begin { chance: self.chance.number() });
        while let Some((url, at)) = self.report(outputs) {
            sleep_until(self.began + at).await;
            let ended = loop {
                if self.gate.wait_for(|open| *open).await.is_err() {
                    return;
                }
                let began = self.began.elapsed();
                self.note_start();
                let means = Means { trust: self.trust.borrow().clone(), chance: self.chance.word() };
                let outcome = probe(&self.checker, url, &means).await;
                // Who was told to rest meanwhile has nothing to say.
                if *self.gate.borrow() {
                    self.note_end(&outcome);
                    break Event::Ended { began, outcome };
                }
            };
            outputs = pace.handle(self.began.elapsed(), ended);
            self.progress.borrow_mut().retries = pace.retries();
        }
    }

    fn note_start(&self) {
        if matches!(self.checker.probe, Probe::Misc(_)) {
            let now = LocalTime::now();
            let seconds = now.epoch as f64 + f64::from(now.microsecond) / 1e6;
            self.progress.borrow_mut().last_ran = Some((seconds, now.ctime()));
        }
    }

    fn note_end(&self, outcome: &Outcome) {
        match outcome {
            Outcome::Passed(Passed::Status(status)) | Outcome::Failed(Failure::Exit(status)) => {
                self.progress.borrow_mut().last_status = *status;
            }
            _ => {}
        }
    }

    /// Passes on what there is to say. The result is the next probe: its page and its time.
    fn report(&self, outputs: Vec<Output>) -> Option<(usize, crate::checker::pace::Time)> {
        let mut next = None;
        for output in outputs {
            let news = match output {
                Output::Probe { url, at } => {
                    next = Some((url, at));
                    continue;
                }
                Output::Verdict { up, says } => News::Verdict { up, says },
                Output::Weight(weight) => News::Weight(weight),
                Output::Log(line) => News::Log(line),
            };
            // The process listens as long as it lives.
            let _ = self.reports.send(Report { key: self.key, news });
        }
        next
    }
}

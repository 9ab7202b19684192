//! The pace of one checker: when it asks again, and when its verdict turns.
//!
//! ```text
//!          passed                               passed
//!        ┌───────┐                            ┌───────────────────────────────────┐
//!        ▼       │  failed, retries left      ▼                                   │
//!   ┌── Up ──────┘ ─────────────────▶ Up, asked again ── failed, none left ──▶  Down ◀─┐ failed
//!   │    ▲                               after delay_before_retry                 │    │ (delay_loop)
//!   │    └── passed ─────────────────────────┘                                    └────┘
//!   └─ the very first probe failed: down at once
//! ```
//!
//! Pages ([`super::Kind::Http`]) are asked for one after another, one each `delay_loop`. A server that was down must first pass
//! with the page that it failed with, and then with all of them; on that way a failure is tried again without an end.
//! (With `fast_recovery` the original tries again without a pause, too, as fast as the server fails. We keep the pause.) A mail
//! server ([`super::Kind::Smtp`]) gets its retries in every state, also before the first verdict.

use std::time::Duration;

use super::{
    outcome::{Failure, Outcome, Page, Passed},
    words::{Kind, Subject},
};
use crate::ir::failover::{Checker, Probe};

/// Before the first probe, beside the warmup: a daemon that starts has other things to do.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Time since an origin that the shell chooses.
pub type Time = Duration;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The checker is there. `chance` picks a part of the warmup.
    Begin { chance: u32 },
    /// A probe that began at this time is over.
    Ended { began: Time, outcome: Outcome },
}

/// What is to be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// The next probe, of this page (0 where there are none), at this time.
    Probe {
        url: usize,
        at: Time,
    },
    /// The first verdict, or one that turned. `says` is for the mail about it; no mail when empty.
    Verdict {
        up: bool,
        says: String,
    },
    /// The weight that a command says; the configured one when `None`.
    Weight(Option<u32>),
    Log(String),
}

/// One checker's state.
#[derive(Debug, Clone)]
pub struct Pace {
    subject: Subject,
    retry: u32,
    delay_before_retry: Duration,
    delay_loop: Duration,
    warmup: Duration,
    log_all_failures: bool,
    fast_recovery: bool,
    /// Exit statuses are weights.
    dynamic: bool,
    /// What pages are called; one nameless page where there are none.
    paths: Vec<String>,
    up: bool,
    /// There has been a verdict.
    ran: bool,
    failures: u32,
    url: usize,
    /// Of pages: nothing has passed since the server went down.
    failed: bool,
    weight: Option<u32>,
    mismatch: Option<(u64, u64)>,
}

impl Pace {
    /// `up`: what is thought of the server before it has been asked.
    #[must_use]
    pub fn new(checker: &Checker, subject: Subject, up: bool) -> Self {
        let (paths, fast_recovery) = match &checker.probe {
            Probe::Http(http) => (http.urls.iter().map(|url| url.path.clone()).collect(), http.fast_recovery),
            _ => (vec![String::new()], false),
        };
        Self {
            subject,
            retry: checker.retry,
            delay_before_retry: checker.delay_before_retry,
            delay_loop: checker.delay_loop,
            warmup: checker.warmup,
            log_all_failures: checker.log_all_failures,
            fast_recovery,
            dynamic: matches!(&checker.probe, Probe::Misc(misc) if misc.dynamic),
            paths,
            up,
            ran: false,
            failures: 0,
            url: 0,
            failed: false,
            weight: None,
            mismatch: None,
        }
    }

    /// Attempts since the last success.
    #[must_use]
    pub fn retries(&self) -> u32 {
        self.failures
    }

    /// Takes an event. There is always exactly one next probe.
    pub fn handle(&mut self, now: Time, event: Event) -> Vec<Output> {
        match event {
            Event::Begin { chance } => {
                let part = self.warmup.mul_f64(f64::from(chance) / (f64::from(u32::MAX) + 1.0));
                vec![self.probe(now + FIRST_WAIT + part)]
            }
            Event::Ended { began, outcome } => {
                // A command's delays count from its start.
                let from = if self.subject.kind == Kind::Misc { began } else { now };
                let mut out = Vec::new();
                let wait = match outcome {
                    Outcome::Passed(passed) => self.passed(&passed, &mut out),
                    Outcome::Failed(failure) => self.failed(&failure, &mut out),
                    Outcome::Unready(unready) => {
                        out.extend(self.subject.unready(&unready).map(Output::Log));
                        self.delay_loop
                    }
                };
                out.push(self.probe((from + wait).max(now)));
                out
            }
        }
    }

    fn probe(&self, at: Time) -> Output {
        Output::Probe { url: self.url, at }
    }

    /// A probe succeeded; the result is how long to wait.
    fn passed(&mut self, passed: &Passed, out: &mut Vec<Output>) -> Duration {
        self.failures = 0;
        match passed {
            Passed::Page(page) => {
                self.note(page, out);
                if !self.next_page() {
                    return if self.fast_recovery { Duration::ZERO } else { self.delay_loop };
                }
            }
            Passed::Status(status) if self.dynamic => self.weigh(*status, out),
            Passed::Plain | Passed::Status(_) => {}
        }
        if !self.up || !self.ran {
            out.extend(self.subject.up().map(Output::Log));
        }
        self.judge(true, None, out);
        self.delay_loop
    }

    /// What a page says beside that it is good.
    fn note(&mut self, page: &Page, out: &mut Vec<Output>) {
        let path = self.paths.get(self.url).map_or("", String::as_str);
        if let Some((said, received)) = page.mismatch.filter(|_| page.mismatch != self.mismatch) {
            out.push(Output::Log(self.subject.mismatch(path, said, received)));
        }
        self.mismatch = page.mismatch;
        if !self.up {
            out.push(Output::Log(self.subject.page(page.checked, path)));
        }
    }

    /// Goes on to the next page. True after the last: the server has passed.
    fn next_page(&mut self) -> bool {
        if self.failed {
            (self.failed, self.url) = (false, 0);
            return false;
        }
        self.url += 1;
        let round = self.url >= self.paths.len();
        if round {
            self.url = 0;
        }
        // A server that is up has passed with every page already.
        round || (self.up && self.ran)
    }

    fn weigh(&mut self, status: i32, out: &mut Vec<Output>) {
        let weight = u32::try_from(status).ok().filter(|status| *status >= 2).map(|status| status - 2);
        if weight != self.weight {
            self.weight = weight;
            out.push(Output::Weight(weight));
        }
    }

    /// A probe failed; the result is how long to wait.
    fn failed(&mut self, failure: &Failure, out: &mut Vec<Output>) -> Duration {
        let patient = self.subject.kind == Kind::Smtp;
        let counts = patient || (self.up && self.ran);
        if counts && self.failures < self.retry {
            self.failures += 1;
            if self.log_all_failures && (self.up || !self.ran) {
                out.extend(self.subject.again(failure, self.failures, self.retry).map(Output::Log));
            }
            return self.delay_before_retry;
        }
        if self.up || !self.ran {
            self.down(failure, out);
        } else if self.subject.kind == Kind::Http && !self.failed {
            return self.delay_before_retry;
        }
        self.failures = 0;
        self.delay_loop
    }

    /// The verdict: dead.
    fn down(&mut self, failure: &Failure, out: &mut Vec<Output>) {
        let kind = self.subject.kind;
        let both = matches!(kind, Kind::Tcp | Kind::Udp | Kind::Ping | Kind::Http);
        if both && self.log_all_failures && self.up {
            out.extend(self.subject.failure(failure).map(Output::Log));
        }
        if self.up || kind != Kind::Http {
            out.extend(self.subject.down(failure, self.ran, self.retry).map(Output::Log));
        }
        self.failed = true;
        self.weight = None;
        self.judge(false, Some(failure), out);
    }

    /// Mails are about turns; of commands they are also about the first verdict.
    fn judge(&mut self, up: bool, failure: Option<&Failure>, out: &mut Vec<Output>) {
        let first = !std::mem::replace(&mut self.ran, true);
        let turned = std::mem::replace(&mut self.up, up) != up;
        let mail = turned || (first && self.subject.kind == Kind::Misc);
        if first || turned {
            let says = if mail { self.subject.mail(failure) } else { String::new() };
            out.push(Output::Verdict { up, says });
        }
    }
}

#[cfg(test)]
mod tests;

//! Running `vrrp_script`s: each in a task of its own that reports every result.
//!
//! A command that only asks whether a process lives is answered without running it ([`alive`]), and then the death of the
//! last such process is noticed at once: if none has appeared [`GRACE`] later, that is one failed result, and the next look
//! follows an interval later, so `rise` and `fall` mean what they always meant. A restart shorter than that moves nothing.

use std::{future::pending, time::Duration};

use futures_util::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use nix::sys::signal::Signal;
use tokio::{
    process::Child,
    sync::mpsc::UnboundedSender,
    time::{Instant, sleep, sleep_until, timeout},
};

use crate::{
    ir::failover::{Command, RunAs, Script},
    process::{
        alive::{self, Question},
        credentials::Credentials,
        pidfd::Watch,
        spawn,
    },
    vrrp::{Timing, Why, input::Outcome},
};

/// How long a service may be away before it counts as gone.
pub const GRACE: Duration = Duration::from_millis(300);
/// Between asking a script that overran to stop and killing it.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// A result of one script.
#[derive(Debug)]
pub struct Result {
    pub script: String,
    pub outcome: Outcome,
    pub took: Duration,
}

/// Runs a script again and again until the task is aborted.
pub async fn run(script: Script, timing: Timing, results: UnboundedSender<Result>) {
    let question = match timing {
        Timing::Prompt => alive::question(&script.command.argv),
        Timing::Original => None,
    };
    let mut next = Instant::now();
    let mut healthy = false;
    loop {
        let started = Instant::now();
        let (outcome, watches) = look(&script, question.as_ref(), healthy).await;
        healthy = outcome.succeeded();
        let took = started.elapsed();
        if results.send(Result { script: script.name.clone(), outcome, took }).is_err() {
            return;
        }
        next = following(next, started, script.interval);
        while let Some(question) = question.as_ref().filter(|_| healthy && !watches.is_empty()) {
            if !gone(&watches, question, script.command.run_as.uid, next).await {
                break;
            }
            healthy = false;
            let outcome = Outcome::Status(1);
            if results.send(Result { script: script.name.clone(), outcome, took: Duration::ZERO }).is_err() {
                return;
            }
            next = Instant::now() + script.interval;
        }
        sleep_until(next).await;
    }
}

/// The next start: an interval after the last, but never in the past. Runs that took longer than the interval are skipped.
fn following(planned: Instant, started: Instant, interval: Duration) -> Instant {
    let next = planned.max(started) + interval;
    let now = Instant::now();
    if next > now { next } else { now + interval }
}

/// One look: natively if possible, else by running the command. `healthy`: the last look was good, so a first bad one may
/// be a restart in progress.
async fn look(script: &Script, question: Option<&Question>, healthy: bool) -> (Outcome, Vec<Watch>) {
    let Some(question) = question else { return (once(script).await, Vec::new()) };
    let uid = script.command.run_as.uid;
    for wait in [Duration::ZERO, if healthy { GRACE } else { Duration::ZERO }] {
        sleep(wait).await;
        match question.living(uid) {
            Ok(pids) if !pids.is_empty() => {
                let watches = pids.into_iter().filter_map(|pid| Watch::open(pid).ok()).collect();
                return (Outcome::Success, watches);
            }
            Ok(_) => {}
            Err(alive::Unanswerable) => return (once(script).await, Vec::new()),
        }
    }
    (Outcome::Status(1), Vec::new())
}

async fn once(script: &Script) -> Outcome {
    execute(&script.command, script.timeout.unwrap_or(script.interval)).await
}

/// Waits until nothing matches for [`GRACE`] (true), or until `until` (false).
async fn gone(watches: &[Watch], question: &Question, uid: u32, until: Instant) -> bool {
    let mut later: Vec<Watch> = Vec::new();
    loop {
        let current = if later.is_empty() { watches } else { &later };
        tokio::select! {
            () = any_ended(current) => {}
            () = sleep_until(until) => return false,
        }
        let mut found = living(question, uid);
        if found.is_empty() {
            sleep(GRACE).await;
            found = living(question, uid);
            if found.is_empty() {
                return true;
            }
        }
        later = found;
    }
}

fn living(question: &Question, uid: u32) -> Vec<Watch> {
    question.living(uid).unwrap_or_default().into_iter().filter_map(|pid| Watch::open(pid).ok()).collect()
}

async fn any_ended(watches: &[Watch]) {
    if watches.is_empty() {
        return pending().await;
    }
    let mut ends: FuturesUnordered<_> = watches.iter().map(|watch| watch.ended().boxed_local()).collect();
    ends.next().await;
}

/// Runs a command once, and no longer than this.
pub async fn execute(command: &Command, limit: Duration) -> Outcome {
    let mut child = match start(command) {
        Ok(child) => child,
        Err(error) => return Outcome::NotStarted(error.to_string()),
    };
    if let Ok(ended) = timeout(limit, child.wait()).await {
        return outcome(ended);
    }
    // The result counts as failed when the process has gone, not before: a new run would meet the old one.
    kill(&child, Signal::SIGTERM);
    if timeout(STOP_GRACE, child.wait()).await.is_err() {
        kill(&child, Signal::SIGKILL);
        let _ = child.wait().await;
    }
    Outcome::TimedOut
}

fn kill(child: &Child, signal: Signal) {
    if let Some(pid) = child.id().and_then(|pid| i32::try_from(pid).ok()) {
        let _ = spawn::signal_group(pid, signal);
    }
}

fn outcome(ended: std::io::Result<std::process::ExitStatus>) -> Outcome {
    use std::os::unix::process::ExitStatusExt as _;
    match ended {
        Ok(status) if status.success() => Outcome::Success,
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => Outcome::Status(code),
            (None, signal) => Outcome::Signal(signal.unwrap_or(0)),
        },
        Err(error) => Outcome::NotStarted(error.to_string()),
    }
}

/// Starts a command as its user.
///
/// # Errors
/// It could not be started.
pub fn start(command: &Command) -> std::io::Result<Child> {
    spawned(command).spawn()
}

/// The same, told in its environment why it is started.
///
/// # Errors
/// It could not be started.
pub fn start_because(command: &Command, why: &Why) -> std::io::Result<Child> {
    spawned(command).env("KEEPALIVED_REASON", why.to_string()).spawn()
}

fn spawned(command: &Command) -> tokio::process::Command {
    spawn::command(&command.path, &command.argv, &credentials(&command.run_as))
}

/// Who a command runs as.
#[must_use]
pub fn credentials(run_as: &RunAs) -> Credentials {
    let name = run_as.user.as_deref().and_then(|name| std::ffi::CString::new(name).ok());
    Credentials { uid: run_as.uid, gid: run_as.gid, name }
}

//! Watching processes (`vrrp_track_process`) and files (`track_file`).

use std::{future::pending, num::IntErrorKind, path::Path, rc::Rc, time::Duration};

use futures_util::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use tokio::{sync::mpsc::UnboundedSender, time::sleep};

use super::log::Logger;
use crate::{
    ir::failover::{ProcessMatch, TrackFile, TrackProcess},
    process::{
        pidfd::Watch,
        procs::{self, Process},
    },
};

/// How often new processes are looked for; a death is noticed at once.
const LOOK: Duration = Duration::from_millis(500);
/// How often a file is read.
const READ: Duration = Duration::from_millis(200);

/// What was seen.
#[derive(Debug)]
pub enum Sight {
    Process { name: String, up: bool },
    File { name: String, value: i64 },
    Bfd { name: String, up: bool },
}

/// Watches the processes of one tracker until the task is aborted.
pub async fn processes(tracker: TrackProcess, sights: UnboundedSender<Sight>) {
    let mut last = None;
    loop {
        let pids = matching(&tracker);
        let count = u32::try_from(pids.len()).unwrap_or(u32::MAX);
        let up = count >= tracker.quorum && tracker.quorum_max.is_none_or(|most| count <= most);
        if last != Some(up) {
            let delay = match (last, up) {
                (None, _) => Duration::ZERO,
                (_, true) => tracker.fork_delay,
                (_, false) => tracker.terminate_delay,
            };
            if !delay.is_zero() {
                sleep(delay).await;
                let count = u32::try_from(matching(&tracker).len()).unwrap_or(u32::MAX);
                let still = count >= tracker.quorum && tracker.quorum_max.is_none_or(|most| count <= most);
                if still != up {
                    continue;
                }
            }
            last = Some(up);
            if sights.send(Sight::Process { name: tracker.name.clone(), up }).is_err() {
                return;
            }
        }
        let watches: Vec<Watch> = pids.into_iter().filter_map(|pid| Watch::open(pid).ok()).collect();
        let mut ends: FuturesUnordered<_> = watches.iter().map(|watch| watch.ended().boxed_local()).collect();
        tokio::select! {
            () = async { if ends.next().await.is_none() { pending::<()>().await } } => {}
            () = sleep(LOOK) => {}
        }
    }
}

fn matching(tracker: &TrackProcess) -> Vec<i32> {
    procs::all().into_iter().filter(|process| fits(tracker, process)).map(|process| process.pid).collect()
}

fn fits(tracker: &TrackProcess, process: &Process) -> bool {
    if process.zombie {
        return false;
    }
    let name_fits = if tracker.full_command || tracker.program.contains(&b'/') {
        process.argv.first().is_some_and(|word| *word == tracker.program)
    } else {
        process.comm == tracker.program[..tracker.program.len().min(15)]
    };
    name_fits
        && tracker
            .arguments
            .as_ref()
            .is_none_or(|(wanted, how)| arguments_fit(wanted, *how, process.argv.get(1..).unwrap_or_default()))
}

fn arguments_fit(wanted: &[Vec<u8>], how: ProcessMatch, found: &[Vec<u8>]) -> bool {
    match how {
        ProcessMatch::Exact => found == wanted,
        ProcessMatch::Initial => found.starts_with(wanted),
        ProcessMatch::Partial => match wanted.split_last() {
            Some((last, before)) => {
                found.starts_with(before) && found.get(before.len()).is_some_and(|word| word.starts_with(last))
            }
            None => true,
        },
    }
}

/// Reads one file again and again until the task is aborted.
pub async fn file(tracker: TrackFile, sights: UnboundedSender<Sight>, log: Rc<Logger>) {
    let mut last: Option<Result<i64, String>> = None;
    loop {
        let value = number(&tracker.path);
        if last.as_ref() != Some(&value) {
            match &value {
                Ok(value) => {
                    let sight = Sight::File { name: tracker.name.clone(), value: *value };
                    if sights.send(sight).is_err() {
                        return;
                    }
                }
                Err(text) => {
                    log.info(&format!("Invalid number {text} read from {} - ignoring", tracker.path.display()));
                }
            }
            last = Some(value);
        }
        sleep(READ).await;
    }
}

/// The number at the start of a file; zero when there is none.
///
/// # Errors
/// Its digits, where they are too many for 32 bits.
pub fn number(path: &Path) -> Result<i64, String> {
    let Ok(text) = std::fs::read_to_string(path) else { return Ok(0) };
    let text = text.trim_start();
    let end = text.char_indices().find(|(index, c)| !(c.is_ascii_digit() || (*index == 0 && matches!(c, '-' | '+'))));
    let digits = &text[..end.map_or(text.len(), |(index, _)| index)];
    match digits.parse::<i32>() {
        Ok(number) => Ok(number.into()),
        Err(error) if matches!(error.kind(), IntErrorKind::PosOverflow | IntErrorKind::NegOverflow) => {
            Err(digits.to_owned())
        }
        Err(_) => Ok(0),
    }
}

/// Writes a tracked file's first value, if its configuration asks for that.
///
/// # Errors
/// The file cannot be written.
pub fn initialise(tracker: &TrackFile) -> std::io::Result<()> {
    let Some((value, overwrite)) = tracker.init else { return Ok(()) };
    if overwrite || !tracker.path.exists() {
        std::fs::write(&tracker.path, format!("{value}\n"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_compared_as_asked() {
        let words = |text: &str| text.split_whitespace().map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>();
        let fit = |wanted: &str, how, found: &str| arguments_fit(&words(wanted), how, &words(found));
        assert!(fit("-f x", ProcessMatch::Exact, "-f x"));
        assert!(!fit("-f x", ProcessMatch::Exact, "-f x -D"));
        assert!(fit("-f x", ProcessMatch::Initial, "-f x -D"));
        assert!(fit("-f /etc", ProcessMatch::Partial, "-f /etc/haproxy"));
        assert!(!fit("-f /etc", ProcessMatch::Initial, "-f /etc/haproxy"));
    }
}

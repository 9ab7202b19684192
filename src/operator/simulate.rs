//! `hawser simulate [FILE...]`: lets the nodes of these files, or made-up ones, live through a great many faults.

use super::check::keepalived::Elsewhere;
use crate::{
    ir::failover::Failover,
    keepalived::{self, Checked},
    simulation::{Chance, Law, Outcome, Plan, made_up, service::Outage, trial},
    text::show::caret,
    vrrp::{Router, Timing},
};
use clap::Args;
use std::{
    collections::BTreeMap,
    io::IsTerminal as _,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

/// Simulated time of one trial; a great many short ones find more than one long one.
const TRIAL: Duration = Duration::from_secs(400);

#[derive(Args, Debug)]
pub struct Options {
    /// keepalived.conf of each node; without any, every trial makes up two to five nodes of its own
    files: Vec<PathBuf>,
    /// Simulated seconds in all
    #[arg(long, default_value_t = 100_000)]
    seconds: u64,
    /// Seed of the first trial; each further one adds one
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Play only the trial of this seed, and tell all that happens in it
    #[arg(long)]
    replay: Option<u64>,
    /// On the original's timeline
    #[arg(long)]
    original_timing: bool,
}

/// 0 when every law held, 1 when one was broken, 2 when a file cannot be used.
#[must_use]
pub fn run(options: &Options) -> ExitCode {
    let configs = match options.files.iter().map(|file| load(file)).collect::<Result<Vec<_>, _>>() {
        Ok(configs) => configs,
        Err(error) => {
            eprintln!("hawser simulate: {error}");
            return ExitCode::from(2);
        }
    };
    if configs.len() == 1 {
        eprintln!("hawser simulate: one node has nobody to fail over to; name the file of each node");
        return ExitCode::from(2);
    }
    if let Some(seed) = options.replay {
        let outcome = play(options, &configs, seed, true);
        println!("{}", trace(&outcome, usize::MAX));
        return verdict(&outcome, seed);
    }
    campaign(options, &configs)
}

/// Reads a keepalived.conf whose interfaces need not exist here.
fn load(file: &Path) -> Result<Failover, String> {
    read(file).map(|checked| checked.config)
}

/// The same, with the places where everything stands.
pub(super) fn read(file: &Path) -> Result<Checked, String> {
    std::fs::metadata(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let checked = keepalived::load(&Elsewhere, &file.to_string_lossy(), "");
    if checked.report.aborted() || checked.report.refused() {
        let details = caret::render(&checked.sources, checked.report.diagnostics(), std::io::stderr().is_terminal());
        return Err(format!("keepalived does not start with {}\n{details}", file.display()));
    }
    if checked.config.instances.is_empty() {
        return Err(format!("{} has no vrrp_instance", file.display()));
    }
    Ok(checked)
}

fn play(options: &Options, configs: &[Failover], seed: u64, traced: bool) -> Outcome {
    let configs = if configs.is_empty() { made_up::configurations(&mut Chance::new(seed)) } else { configs.to_vec() };
    let timing = if options.original_timing { Timing::Original } else { Timing::Prompt };
    let plan = Plan { configs, timing, seed, length: TRIAL, traced };
    trial::run(&plan, Router::new(Failover::default(), timing))
}

fn campaign(options: &Options, configs: &[Failover]) -> ExitCode {
    for (index, file) in options.files.iter().enumerate() {
        println!("node {}: {}", index + 1, file.display());
    }
    let mut sum = Outcome::default();
    let mut trials = 0;
    while sum.simulated < Duration::from_secs(options.seconds) {
        let seed = options.seed + trials;
        let outcome = play(options, configs, seed, false);
        if outcome.violation.is_some() {
            let told = play(options, configs, seed, true);
            println!("{}", trace(&told, 40));
            return verdict(&told, seed);
        }
        trials += 1;
        sum.simulated += outcome.simulated;
        sum.faults += outcome.faults;
        sum.changes += outcome.changes;
        sum.outages.extend(outcome.outages);
    }
    println!(
        "{} simulated seconds in {trials} trials, {} faults, {} changes of state: all {} laws held",
        sum.simulated.as_secs(),
        sum.faults,
        sum.changes,
        Law::ALL.len()
    );
    println!("{}", outages(&sum.outages));
    ExitCode::SUCCESS
}

fn verdict(outcome: &Outcome, seed: u64) -> ExitCode {
    match &outcome.violation {
        Some(violation) => {
            println!("broken at {violation}\n\n`hawser simulate --replay {seed}` with the same files plays it again");
            ExitCode::from(1)
        }
        None => ExitCode::SUCCESS,
    }
}

fn trace(outcome: &Outcome, longest: usize) -> String {
    let skipped = outcome.trace.len().saturating_sub(longest);
    let line = |(at, host, text): &(Duration, usize, String)| {
        let node = if *host == usize::MAX { "      ".to_owned() } else { format!("node {}", host + 1) };
        format!("{:10.3}  {node}  {text}", at.as_secs_f64())
    };
    outcome.trace[skipped..].iter().map(line).collect::<Vec<_>>().join("\n")
}

/// How long clients were without service, by what came before.
fn outages(of: &[Outage]) -> String {
    let mut by_cause: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    of.iter().for_each(|outage| by_cause.entry(outage.cause).or_default().push(outage.to - outage.from));
    let mut out = "\nwithout service, after      times    median   nine in ten\n".to_owned();
    for (cause, mut times) in by_cause {
        times.sort_unstable();
        let (median, most) = (times[times.len() / 2], times[times.len() * 9 / 10]);
        out.push_str(&format!(
            "  {cause:22} {:8} {:8.3} s {:10.3} s\n",
            times.len(),
            median.as_secs_f64(),
            most.as_secs_f64()
        ));
    }
    out
}

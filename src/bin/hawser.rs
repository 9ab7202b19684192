//! `hawser`, the operator's tool: rehearse a pair before you trust it, and see what would run here.

use clap::{Parser, Subcommand, ValueEnum};
use hawser::{lab, operator};
use std::{path::PathBuf, process::ExitCode};

/// Rehearses and examines what haproxy and keepalived will do
#[derive(Parser)]
#[command(name = "hawser", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Rehearse a pair of balancers in namespaces, without root, and tell what happens
    Lab(lab::options::Options),
    /// Print each keyword of haproxy.cfg and keepalived.conf files with its status, and whether the originals can be replaced
    Check {
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Tell who is master when what fails and how long it takes, and why a pair of keepalived.conf files cannot work
    Explain(operator::explain::Options),
    /// Let nodes live through faults on a made-up network, and see that no law of failover is broken
    Simulate(operator::simulate::Options),
    /// Write the table of all items and their manual pages into a folder
    Book { folder: PathBuf },
    /// The first process of a lab
    #[command(hide = true)]
    LabSwitch {
        #[arg(long)]
        one_uid: bool,
        #[command(flatten)]
        options: lab::options::Options,
    },
    /// A host of a lab
    #[command(hide = true)]
    LabHost { stage: Stage, name: String },
    /// A shell beside a process of a lab
    #[command(hide = true)]
    LabEnter { pid: i32 },
}

#[derive(Clone, Copy, ValueEnum)]
enum Stage {
    Outside,
    Inside,
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Lab(options) => lab::switch::outside(&options, &std::env::args_os().skip(2).collect::<Vec<_>>()),
        Command::Check { files } => operator::check::run(&files),
        Command::Explain(options) => operator::explain::run(&options),
        Command::Simulate(options) => operator::simulate::run(&options),
        Command::Book { folder } => match operator::book::write(&folder) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("hawser book: {}: {error}", folder.display());
                ExitCode::from(2)
            }
        },
        Command::LabSwitch { one_uid, options } => lab::switch::inside(&options, one_uid),
        Command::LabHost { stage: Stage::Outside, name } => lab::agent::outside(&name),
        Command::LabHost { stage: Stage::Inside, name: _ } => lab::agent::inside(),
        Command::LabEnter { pid } => lab::shell::open(pid),
    }
}

//! The shell of `keepalived`: supervisor, VRRP child, checkers' child, scripts, notifications.
//!
//! ```text
//!  argv ─▶ supervisor (parent: pid file, signals, respawn)
//!              ├─ fork ─▶ checkers (child: asks real servers, tells the kernel's IPVS)
//!              └─ fork ─▶ vrrp (child: one runtime, one event loop)
//!                           │  links, sockets, timers, scripts, signals ──▶ vrrp::Router::handle
//!                           └◀─ adverts, addresses, announcements, commands, log lines ──┘
//! ```

pub mod argv;
pub mod bfd;
pub mod checkers;
pub mod checks;
pub mod dump;
pub mod glob;
pub mod log;
pub mod machine;
pub mod mail;
pub mod metrics;
pub mod notify;
pub mod schedule;
pub mod sockets;
pub mod supervisor;
pub mod switches;
pub mod vrrp;
pub mod watch;

use std::{
    io::{IsTerminal as _, Write as _},
    process::ExitCode,
};

use self::argv::Format;
use crate::{
    keepalived,
    text::show::{caret, json},
};

/// Runs `keepalived` with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let code = match argv::parse(&arguments) {
        Ok(argv::Wish::Run(options)) => supervisor::run(&options),
        Ok(argv::Wish::Test(wish)) => test(&wish),
        Ok(argv::Wish::Say(text)) => {
            eprint!("{text}");
            0
        }
        Ok(argv::Wish::Signal(number)) => {
            println!("{number}");
            0
        }
        Err(text) => {
            eprintln!("{text}");
            1
        }
    };
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// Reads the configuration, in the network namespace that it or the command line names: which interfaces exist depends on it.
fn load(options: &argv::Options) -> (keepalived::Checked, std::io::Result<()>) {
    let read = || keepalived::load(&machine::Machine, &options.file, &options.config_id());
    let checked = read();
    let Some(name) = options.namespace.clone().or_else(|| checked.config.global.net_namespace.clone()) else {
        return (checked, Ok(()));
    };
    match crate::process::namespace::enter_network(&name) {
        Ok(()) => (read(), Ok(())),
        Err(error) => (checked, Err(std::io::Error::new(error.kind(), format!("namespace {name}: {error}")))),
    }
}

/// `-t`: reads the configuration and says what is wrong with it.
fn test(wish: &argv::Test) -> i32 {
    let (checked, entered) = load(&wish.options);
    let report = &checked.report;
    let (text, code) = match entered {
        Ok(()) => (shown(&checked, wish.format), if wish.strict { report.strict() } else { report.exit_code() }),
        // Without its namespace nothing is known of the interfaces. The original then says no more than its parent has seen,
        // and is content.
        Err(error) => {
            let parent = report.log_lines(&checked.sources, keepalived::report::Pass::Global);
            (lines(parent.chain([format!("WARNING - unable to enter {error}")])), 0)
        }
    };
    let written = match &wish.log {
        Some(path) => std::fs::write(path, text.as_bytes()),
        None => std::io::stderr().write_all(text.as_bytes()),
    };
    if written.is_err() { 1 } else { code }
}

/// What there is to say. Scripts get the original's lines; a person at a terminal sees where, and what was overlooked too.
fn shown(checked: &keepalived::Checked, format: Option<Format>) -> String {
    let terminal = std::io::stderr().is_terminal();
    let (sources, report) = (&checked.sources, &checked.report);
    match format.unwrap_or(if terminal { Format::Caret } else { Format::Original }) {
        Format::Original => lines(report.lines(sources)),
        Format::Caret => caret::render(sources, report.diagnostics(), terminal),
        Format::Json => json::render(sources, report.diagnostics()),
    }
}

fn lines(all: impl Iterator<Item = String>) -> String {
    all.map(|line| line + "\n").collect()
}

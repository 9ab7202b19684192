//! The shell of `keepalived`: supervisor, VRRP child, scripts, notifications.
//!
//! ```text
//!  argv ─▶ supervisor (parent: pid file, signals, respawn)
//!              └─ fork ─▶ vrrp (child: one runtime, one event loop)
//!                           │  links, sockets, timers, scripts, signals ──▶ vrrp::Router::handle
//!                           └◀─ adverts, addresses, announcements, commands, log lines ──┘
//! ```

pub mod argv;
pub mod checks;
pub mod dump;
pub mod glob;
pub mod log;
pub mod machine;
pub mod notify;
pub mod sockets;
pub mod supervisor;
pub mod vrrp;
pub mod watch;

use std::{io::Write as _, path::Path, process::ExitCode};

use crate::keepalived;

/// Runs `keepalived` with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let code = match argv::parse(&arguments) {
        Ok(argv::Wish::Run(options)) => supervisor::run(&options),
        Ok(argv::Wish::Test { options, log }) => test(&options, log.as_deref()),
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
fn test(options: &argv::Options, log: Option<&Path>) -> i32 {
    let (checked, entered) = load(options);
    // Without its namespace nothing is known of the interfaces. The original then says no more than its parent has seen,
    // and is content.
    let (lines, code): (Vec<String>, i32) = match entered {
        Ok(()) => (checked.report.lines(&checked.sources).collect(), checked.report.exit_code()),
        Err(error) => {
            let parent = checked.report.log_lines(&checked.sources, keepalived::report::Pass::Global);
            (parent.chain([format!("WARNING - unable to enter {error}")]).collect(), 0)
        }
    };
    let text: String = lines.into_iter().map(|line| line + "\n").collect();
    let written = match log {
        Some(path) => std::fs::write(path, text.as_bytes()),
        None => std::io::stderr().write_all(text.as_bytes()),
    };
    if written.is_err() { 1 } else { code }
}

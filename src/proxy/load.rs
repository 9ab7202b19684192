//! Reads the configuration and says what is wrong with it, in the original's words and with its exit codes.

use std::net::IpAddr;
use std::path::Path;
use std::process::ExitCode;

use super::argv::Args;
use super::{about, start};
use crate::haproxy::{self, Outside, conditional, lex, show};
use crate::ir::Config;
use crate::process::credentials;

/// The machine that a configuration is read on.
#[derive(Default)]
pub struct Machine {
    tolerant: bool,
    diagnostic: bool,
    /// Variables that the program itself offers (manual 2.3).
    own: Vec<(String, String)>,
}

impl Machine {
    /// One on which a name that cannot be resolved is no error.
    pub fn tolerant() -> Self {
        Self { tolerant: true, ..Self::default() }
    }
}

/// What a configuration may ask about how it is loaded.
fn offered(args: &Args) -> Vec<(String, String)> {
    let hostname = || nix::unistd::gethostname().ok().and_then(|n| n.into_string().ok());
    let name = args.peer.clone().or_else(hostname).unwrap_or_else(|| "localhost".to_owned());
    let mut all =
        vec![("HAPROXY_STARTUP_VERSION".to_owned(), start::VERSION.to_owned()), ("HAPROXY_LOCALPEER".to_owned(), name)];
    if args.master {
        all.push(("HAPROXY_MWORKER".to_owned(), "1".to_owned()));
    }
    all
}

impl Outside for Machine {
    fn variable(&self, name: &str) -> Option<String> {
        let own = self.own.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
        own.or_else(|| std::env::var(name).ok())
    }

    fn variables(&self) -> Vec<String> {
        let of_machine = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        of_machine.chain(self.own.iter().map(|(name, _)| name.clone())).collect()
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        std::fs::read(path).map_err(|e| in_words(&e))
    }

    fn resolve(&self, host: &str) -> Vec<IpAddr> {
        let found = std::net::ToSocketAddrs::to_socket_addrs(&(host, 0));
        found.map(|all| all.map(|a| a.ip()).collect()).unwrap_or_default()
    }

    fn user(&self, name: &str) -> Option<u32> {
        credentials::Credentials::of_user(name).map(|c| c.uid)
    }

    fn group(&self, name: &str) -> Option<u32> {
        credentials::group_id(name)
    }

    fn tolerates_unresolved(&self) -> bool {
        self.tolerant
    }

    fn wants_diag(&self) -> bool {
        self.diagnostic
    }
}

/// The system's words for an error, without Rust's number behind them.
pub fn in_words(e: &std::io::Error) -> String {
    let text = e.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// The configuration, or the exit code once everything was said.
///
/// # Errors
/// 1: the files cannot be used; 2: nothing would be served.
pub fn configuration(args: &Args) -> Result<Config, u8> {
    let pid = std::process::id();
    let say = |text: &str, introduces: bool| {
        if args.quiet {
            return;
        }
        if introduces {
            start::notices();
        }
        start::say(text);
    };
    let files = match files(&args.files) {
        Ok(f) => f,
        Err((name, why)) => {
            let text =
                format!("[ALERT]    ({pid}) : config : Cannot open configuration file/directory {name} : {why}\n");
            say(&text, true);
            return Err(1);
        }
    };
    let machine = Machine { tolerant: args.ignore_resolution, diagnostic: args.diagnostic, own: offered(args) };
    let mut loaded = haproxy::load(files, &machine);
    offer_places(&mut loaded.config, args);
    let environment = &mut loaded.config.global.environment;
    let own = machine.own.iter().filter(|(n, _)| !environment.iter().any(|(e, _)| e == n));
    let own: Vec<_> = own.map(|(n, v)| (n.clone(), Some(v.clone()))).collect();
    environment.extend(own);
    let mut report = show::report(&loaded, pid);
    let strict = args.zero_warning || loaded.config.global.zero_warning;
    if !report.fatal && report.warned && strict {
        let line = "config : Some warnings were found and 'zero-warning' is set. Aborting.";
        report.text.push_str(&format!("[ALERT]    ({pid}) : {line}\n"));
        report.fatal = true;
    }
    say(&report.text, report.introduces);
    if report.fatal {
        return Err(1);
    }
    if args.objects {
        print!("{}", about::objects());
    }
    if args.check {
        return verdict(args, report.warned, loaded.has_listener()).map(|()| loaded.config);
    }
    // A stats socket alone is something to serve, though `-c` does not count it.
    if !loaded.has_listener() && loaded.config.global.stats_sockets.is_empty() {
        let line = start::of_main("No enabled listener found (check for 'bind' directives) ! Exiting.");
        say(&format!("[ALERT]    ({pid}) : {line}\n"), !report.introduces);
        return Err(1);
    }
    Ok(loaded.config)
}

/// Which files there were, and where operators are listened to, is known only at the end.
fn offer_places(config: &mut Config, args: &Args) {
    let stats: Vec<String> = config.global.stats_sockets.iter().map(|s| s.address.to_string()).collect();
    let master = args.master_cli.iter().map(|s| s.split(',').next().unwrap_or_default().to_owned());
    let master: Vec<String> = master.map(|a| if a.starts_with('/') { format!("unix@{a}") } else { a }).collect();
    for (name, list) in
        [("HAPROXY_CFGFILES", args.files.clone()), ("HAPROXY_CLI", stats), ("HAPROXY_MASTER_CLI", master)]
    {
        if !list.is_empty() {
            config.global.environment.push((name.to_owned(), Some(list.join(";"))));
        }
    }
}

/// What `-c` prints at the end.
fn verdict(args: &Args, warned: bool, has_listener: bool) -> Result<(), u8> {
    if !args.quiet {
        if warned {
            println!("Warnings were found.");
        }
        if has_listener {
            println!("Configuration file is valid");
        } else {
            println!("Configuration file has no error but will not start (no listener) => exit(2).");
        }
    }
    if has_listener { Ok(()) } else { Err(2) }
}

/// Names and texts; a directory stands for its visible `*.cfg`, sorted.
fn files(names: &[String]) -> Result<Vec<(String, String)>, (String, String)> {
    let mut all = Vec::new();
    for name in names {
        let fail = |e: std::io::Error| (name.clone(), in_words(&e));
        let path = Path::new(name);
        if std::fs::metadata(path).map_err(fail)?.is_dir() {
            let entries = std::fs::read_dir(path).map_err(fail)?;
            let mut found: Vec<String> = entries
                .filter_map(|e| e.ok()?.file_name().into_string().ok())
                .filter(|n| n.ends_with(".cfg") && !n.starts_with('.'))
                .collect();
            found.sort();
            all.extend(found.into_iter().map(|n| format!("{}/{n}", name.trim_end_matches('/'))));
        } else {
            all.push(name.clone());
        }
    }
    all.into_iter()
        .map(|name| match std::fs::read(&name) {
            Ok(bytes) => Ok((name, String::from_utf8_lossy(&bytes).into_owned())),
            Err(e) => Err((name, in_words(&e))),
        })
        .collect()
}

/// `-cc`: 0 true, 1 false, 2 not understood.
pub fn condition(text: &str) -> ExitCode {
    let variable = |name: &str| std::env::var(name).ok();
    let outcome = lex::text(text, &variable).map_err(|e| format!("Syntax Error in condition: {}.", unread(&e)));
    let outcome = outcome.and_then(|text| {
        let held = conditional::evaluate(&text, &|name| std::env::var_os(name).is_some());
        held.map_err(|e| format!("Failed to evaluate condition: {}", e.message))
    });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(why) => {
            start::notices();
            start::alert(&format!("config : {why}"));
            ExitCode::from(2)
        }
    }
}

fn unread(e: &lex::LexError) -> &'static str {
    match e {
        lex::LexError::UnmatchedQuote(_) => "Unmatched quote",
        lex::LexError::BadHex(_) => "Truncated or invalid hexadecimal sequence",
        lex::LexError::UnmatchedBrace(_) => "Unmatched brace",
        lex::LexError::BadVariableName(_) => "Bad name of a variable",
        lex::LexError::TooManyWords { .. } => "Too many words",
    }
}

//! The command line: a table of options, read by clap, complained about in the original's words.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, error::ErrorKind};

use crate::{
    keepalived::System as _,
    process::signals::{realtime_max, realtime_min},
    vrrp::{Timing, show::Secrets},
};

/// The version that we stand in for.
pub const VERSION: &str = "Keepalived v2.2.7 (01/16,2022)";
const DEFAULT_FILE: &str = "/etc/keepalived/keepalived.conf";

/// What the command line asks for.
#[derive(Debug)]
pub enum Wish {
    Run(Box<Options>),
    Test(Box<Test>),
    Say(String),
    /// Print a signal's number.
    Signal(i32),
}

/// `-t`.
#[derive(Debug)]
pub struct Test {
    pub options: Options,
    /// Where to write; standard error when `None`.
    pub log: Option<PathBuf>,
    /// Warnings are problems too.
    pub strict: bool,
    /// `None`: carets on a terminal, else the original's lines.
    pub format: Option<Format>,
}

/// How problems are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The original's lines.
    Original,
    /// The line with a caret under what is wrong.
    Caret,
    /// An object a line.
    Json,
}

/// Options of a running daemon.
#[derive(Debug, Clone)]
pub struct Options {
    /// The words of the command line, for the log.
    pub words: Vec<String>,
    pub file: String,
    pub foreground: bool,
    pub console: bool,
    /// 0 to 2.
    pub detail: u8,
    pub syslog: bool,
    pub facility: u8,
    pub no_vrrp: bool,
    pub no_checkers: bool,
    pub respawn: bool,
    pub release_vips: bool,
    pub keep_vips_on_stop: bool,
    pub keep_ipvs_on_stop: bool,
    pub dump_configuration: bool,
    pub umask: Option<u32>,
    pub pid_file: Option<PathBuf>,
    pub vrrp_pid_file: Option<PathBuf>,
    pub checkers_pid_file: Option<PathBuf>,
    pub monitor_addresses: bool,
    pub timing: Timing,
    pub namespace: Option<String>,
    /// Whether dumps show passwords.
    pub secrets: Secrets,
    /// Where metrics are told by HTTP.
    pub metrics: Option<std::net::SocketAddr>,
    config_id: Option<String>,
}

impl Options {
    /// What `@id` lines are compared with: the host's name up to its first dot, unless given.
    #[must_use]
    pub fn config_id(&self) -> String {
        let host = || super::machine::Machine.host_name();
        let id = self.config_id.clone().unwrap_or_else(host);
        if self.config_id.is_some() { id } else { id.split('.').next().unwrap_or_default().to_owned() }
    }
}

/// One option.
struct Flag {
    short: Option<char>,
    long: &'static str,
    /// The argument's name in the help; empty for a switch. `[X]` may be left out.
    value: &'static str,
    help: &'static str,
    status: Status,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Works,
    /// Accepted, without effect here.
    Tuning,
    /// Known, and refused with the reason.
    Missing,
}

const fn flag(short: char, long: &'static str, value: &'static str, help: &'static str) -> Flag {
    Flag { short: Some(short), long, value, help, status: Status::Works }
}

const fn long(long: &'static str, value: &'static str, help: &'static str) -> Flag {
    Flag { short: None, long, value, help, status: Status::Works }
}

impl Flag {
    const fn tuning(self) -> Self {
        Self { status: Status::Tuning, ..self }
    }

    const fn missing(self) -> Self {
        Self { status: Status::Missing, ..self }
    }
}

const FLAGS: &[Flag] = &[
    flag('f', "use-file", "FILE", "Read this configuration"),
    flag('P', "vrrp", "", "Only the VRRP process"),
    flag('C', "check", "", "Only the checkers' process"),
    flag('B', "no_bfd", "", "No BFD process").tuning(),
    long("all", "", "Every process, needed or not").tuning(),
    flag('l', "log-console", "", "Log to the console too"),
    flag('D', "log-detail", "", "Log more; twice for still more"),
    flag('S', "log-facility", "FACILITY", "Syslog facility: 0-7, local0-local7, user, daemon"),
    flag('g', "log-file", "[FILE]", "Log to a file").missing(),
    long("flush-log-file", "", "Flush that file after each line").missing(),
    flag('G', "no-syslog", "", "Do not log to syslog"),
    flag('u', "umask", "MASK", "Permissions that new files do not get"),
    flag('X', "release-vips", "", "Drop addresses on a transition by signal").tuning(),
    flag('V', "dont-release-vrrp", "", "Leave the addresses in place when stopping"),
    flag('I', "dont-release-ipvs", "", "Leave the IPVS tables in place when stopping"),
    flag('R', "dont-respawn", "", "Do not restart a process that died"),
    flag('n', "dont-fork", "", "Stay in the foreground"),
    flag('d', "dump-conf", "", "Log the configuration"),
    flag('p', "pid", "FILE", "Pid file of the parent"),
    flag('r', "vrrp_pid", "FILE", "Pid file of the VRRP process"),
    flag('c', "checkers_pid", "FILE", "Pid file of the checkers' process"),
    flag('b', "bfd_pid", "FILE", "Pid file of the BFD process").tuning(),
    flag('T', "genhash", "", "Compute digests for HTTP checks").missing(),
    flag('a', "address-monitoring", "", "Log every address that comes and goes"),
    flag('x', "snmp", "", "Answer SNMP").missing(),
    flag('A', "snmp-agent-socket", "FILE", "Socket of the SNMP master agent").missing(),
    flag('s', "namespace", "NAME", "Run in this network namespace"),
    flag('m', "core-dump", "", "Leave a core file after a crash").tuning(),
    flag('M', "core-dump-pattern", "[PATTERN]", "Where core files go").tuning(),
    flag('e', "all-config", "", "A missing configuration file is an error").tuning(),
    flag('i', "config-id", "ID", "Name that `@ID` lines are for; the host's by default"),
    long("signum", "NAME", "Print a signal's number: STOP RELOAD DATA STATS STATS_CLEAR JSON"),
    flag('t', "config-test", "[FILE]", "Check the configuration; messages to the file or standard error"),
    long("strict", "", "With -t: warnings are problems too"),
    long("format", "FORM", "With -t: original, caret or json; carets on a terminal by default"),
    long("metrics", "PORT|ADDRESS:PORT", "Tell metrics by HTTP at /metrics; of this host alone without an address"),
    long("show-secrets", "", "Passwords are shown in the JSON dump, as the original does"),
    long("original-timing", "", "Keep keepalived's own timeline of a failover"),
    long("config-fd", "N", "Internal to the original").tuning(),
    flag('v', "version", "", "Print the version"),
    flag('h', "help", "", "Print this"),
];

fn command() -> Command {
    let flags = FLAGS.iter().map(|flag| {
        let mut arg = Arg::new(flag.long).long(flag.long);
        if let Some(short) = flag.short {
            arg = arg.short(short);
        }
        match flag.value {
            "" => arg.action(ArgAction::Count),
            optional if optional.starts_with('[') => {
                arg.action(ArgAction::Append).num_args(0..=1).require_equals(true).default_missing_value("")
            }
            _ => arg.action(ArgAction::Append).num_args(1).allow_hyphen_values(true),
        }
    });
    Command::new("keepalived")
        .disable_help_flag(true)
        .disable_version_flag(true)
        .args(flags)
        .arg(Arg::new("rest").num_args(0..).action(ArgAction::Append))
}

/// Reads a command line, program name first.
///
/// # Errors
/// What to print before ending with 1.
pub fn parse(words: &[String]) -> Result<Wish, String> {
    let matches = command().try_get_matches_from(words).map_err(|error| complaint(&error))?;
    let given = |name: &str| matches.get_count(name) > 0;
    let value = |name: &str| matches.get_many::<String>(name).and_then(Iterator::last).cloned();
    if given("help") {
        return Ok(Wish::Say(help()));
    }
    if given("version") {
        return Ok(Wish::Say(version()));
    }
    if let Some(name) = value("signum") {
        return signal(&name).map(Wish::Signal).ok_or_else(|| format!("Unknown sigfunc {name}"));
    }
    refuse_missing(&matches)?;
    if let Some(rest) = matches.get_many::<String>("rest") {
        let rest: String = rest.map(|word| format!("{word} ")).collect();
        println!("Unexpected argument(s): {rest}");
    }
    let options = Box::new(options(words, &matches)?);
    match value("config-test") {
        Some(log) => {
            let log = (!log.is_empty()).then(|| log.into());
            let format = value("format").map(|name| format(&name)).transpose()?;
            Ok(Wish::Test(Box::new(Test { options: *options, log, strict: given("strict"), format })))
        }
        None => Ok(Wish::Run(options)),
    }
}

fn options(words: &[String], matches: &ArgMatches) -> Result<Options, String> {
    let given = |name: &str| matches.get_count(name) > 0;
    let value = |name: &str| matches.get_many::<String>(name).and_then(Iterator::last).cloned();
    let umask = match value("umask") {
        Some(text) => {
            let number = text.strip_prefix("0x").map_or_else(
                || u32::from_str_radix(&text, 8).ok(),
                |hexadecimal| u32::from_str_radix(hexadecimal, 16).ok(),
            );
            Some(number.filter(|mask| *mask <= 0o777).ok_or_else(|| format!("Invalid --umask option {text}"))?)
        }
        None => None,
    };
    let metrics = match value("metrics") {
        Some(text) => {
            Some(crate::net::scrape::address(&text).ok_or_else(|| format!("Invalid --metrics option {text}"))?)
        }
        None => None,
    };
    Ok(Options {
        words: words.to_vec(),
        file: value("use-file").unwrap_or_else(|| DEFAULT_FILE.into()),
        foreground: given("dont-fork"),
        console: given("log-console"),
        detail: matches.get_count("log-detail").min(2),
        syslog: !given("no-syslog"),
        facility: facility(value("log-facility")),
        no_vrrp: given("check") && !given("vrrp"),
        no_checkers: given("vrrp") && !given("check"),
        respawn: !given("dont-respawn"),
        release_vips: given("release-vips"),
        keep_vips_on_stop: given("dont-release-vrrp"),
        keep_ipvs_on_stop: given("dont-release-ipvs"),
        dump_configuration: given("dump-conf"),
        umask,
        pid_file: value("pid").map(PathBuf::from),
        vrrp_pid_file: value("vrrp_pid").map(PathBuf::from),
        checkers_pid_file: value("checkers_pid").map(PathBuf::from),
        monitor_addresses: given("address-monitoring"),
        timing: if given("original-timing") { Timing::Original } else { Timing::Prompt },
        namespace: value("namespace"),
        secrets: if given("show-secrets") { Secrets::Shown } else { Secrets::Hidden },
        metrics,
        config_id: value("config-id"),
    })
}

/// An option that is known and does nothing yet must not be silently ignored.
fn refuse_missing(matches: &ArgMatches) -> Result<(), String> {
    for flag in FLAGS.iter().filter(|flag| flag.status == Status::Missing) {
        if matches.value_source(flag.long) == Some(clap::parser::ValueSource::CommandLine) {
            return Err(match flag.long {
                "log-file" => "-g requires configure option --enable-log-file".into(),
                name => format!("--{name} is not implemented yet"),
            });
        }
    }
    Ok(())
}

fn complaint(error: &clap::Error) -> String {
    let word = error.get(clap::error::ContextKind::InvalidArg).map(|value| value.to_string()).unwrap_or_default();
    let word = word.split([' ', '=']).next().unwrap_or_default().to_owned();
    match error.kind() {
        ErrorKind::UnknownArgument => format!("Unknown option {word}"),
        ErrorKind::InvalidValue | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            let flag = FLAGS.iter().find(|flag| word == format!("--{}", flag.long));
            let shown = flag.and_then(|flag| flag.short).map_or(word, |short| format!("-{short}"));
            format!("Missing parameter for option {shown}")
        }
        _ => error.to_string(),
    }
}

/// Syslog's number of a facility; a name that is none is said and ignored.
fn facility(name: Option<String>) -> u8 {
    const DAEMON: u8 = 3;
    let Some(name) = name else { return DAEMON };
    let local = name.strip_prefix("local").unwrap_or(&name).parse::<u8>().ok().filter(|number| *number <= 7);
    match (name.as_str(), local) {
        ("user", _) => 1,
        ("daemon", _) => DAEMON,
        (_, Some(number)) => 16 + number,
        _ => {
            eprintln!("Invalid log facility '{name}'");
            DAEMON
        }
    }
}

fn format(name: &str) -> Result<Format, String> {
    match name {
        "original" => Ok(Format::Original),
        "caret" => Ok(Format::Caret),
        "json" => Ok(Format::Json),
        _ => Err(format!("Unknown format {name}")),
    }
}

/// Signals by what they do.
fn signal(name: &str) -> Option<i32> {
    Some(match name {
        "STOP" => libc::SIGTERM,
        "RELOAD" => libc::SIGHUP,
        "DATA" => libc::SIGUSR1,
        "STATS" => libc::SIGUSR2,
        "STATS_CLEAR" => realtime_max() - 1,
        "JSON" => realtime_min() + 2,
        _ => return None,
    })
}

fn version() -> String {
    format!(
        "{VERSION}\n\nHawser {}, a keepalived in Rust; it takes the place of the version above.\n\
         Config options:  LVS REGEX VRRP VRRP_AUTH VRRP_VMAC JSON BFD\n",
        env!("CARGO_PKG_VERSION")
    )
}

fn help() -> String {
    let mut out = String::from("Usage: keepalived [OPTION...]\n");
    for flag in FLAGS {
        let short = flag.short.map_or_else(|| "   ".to_owned(), |short| format!("-{short},"));
        let value = match flag.value {
            "" => String::new(),
            optional if optional.starts_with('[') => format!("[={}]", optional.trim_matches(['[', ']'])),
            value => format!("={value}"),
        };
        let note = match flag.status {
            Status::Works => "",
            Status::Tuning => " (accepted, no effect)",
            Status::Missing => " (not implemented)",
        };
        out.push_str(&format!("  {short} --{:<25} {}{note}\n", format!("{}{value}", flag.long), flag.help));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Wish, String> {
        parse(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    fn run(line: &str) -> Options {
        match parsed(line) {
            Ok(Wish::Run(options)) => *options,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn usual_command_lines_are_understood() {
        let plain = run("keepalived");
        assert_eq!((plain.file.as_str(), plain.foreground, plain.facility), (DEFAULT_FILE, false, 3));
        let debian = run("keepalived --dont-fork -D -D -f /x --log-facility=local3 -p /p -r/r");
        assert_eq!((debian.detail, debian.foreground, debian.facility), (2, true, 19));
        assert_eq!((debian.file.as_str(), debian.vrrp_pid_file), ("/x", Some("/r".into())));
        assert_eq!(run("keepalived --original-timing").timing, Timing::Original);
    }

    #[test]
    fn complaints_are_the_originals() {
        assert_eq!(parsed("keepalived --bogus").err().as_deref(), Some("Unknown option --bogus"));
        assert_eq!(parsed("keepalived -f").err().as_deref(), Some("Missing parameter for option -f"));
        assert_eq!(parsed("keepalived --signum=NO").err().as_deref(), Some("Unknown sigfunc NO"));
        assert!(parsed("keepalived -x").is_err_and(|text| text.contains("not implemented")));
    }

    #[test]
    fn signals_have_the_originals_numbers() {
        for (name, number) in
            [("STOP", 15), ("RELOAD", 1), ("DATA", 10), ("STATS", 12), ("STATS_CLEAR", 63), ("JSON", 36)]
        {
            assert!(matches!(parsed(&format!("keepalived --signum={name}")), Ok(Wish::Signal(n)) if n == number));
        }
    }

    #[test]
    fn test_mode_takes_an_optional_file() {
        let test = |line: &str| match parsed(line) {
            Ok(Wish::Test(test)) => *test,
            other => panic!("{line}: {other:?}"),
        };
        assert_eq!(test("keepalived -t").log, None);
        assert_eq!(test("keepalived -t -f /x").log, None);
        assert_eq!(test("keepalived --config-test=/tmp/x").log, Some("/tmp/x".into()));
        let strict = test("keepalived -t --strict --format json");
        assert_eq!((strict.strict, strict.format), (true, Some(Format::Json)));
        assert!(parsed("keepalived -t --format=xml").is_err());
    }
}

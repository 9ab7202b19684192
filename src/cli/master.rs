//! The master's own command line: [`take_command`] cuts what an operator sent, [`Session::run`] says what is to be done.
//!
//! A command goes to the master, or with `@1` or `@!<pid>` before it to a worker, which answers as its own runtime socket
//! would. The master keeps level and modes of the connection and tells them to the worker with each command, as one byte
//! ([`Session::rights`]).

use crate::ir::listener::AccessLevel;

/// A process of the family.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Process {
    pub pid: i32,
    /// Reloads that it has lived through.
    pub reloads: u32,
    /// Reloads in a row that did not succeed (of the master).
    pub failed: u32,
    /// Seconds since 1970 at its start.
    pub since: i64,
    pub version: String,
    /// The name of a program that is run beside the workers; none of a master or worker.
    pub program: Option<String>,
}

/// The family at one moment.
#[derive(Debug, Default)]
pub struct Family {
    pub master: Process,
    /// The latest first.
    pub workers: Vec<Process>,
    /// Workers that finish what they have.
    pub leaving: Vec<Process>,
    pub programs: Vec<Process>,
    pub leaving_programs: Vec<Process>,
    /// Seconds since 1970.
    pub now: i64,
}

/// What is to be done about a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing is answered.
    Nothing,
    /// This is answered, followed by an empty line.
    Say(String),
    /// A worker answers.
    Ask(i32, String),
    Reload,
    Quit,
    /// This is answered, and the connection is closed.
    Lost(String),
}

/// One operator's connection to the master.
#[derive(Debug, Clone)]
pub struct Session {
    pub level: AccessLevel,
    pub interactive: bool,
    pub expert: bool,
    pub experimental: bool,
    /// The worker that commands without `@` go to.
    target: Option<i32>,
}

/// A command of the master.
struct Command {
    name: &'static str,
    args: &'static str,
    doc: &'static str,
    run: fn(&mut Session, &Family, &[&str]) -> Step,
}

impl Command {
    fn usage(&self) -> String {
        let left = if self.args.is_empty() { self.name.to_owned() } else { format!("{} {}", self.name, self.args) };
        format!("  {left:<40}: {}\n", self.doc)
    }
}

const COMMANDS: &[Command] = &[
    Command { name: "@!<pid>", args: "", doc: "send a command to the <pid> process", run: |s, _, _| s.unknown(&[]) },
    Command {
        name: "@<relative pid>",
        args: "",
        doc: "send a command to the <relative pid> process",
        run: |s, _, _| s.unknown(&[]),
    },
    Command { name: "@master", args: "", doc: "send a command to the master process", run: |s, _, _| s.unknown(&[]) },
    Command {
        name: "operator",
        args: "",
        doc: "lower the level of the current CLI session to operator",
        run: |s, _, _| s.lower(AccessLevel::Operator),
    },
    Command { name: "reload", args: "", doc: "reload haproxy", run: |s, _, _| s.reload() },
    Command {
        name: "show cli level",
        args: "",
        doc: "display the level of the current CLI session",
        run: |s, _, _| Step::Say(format!("{}\n", level(s.level))),
    },
    Command {
        name: "show cli sockets",
        args: "",
        doc: "dump list of cli sockets",
        // Those of workers are meant, and the master has none of them.
        run: |_, _, _| Step::Say(String::new()),
    },
    Command { name: "show proc", args: "", doc: "show processes status", run: |_, f, _| Step::Say(processes(f)) },
    Command {
        name: "show version",
        args: "",
        doc: "show version of the current process",
        run: |_, f, _| Step::Say(format!("{}\n", f.master.version)),
    },
    Command {
        name: "user",
        args: "",
        doc: "lower the level of the current CLI session to user",
        run: |s, _, _| s.lower(AccessLevel::User),
    },
    Command { name: "help", args: "[<command>]", doc: "list matching or all commands", run: |_, _, w| help(w) },
    Command {
        name: "prompt",
        args: "",
        doc: "toggle interactive mode with prompt",
        run: |s, _, _| {
            s.interactive = !s.interactive;
            Step::Nothing
        },
    },
    Command { name: "quit", args: "", doc: "disconnect", run: |_, _, _| Step::Quit },
];

/// The names of the commands, for dumps.
pub fn names() -> impl Iterator<Item = &'static str> {
    let hidden = OWN.iter().filter(|own| COMMANDS.iter().all(|c| c.name != **own));
    COMMANDS.iter().map(|c| c.name).chain(hidden.copied())
}

/// Commands that the master obeys whatever process commands go to.
const OWN: [&str; 6] = ["expert-mode", "experimental-mode", "operator", "prompt", "quit", "user"];
/// Commands that `help` shows whatever was asked for.
const ALWAYS: [&str; 3] = ["help", "prompt", "quit"];

impl Session {
    pub fn new(level: AccessLevel) -> Self {
        Self { level, interactive: false, expert: false, experimental: false, target: None }
    }

    /// Level (2 bits), expert (4) and experimental mode (8), as a worker is told.
    pub fn rights(&self) -> u8 {
        self.level as u8 | u8::from(self.expert) << 2 | u8::from(self.experimental) << 3
    }

    /// What stands before the next command of an interactive operator.
    pub fn prompt(&self) -> String {
        let who = self.target.map_or_else(|| "master".to_owned(), |pid| pid.to_string());
        match (self.experimental, self.expert) {
            (false, false) => format!("{who}> "),
            (x, e) => format!("{who}({}{})> ", if x { "x" } else { "" }, if e { "e" } else { "" }),
        }
    }

    /// Reads a command, and obeys what concerns the connection alone.
    pub fn run(&mut self, text: &str, family: &Family) -> Step {
        let text = text.trim_start();
        let (to, text) = match text.strip_prefix('@') {
            None => (self.target, text),
            Some(rest) => {
                let (name, command) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                let Some(to) = target(name, family) else {
                    return Step::Lost(format!("Can't find the target PID matching the prefix '@{name}'\n"));
                };
                if command.trim().is_empty() {
                    self.target = to;
                    return Step::Nothing;
                }
                return match to {
                    Some(pid) => Step::Ask(pid, command.trim_start().to_owned()),
                    None => self.own(command, family),
                };
            }
        };
        let first = text.split_whitespace().next().unwrap_or("");
        match to {
            Some(pid) if !OWN.contains(&first) => Step::Ask(pid, text.to_owned()),
            _ => self.own(text, family),
        }
    }

    fn own(&mut self, text: &str, family: &Family) -> Step {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.first() {
            Some(&"expert-mode") => return switch(&mut self.expert, &words),
            Some(&"experimental-mode") => return switch(&mut self.experimental, &words),
            _ => {}
        }
        let fits = |c: &&Command| {
            c.name.split(' ').count() <= words.len()
                && c.name.split(' ').eq(words.iter().copied().take(c.name.split(' ').count()))
        };
        match COMMANDS.iter().find(fits) {
            Some(c) => (c.run)(self, family, &words[c.name.split(' ').count()..]),
            None => self.unknown(&words),
        }
    }

    fn lower(&mut self, to: AccessLevel) -> Step {
        self.level = self.level.min(to);
        Step::Nothing
    }

    fn reload(&self) -> Step {
        if self.level < AccessLevel::Operator {
            return Step::Say("Permission denied\n".to_owned());
        }
        Step::Reload
    }

    fn unknown(&self, words: &[&str]) -> Step {
        let first = words.first().copied().unwrap_or("");
        let near = |c: &&Command| {
            let word = c.name.split(' ').next().unwrap_or("");
            !first.is_empty()
                && !ALWAYS.contains(&c.name)
                && (word.starts_with(first) || strsim::damerau_levenshtein(word, first) <= 2)
        };
        if COMMANDS.iter().any(|c| near(&c)) {
            let list = COMMANDS.iter().filter(|c| near(c) || ALWAYS.contains(&c.name)).map(Command::usage);
            let head = "Unknown command, but maybe one of the following ones is a better match:\n".to_owned();
            return Step::Say(std::iter::once(head).chain(list).collect());
        }
        let head = "Unknown command. Please enter one of the following commands only:\n".to_owned();
        Step::Say(std::iter::once(head).chain(COMMANDS.iter().map(Command::usage)).collect())
    }
}

fn switch(mode: &mut bool, words: &[&str]) -> Step {
    match words.get(1) {
        Some(&"on") => *mode = true,
        Some(&"off") => *mode = false,
        _ => {}
    }
    Step::Nothing
}

/// Which process a name behind `@` means: `None` is no process, `Some(None)` the master.
fn target(name: &str, family: &Family) -> Option<Option<i32>> {
    if let Some(pid) = name.strip_prefix('!') {
        let pid = pid.parse().ok()?;
        let known = family.workers.iter().chain(&family.leaving).any(|p| p.pid == pid);
        return known.then_some(Some(pid));
    }
    match name {
        "" | "master" | "0" => Some(None),
        // There is one worker that does not leave.
        "1" => family.workers.first().map(|p| Some(p.pid)),
        _ => None,
    }
}

fn level(level: AccessLevel) -> &'static str {
    match level {
        AccessLevel::User => "user",
        AccessLevel::Operator => "operator",
        AccessLevel::Admin => "admin",
    }
}

fn help(words: &[&str]) -> Step {
    let wanted = words.join(" ");
    let list = COMMANDS.iter().filter(|c| c.name.starts_with(&wanted) || ALWAYS.contains(&c.name)).map(Command::usage);
    let head = "The following commands are valid at this level:\n".to_owned();
    Step::Say(std::iter::once(head).chain(list).collect())
}

fn processes(family: &Family) -> String {
    let line = |p: &Process, kind: &str, reloads: String| {
        let up = family.now.saturating_sub(p.since).max(0);
        let up = format!("{}d{:02}h{:02}m{:02}s", up / 86400, up / 3600 % 24, up / 60 % 60, up % 60);
        format!("{:<15} {kind:<15} {reloads:<15} {up:<15} {:<15}\n", p.pid, p.version)
    };
    let worker = |p: &Process| line(p, "worker", p.reloads.to_string());
    let head = ["#<PID>", "<type>", "<reloads>", "<uptime>", "<version>"].map(|c| format!("{c:<15}")).join(" ");
    let m = &family.master;
    let mut out = format!("{head}\n{}# workers\n", line(m, "master", format!("{} [failed: {}]", m.reloads, m.failed)));
    out.extend(family.workers.iter().map(worker));
    if !family.leaving.is_empty() {
        out.push_str("# old workers\n");
        out.extend(family.leaving.iter().map(worker));
    }
    let program = |p: &Process| line(p, p.program.as_deref().unwrap_or("-"), p.reloads.to_string());
    out.push_str("# programs\n");
    out.extend(family.programs.iter().map(program));
    if !family.leaving_programs.is_empty() {
        out.push_str("# old programs\n");
        out.extend(family.leaving_programs.iter().map(program));
    }
    out
}

/// Takes the first whole command, with its payload, off what was received. `None`: more has to come.
pub fn take_command(input: &mut Vec<u8>) -> Option<String> {
    let end = separator(input)?;
    let is_line = input[end] == b'\n';
    let text = &input[..end];
    // A payload ends with an empty line, and goes with its command.
    let has_payload = is_line && text.trim_ascii_end().ends_with(b"<<");
    let (text_end, used) = if has_payload {
        let rest = &input[end..];
        let at = end + rest.windows(2).position(|w| w == b"\n\n")?;
        (at + 2, at + 2)
    } else {
        (end, end + 1)
    };
    let text = String::from_utf8_lossy(&input[..text_end]).into_owned();
    input.drain(..used);
    Some(if has_payload { text } else { text.trim_end_matches('\r').to_owned() })
}

/// Where the first `;` or line feed is that no backslash precedes.
fn separator(input: &[u8]) -> Option<usize> {
    let mut escaped = false;
    for (i, b) in input.iter().enumerate() {
        match b {
            b'\n' => return Some(i),
            b';' if !escaped => return Some(i),
            _ => escaped = *b == b'\\' && !escaped,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn family() -> Family {
        let p = |pid, reloads| Process { pid, reloads, failed: 0, since: 100, version: "2.6.12".into(), program: None };
        Family { master: p(10, 1), workers: vec![p(12, 0)], leaving: vec![p(11, 1)], now: 90_161, ..Family::default() }
    }

    #[test]
    fn processes_stand_in_columns() {
        let Step::Say(text) = Session::new(AccessLevel::User).run("show proc", &family()) else { panic!("it answers") };
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "#<PID>          <type>          <reloads>       <uptime>        <version>      ");
        assert_eq!(lines[1], "10              master          1 [failed: 0]   1d01h01m01s     2.6.12         ");
        assert_eq!(
            lines[2..4],
            ["# workers", "12              worker          0               1d01h01m01s     2.6.12         "]
        );
        assert_eq!(
            lines[4..],
            [
                "# old workers",
                "11              worker          1               1d01h01m01s     2.6.12         ",
                "# programs"
            ]
        );
    }

    #[test]
    fn commands_go_to_the_process_that_is_named() {
        let (mut s, f) = (Session::new(AccessLevel::Admin), family());
        assert_eq!(s.run("@1 show info", &f), Step::Ask(12, "show info".into()));
        assert_eq!(s.run("@!11 show info", &f), Step::Ask(11, "show info".into()));
        assert_eq!(s.run("@master show version", &f), Step::Say("2.6.12\n".into()));
        assert!(matches!(s.run("@2 show info", &f), Step::Lost(_)));
        assert_eq!((s.run("@1", &f), s.prompt().as_str()), (Step::Nothing, "12> "));
        assert_eq!(s.run("show info", &f), Step::Ask(12, "show info".into()));
        assert_eq!((s.run("prompt", &f), s.interactive), (Step::Nothing, true));
        assert_eq!((s.run("@", &f), s.prompt().as_str()), (Step::Nothing, "master> "));
    }

    #[test]
    fn who_lowered_his_level_cannot_reload() {
        let (mut s, f) = (Session::new(AccessLevel::Admin), family());
        assert_eq!(s.run("reload", &f), Step::Reload);
        assert_eq!(s.run("user", &f), Step::Nothing);
        assert_eq!(s.run("reload", &f), Step::Say("Permission denied\n".into()));
        assert_eq!(s.run("operator", &f), Step::Nothing);
        assert_eq!(s.rights(), 0);
    }

    #[test]
    fn modes_show_in_the_prompt_and_go_to_workers() {
        let (mut s, f) = (Session::new(AccessLevel::Operator), family());
        assert_eq!(s.run("expert-mode on", &f), Step::Nothing);
        assert_eq!((s.prompt().as_str(), s.rights()), ("master(e)> ", 5));
        assert_eq!(s.run("experimental-mode on", &f), Step::Nothing);
        assert_eq!((s.prompt().as_str(), s.rights()), ("master(xe)> ", 13));
    }

    #[test]
    fn commands_end_at_semicolons_and_line_feeds_and_payloads_at_empty_lines() {
        let mut input = b"show proc; @1 show\\;x\n@1 add map m <<\na b\nc d\n\nrest".to_vec();
        assert_eq!(take_command(&mut input).as_deref(), Some("show proc"));
        assert_eq!(take_command(&mut input).as_deref(), Some(" @1 show\\;x"));
        assert_eq!(take_command(&mut input).as_deref(), Some("@1 add map m <<\na b\nc d\n\n"));
        assert_eq!(take_command(&mut input), None);
        assert_eq!(input, b"rest");
    }
}

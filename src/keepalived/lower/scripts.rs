//! Programs of scripts: are they there, and could others change what root runs?

use crate::{
    ir::failover::{
        Command, Global, Notify, RunAs, Script,
        global::{Fifo, Timed},
    },
    keepalived::{
        draft::ScriptDraft,
        report::{ExitCode, Report},
        system::{Program, System},
    },
};

/// What was found while looking for programs.
pub(super) struct Programs<'a> {
    system: &'a dyn System,
    security: bool,
    any: bool,
    any_unsafe: bool,
}

/// Whether a program can be used.
enum Use {
    Yes,
    Missing,
    Unsafe,
}

impl<'a> Programs<'a> {
    pub(super) fn new(system: &'a dyn System, security: bool) -> Self {
        Self { system, security, any: false, any_unsafe: false }
    }

    /// Looks for a command's program and fills it in.
    fn look(&mut self, command: &mut Command, report: &mut Report) -> Use {
        let name = command.argv[0].clone();
        let shown = String::from_utf8_lossy(&name).into_owned();
        match self.system.program(&name, &command.run_as) {
            Program::Found(path) => command.path = path,
            Program::FoundByPath(path) => {
                let text = format!(
                    "WARNING - script `{shown}` resolved by path search to `{}`. Please specify full path.",
                    path.display()
                );
                report.aside("path-search", command.at, text);
                command.path = path;
            }
            Program::NotFound => return Use::Missing,
            Program::Unsafe(path) => {
                report.aside(
                    "unsafe-script",
                    command.at,
                    format!("Unsafe permissions found for script '{}'.", path.display()),
                );
                command.path = path;
                self.any_unsafe = true;
                if self.security {
                    return Use::Unsafe;
                }
            }
        }
        self.any = true;
        Use::Yes
    }

    /// A command that is dropped, with a word about it, when it cannot be run.
    pub(super) fn keep(&mut self, command: Option<Command>, report: &mut Report) -> Option<Command> {
        let command = command?;
        let what = format!("notify script {}", String::from_utf8_lossy(&command.argv[0]));
        self.keep_as(Some(command), &what, report)
    }

    /// The same for a command that is called something else.
    pub(super) fn keep_as(&mut self, command: Option<Command>, what: &str, report: &mut Report) -> Option<Command> {
        let mut command = command?;
        match self.look(&mut command, report) {
            Use::Yes => Some(command),
            Use::Missing => {
                report.aside("no-script", command.at, format!("Disabling {what} since not found/accessible"));
                None
            }
            Use::Unsafe => {
                report.aside("unsafe-script", command.at, format!("Disabling {what} due to insecure"));
                None
            }
        }
    }

    /// The commands of a router or a group.
    pub(super) fn notify(&mut self, notify: Notify, report: &mut Report) -> Notify {
        Notify {
            master: self.keep(notify.master, report),
            backup: self.keep(notify.backup, report),
            fault: self.keep(notify.fault, report),
            stop: self.keep(notify.stop, report),
            deleted: self.keep(notify.deleted, report),
            tell_deleted: notify.tell_deleted,
            any: self.keep(notify.any, report),
            lower_priority: self.keep(notify.lower_priority, report),
        }
    }

    /// The verdict over all programs.
    pub(super) fn security(&self, what: &str, report: &mut Report) {
        if !self.any || self.security {
            return;
        }
        let more = if self.any_unsafe { " There are insecure scripts." } else { "" };
        report.ranked(
            "script-security",
            ExitCode::Security,
            None,
            format!("SECURITY VIOLATION - {what} are being executed but script_security not enabled.{more}"),
        );
    }

    /// The command that reads a pipe.
    pub(super) fn pipe(&mut self, fifo: &mut Fifo, report: &mut Report) {
        fifo.script = self.keep(fifo.script.take(), report);
    }

    fn timed(&mut self, timed: Option<Timed>, report: &mut Report) -> Option<Timed> {
        let timed = timed?;
        let command = self.keep(Some(timed.command), report)?;
        Some(Timed { command, ..timed })
    }
}

/// Looks for the programs that the parent runs at start and end.
pub(in crate::keepalived) fn start_and_end(settings: &mut Global, system: &dyn System, report: &mut Report) {
    let mut programs = Programs::new(system, settings.script_security);
    settings.startup_script = programs.timed(settings.startup_script.take(), report);
    settings.shutdown_script = programs.timed(settings.shutdown_script.take(), report);
    programs.security("start/shutdown scripts", report);
}

/// Looks for the programs of all scripts. A script whose program cannot be run is gone afterwards.
pub(super) fn scripts<'a>(
    drafts: Vec<ScriptDraft>,
    settings: &Global,
    system: &'a dyn System,
    report: &mut Report,
) -> (Vec<Script>, Programs<'a>) {
    let default_user = settings.script_user.clone().unwrap_or_else(|| default_user(drafts.is_empty(), system, report));
    let mut programs = Programs::new(system, settings.script_security);
    let scripts = drafts.into_iter().filter_map(|draft| script(draft, &default_user, &mut programs, report)).collect();
    (scripts, programs)
}

/// The user of scripts that name none: one made for it, else ourselves.
fn default_user(nobody_asks: bool, system: &dyn System, report: &mut Report) -> RunAs {
    match system.user("keepalived_script") {
        Some(user) => user,
        None => {
            if !nobody_asks {
                report.log_only("Script user 'keepalived_script' does not exist");
            }
            system.own()
        }
    }
}

fn script(
    draft: ScriptDraft,
    default_user: &RunAs,
    programs: &mut Programs<'_>,
    report: &mut Report,
) -> Option<Script> {
    let (argv, at) = draft.command?;
    let run_as = draft.run_as.unwrap_or_else(|| default_user.clone());
    let mut command = crate::keepalived::draft::unchecked(argv, run_as, at);
    let name = draft.name;
    let fault = match programs.look(&mut command, report) {
        Use::Yes => None,
        Use::Missing => Some(format!("Disabling track script {name} since not found/accessible")),
        Use::Unsafe => Some(format!("Disabling track script {name} due to insecure")),
    };
    if let Some(text) = fault {
        report.general("no-script", text);
        return None;
    }
    Some(Script {
        name,
        at: draft.at,
        command,
        interval: draft.interval.unwrap_or(std::time::Duration::from_secs(1)),
        timeout: draft.timeout.filter(|timeout| !timeout.is_zero()),
        weight: draft.weight,
        rise: draft.rise,
        fall: draft.fall,
        init_fail: draft.init_fail,
    })
}

//! Commands of the whole daemon: who runs them, what is run at start and end, and the pipes that are told of changes.

use super::super::shared::{SWITCH, whole_seconds};
use crate::{
    ir::failover::{Global, global::Timed},
    keepalived::{
        draft::Draft,
        keyword::{Block, Call, Grammar, KEYWORD, Keyword, Status},
        quoted,
    },
    text::grammar::{Arg, Kind},
};
use std::{path::PathBuf, time::Duration};

const GLOBAL: &[Block] = &[Block::Global];
const COMMAND: Grammar = Grammar::Custom("<command line> [<user> [<group>]]");

pub(in super::super) const KEYWORDS: &[Keyword] = &[
    ENABLE_SCRIPT_SECURITY,
    SCRIPT_USER,
    STARTUP_SCRIPT,
    STARTUP_SCRIPT_TIMEOUT,
    SHUTDOWN_SCRIPT,
    SHUTDOWN_SCRIPT_TIMEOUT,
    NOTIFY_FIFO,
    VRRP_NOTIFY_FIFO,
    LVS_NOTIFY_FIFO,
    NOTIFY_FIFO_SCRIPT,
    VRRP_NOTIFY_FIFO_SCRIPT,
    LVS_NOTIFY_FIFO_SCRIPT,
    FIFO_WRITE_VRRP_STATES_ON_RELOAD,
    USE_SYMLINK_PATHS,
    SET_SUPPLEMENTARY_GROUPS,
];

const ENABLE_SCRIPT_SECURITY: Keyword = Keyword {
    name: "enable_script_security",
    blocks: GLOBAL,
    doc: "Scripts that root would run and others could change are not run.",
    examples: &["enable_script_security"],
    lower: |draft, _| draft.global.settings.script_security = true,
    ..KEYWORD
};

const SCRIPT_USER: Keyword = Keyword {
    name: "script_user",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Value("user", Kind::Word), Arg::Optional("group", Kind::Word)]),
    doc: "Who runs scripts that do not say otherwise.",
    examples: &["script_user nobody", "script_user keepalived_script keepalived_script"],
    lower: |draft, call| {
        let words: Vec<&str> = call.words.arguments().iter().map(|word| word.text.as_str()).collect();
        match super::super::shared::run_as(call, &words) {
            Some(run_as) => draft.global.settings.script_user = Some(run_as),
            None => {
                draft.global.bad_script_user = true;
                call.complain("bad-script-user", "Error setting global script uid/gid");
            }
        }
    },
    ..KEYWORD
};

const STARTUP_SCRIPT: Keyword = Keyword {
    name: "startup_script",
    blocks: GLOBAL,
    grammar: COMMAND,
    doc: "Run before anything else, and waited for.",
    examples: &["startup_script /usr/local/bin/up"],
    rejects: &["startup_script"],
    lower: |draft, call| timed(draft, call, |settings| &mut settings.startup_script),
    ..KEYWORD
};

const STARTUP_SCRIPT_TIMEOUT: Keyword = Keyword {
    name: "startup_script_timeout",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Value("seconds", Kind::Int(1, 1000))]),
    invalid: "startup_script_timeout '{word}' must be in [1, 1000] - ignoring",
    doc: "Seconds that the start-up script has.",
    examples: &["startup_script_timeout 10"],
    rejects: &["startup_script_timeout 0"],
    lower: |draft, call| {
        if let (Some(script), Some(time)) = (&mut draft.global.settings.startup_script, whole_seconds(call)) {
            script.timeout = time;
        }
    },
    ..KEYWORD
};

const SHUTDOWN_SCRIPT: Keyword = Keyword {
    name: "shutdown_script",
    blocks: GLOBAL,
    grammar: COMMAND,
    doc: "Run after everything else, and waited for.",
    examples: &["shutdown_script /usr/local/bin/down"],
    rejects: &["shutdown_script"],
    lower: |draft, call| timed(draft, call, |settings| &mut settings.shutdown_script),
    ..KEYWORD
};

const SHUTDOWN_SCRIPT_TIMEOUT: Keyword = Keyword {
    name: "shutdown_script_timeout",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Value("seconds", Kind::Int(1, 1000))]),
    invalid: "shutdown_script_timeout '{word}' must be in [1, 1000] - ignoring",
    doc: "Seconds that the shutdown script has.",
    examples: &["shutdown_script_timeout 10"],
    rejects: &["shutdown_script_timeout 0"],
    lower: |draft, call| {
        if let (Some(script), Some(time)) = (&mut draft.global.settings.shutdown_script, whole_seconds(call)) {
            script.timeout = time;
        }
    },
    ..KEYWORD
};

/// A command with its default limit of time. The first one counts.
fn timed(draft: &mut Draft, call: &mut Call<'_>, place: fn(&mut Global) -> &mut Option<Timed>) {
    let what = call.keyword.name.trim_end_matches("_script");
    if call.words.arguments().is_empty() {
        return call.complain("no-script", format!("{what} script missing"));
    }
    if place(&mut draft.global.settings).is_some() {
        return call.complain("repeated", format!("{what} script already specified"));
    }
    match super::super::shared::notification(draft, call) {
        Some(command) => {
            *place(&mut draft.global.settings) = Some(Timed { command, timeout: Duration::from_secs(10) });
        }
        None => call.complain("bad-script", format!("Invalid {what} script")),
    }
}

const NOTIFY_FIFO: Keyword = Keyword {
    name: "notify_fifo",
    adds: true,
    blocks: GLOBAL,
    grammar: Grammar::Custom("<path>"),
    doc: "A named pipe that gets a line for each change.",
    examples: &["notify_fifo /run/keepalived.fifo"],
    rejects: &["notify_fifo", "notify_fifo /run/one\nnotify_fifo /run/two"],
    lower: fifo,
    ..KEYWORD
};

const VRRP_NOTIFY_FIFO: Keyword = Keyword {
    name: "vrrp_notify_fifo",
    doc: "The same, for changes of routers only.",
    examples: &["vrrp_notify_fifo /run/vrrp.fifo"],
    rejects: &["vrrp_notify_fifo"],
    ..NOTIFY_FIFO
};

const LVS_NOTIFY_FIFO: Keyword = Keyword {
    name: "lvs_notify_fifo",
    doc: "The same, for changes of virtual and real servers only.",
    examples: &["lvs_notify_fifo /run/lvs.fifo"],
    rejects: &["lvs_notify_fifo"],
    ..NOTIFY_FIFO
};

fn fifo(draft: &mut Draft, call: &mut Call<'_>) {
    let name = call.keyword.name;
    let Some(path) = call.text(0).map(str::to_owned) else {
        return call.complain("no-name", format!("No {name} name specified"));
    };
    let place = draft.global.fifo(name);
    if place.path.is_some() {
        return call.complain("repeated", format!("{name} already specified - ignoring {path}"));
    }
    place.path = Some(PathBuf::from(path));
    match call.words.arguments() {
        [_, owner, ..] => {
            let text = format!("'{}' does not become the owner of the pipe", owner.text);
            call.report.overlooked("ignored-words", owner.at, text, "");
        }
        // The original asks for the owner here, and says here that there is none.
        _ => _ = draft.default_user(call.system, call.report, call.words.at),
    }
}

const NOTIFY_FIFO_SCRIPT: Keyword = Keyword {
    name: "notify_fifo_script",
    adds: true,
    blocks: GLOBAL,
    grammar: COMMAND,
    doc: "A command that reads the pipe; it gets the pipe's path as an argument and is started with the daemon.",
    examples: &["notify_fifo_script /usr/local/bin/reader"],
    rejects: &["notify_fifo_script"],
    lower: fifo_script,
    ..KEYWORD
};

const VRRP_NOTIFY_FIFO_SCRIPT: Keyword = Keyword {
    name: "vrrp_notify_fifo_script",
    doc: "A command that reads that pipe.",
    examples: &["vrrp_notify_fifo_script /usr/local/bin/reader"],
    rejects: &["vrrp_notify_fifo_script"],
    ..NOTIFY_FIFO_SCRIPT
};

const LVS_NOTIFY_FIFO_SCRIPT: Keyword = Keyword {
    name: "lvs_notify_fifo_script",
    doc: "A command that reads that pipe.",
    examples: &["lvs_notify_fifo_script /usr/local/bin/reader"],
    rejects: &["lvs_notify_fifo_script"],
    ..NOTIFY_FIFO_SCRIPT
};

fn fifo_script(draft: &mut Draft, call: &mut Call<'_>) {
    let name = call.keyword.name;
    if call.words.arguments().is_empty() {
        return call.complain("no-script", format!("No {name} specified"));
    }
    let pipe = name.trim_end_matches("_script");
    if draft.global.fifo(pipe).script.is_some() {
        let (line, _) = quoted::first_word(&call.words.raw[call.words.keyword().len()..]);
        return call.complain("repeated", format!("{name} already specified - ignoring {line}"));
    }
    if let Some(command) = super::super::shared::notification(draft, call) {
        draft.global.fifo(pipe).script = Some(command);
    }
}

const FIFO_WRITE_VRRP_STATES_ON_RELOAD: Keyword = Keyword {
    name: "fifo_write_vrrp_states_on_reload",
    blocks: GLOBAL,
    doc: "After a reload all states go into the pipes again.",
    examples: &["fifo_write_vrrp_states_on_reload"],
    lower: |draft, _| draft.global.settings.fifo_states_on_reload = true,
    ..KEYWORD
};

const USE_SYMLINK_PATHS: Keyword = Keyword {
    name: "use_symlink_paths",
    blocks: GLOBAL,
    grammar: SWITCH,
    status: Status::Tuning,
    doc: "Paths of scripts are used as they are written, whatever links they lead over. They always are here. Since 2.3.0.",
    examples: &["use_symlink_paths", "use_symlink_paths off"],
    rejects: &["use_symlink_paths perhaps"],
    lower: check_switch,
    ..KEYWORD
};

const SET_SUPPLEMENTARY_GROUPS: Keyword = Keyword {
    name: "set_supplementary_groups",
    doc: "Scripts also get the further groups of their user. They always do here. Later than 2.4.3.",
    examples: &["set_supplementary_groups", "set_supplementary_groups on"],
    rejects: &["set_supplementary_groups perhaps"],
    ..USE_SYMLINK_PATHS
};

fn check_switch(_: &mut Draft, call: &mut Call<'_>) {
    if call.switch().is_none() {
        let (name, word) = (call.keyword.name, call.text(0).unwrap_or_default().to_owned());
        call.complain("bad-switch", format!("Invalid value '{word}' for global {name} specified"));
    }
}

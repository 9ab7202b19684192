//! How a reload is asked for and prepared, and what else concerns the files around the daemon.

use std::path::PathBuf;

use super::super::shared::SWITCH;
use crate::keepalived::keyword::{Block, Grammar, KEYWORD, Keyword, Status};

const GLOBAL: &[Block] = &[Block::Global];
const FILE: Grammar = Grammar::Custom("[<file>]");

pub(in super::super) const KEYWORDS: &[Keyword] = &[
    RELOAD_CHECK_CONFIG,
    RELOAD_FILE,
    RELOAD_TIME_FILE,
    RELOAD_REPEAT,
    INCLUDE_CHECK,
    DATA_USE_INSTANCE,
    TMP_CONFIG_DIRECTORY,
    DISABLE_LOCAL_IGMP,
    LOG_UNKNOWN_VRIDS,
];

const RELOAD_CHECK_CONFIG: Keyword = Keyword {
    name: "reload_check_config",
    blocks: GLOBAL,
    grammar: FILE,
    doc: "A file with any fault is not loaded; the faults are written to the log file named here.",
    examples: &["reload_check_config", "reload_check_config /var/log/keepalived.check"],
    lower: |draft, call| draft.global.settings.reload_check = Some(call.text(0).map(PathBuf::from)),
    ..KEYWORD
};

const RELOAD_FILE: Keyword = Keyword {
    name: "reload_file",
    blocks: GLOBAL,
    grammar: FILE,
    doc: "A file that is there, and empty, as long as a reload reads the configuration; `keepalived.reload` beside the pid \
          files if not named.",
    examples: &["reload_file", "reload_file /run/keepalived/reading"],
    lower: |draft, call| draft.global.settings.reload_file = Some(call.text(0).map(PathBuf::from)),
    ..KEYWORD
};

const RELOAD_TIME_FILE: Keyword = Keyword {
    name: "reload_time_file",
    blocks: GLOBAL,
    grammar: Grammar::Custom("<file>"),
    doc: "A file whose first line is the time of the next reload: `HH:MM:SS`, or that behind `YY-MM-DD` or `YYYY-MM-DD`, local \
          time or with a `Z` behind it UTC. The file goes when the time has come.",
    examples: &["reload_time_file /etc/keepalived/reload_time"],
    rejects: &["reload_time_file"],
    lower: |draft, call| match call.text(0).map(PathBuf::from) {
        Some(path) => draft.global.settings.reload_time_file = Some(path),
        None => call.complain("no-file", "reload_time_file invalid"),
    },
    ..KEYWORD
};

const RELOAD_REPEAT: Keyword = Keyword {
    name: "reload_repeat",
    blocks: GLOBAL,
    doc: "The file of `reload_time_file` stays, and a time without a date comes every day.",
    examples: &["reload_repeat"],
    lower: |draft, _| draft.global.settings.reload_repeat = true,
    ..KEYWORD
};

const DATA_USE_INSTANCE: Keyword = Keyword {
    name: "data_use_instance",
    blocks: GLOBAL,
    grammar: SWITCH,
    doc: "The names of `instance` and `net_namespace` are part of the names of dumps.",
    examples: &["data_use_instance on"],
    rejects: &["data_use_instance perhaps"],
    lower: |draft, call| match call.switch() {
        Some(value) => draft.global.settings.data_use_instance = value,
        None => {
            let word = call.text(0).unwrap_or_default().to_owned();
            // The original's own spelling.
            call.complain("bad-switch", format!("Invalid value '{word}' for global date_use_instance specified"));
        }
    },
    ..KEYWORD
};

const TMP_CONFIG_DIRECTORY: Keyword = Keyword {
    name: "tmp_config_directory",
    blocks: GLOBAL,
    grammar: Grammar::Custom("<directory>"),
    status: Status::Tuning,
    doc: "Where a copy of the configuration is kept for further processes. All read the files themselves here.",
    examples: &["tmp_config_directory /var/tmp"],
    lower: |_, call| {
        if call.text(0).is_none() {
            call.complain("no-directory", "tmp_config_directory missing directory name");
        }
    },
    ..KEYWORD
};

const DISABLE_LOCAL_IGMP: Keyword = Keyword {
    name: "disable_local_igmp",
    blocks: GLOBAL,
    doc: "The kernel does not report groups of the local network (224.0.0.0/24), which switches flood anyway.",
    examples: &["disable_local_igmp"],
    lower: |draft, _| draft.global.settings.disable_local_igmp = true,
    ..KEYWORD
};

const LOG_UNKNOWN_VRIDS: Keyword = Keyword {
    name: "log_unknown_vrids",
    blocks: GLOBAL,
    doc: "Adverts of identifiers that no router has on the interface they came by are logged.",
    examples: &["log_unknown_vrids"],
    lower: |draft, _| draft.global.settings.log_unknown_vrids = true,
    ..KEYWORD
};

/// Read with the lines themselves; only its words are looked at here.
const INCLUDE_CHECK: Keyword = Keyword {
    name: "include_check",
    blocks: GLOBAL,
    grammar: Grammar::Custom("[[+|-]match] [[+|-]wildcard_match] [[+|-]brace_match]"),
    doc: "Which includes that find nothing are errors: a plain name, a pattern, a name in braces. Without words, all. With signs, \
          they are added to or taken from those that are checked already.",
    examples: &["include_check", "include_check +match -wildcard_match"],
    rejects: &["include_check everything"],
    lower: |_, call| {
        let words: Vec<String> = call.words.arguments().iter().map(|word| word.text.clone()).collect();
        for word in words.iter().map(|word| word.trim_start_matches(['+', '-'])) {
            if !["match", "wildcard_match", "brace_match"].contains(&word) {
                call.complain("bad-check", format!("Unknown include_check type '{word}' - ignoring"));
            }
        }
    },
    ..KEYWORD
};

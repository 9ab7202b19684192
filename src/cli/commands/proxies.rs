//! Commands that change frontends and counters.

use super::frontend;
use crate::cli::command::{COMMAND, Command, Output};
use crate::ir::listener::AccessLevel;

pub const ALL: &[&Command] =
    &[&CLEAR_COUNTERS, &DISABLE_FRONTEND, &ENABLE_FRONTEND, &SET_MAXCONN_FRONTEND, &SHUTDOWN_FRONTEND];

const CLEAR_COUNTERS: Command = Command {
    name: "clear counters",
    args: "[all]",
    level: AccessLevel::Operator,
    doc: "clear max statistics counters (or all counters)",
    run: |session, c, input| {
        let all = input.word(0) == "all";
        if all && session.level < AccessLevel::Admin {
            return Output::line("Permission denied");
        }
        c.clear_counters(all);
        Output::none()
    },
    ..COMMAND
};
const DISABLE_FRONTEND: Command = Command {
    name: "disable frontend",
    args: "<frontend>",
    level: AccessLevel::Admin,
    doc: "temporarily disable specific frontend",
    run: |_, c, input| match frontend(c, input.word(0)) {
        Ok(p) if c.pause(p, true) => Output::none(),
        Ok(_) => Output::line("Frontend is already disabled."),
        Err(e) => Output::Text(e),
    },
    ..COMMAND
};
const ENABLE_FRONTEND: Command = Command {
    name: "enable frontend",
    args: "<frontend>",
    level: AccessLevel::Admin,
    doc: "re-enable specific frontend",
    run: |_, c, input| match frontend(c, input.word(0)) {
        Ok(p) if c.pause(p, false) => Output::none(),
        Ok(_) => Output::line("Frontend is already enabled."),
        Err(e) => Output::Text(e),
    },
    ..COMMAND
};
const SHUTDOWN_FRONTEND: Command = Command {
    name: "shutdown frontend",
    args: "<frontend>",
    level: AccessLevel::Admin,
    doc: "stop a specific frontend",
    run: |_, c, input| match frontend(c, input.word(0)) {
        Ok(p) if c.stop(p) => Output::none(),
        Ok(_) => Output::line("Frontend was already shut down."),
        Err(e) => Output::Text(e),
    },
    ..COMMAND
};
const SET_MAXCONN_FRONTEND: Command = Command {
    name: "set maxconn frontend",
    args: "<frontend> <value>",
    level: AccessLevel::Admin,
    doc: "change a frontend's maxconn setting",
    run: |_, c, input| match (frontend(c, input.word(0)), input.word(1).parse::<u32>()) {
        (Err(e), _) => Output::Text(e),
        (Ok(_), Err(_)) => Output::line("Integer value expected."),
        (Ok(p), Ok(n)) => {
            c.set_frontend_maxconn(p, n);
            Output::none()
        }
    },
    ..COMMAND
};

//! Commands that change frontends and counters.

use super::frontend;
use crate::cli::command::{COMMAND, Command, Output};
use crate::cli::control::Control;
use crate::ir::ProxyId;
use crate::ir::listener::AccessLevel;

pub const ALL: &[&Command] = &[
    &CLEAR_COUNTERS,
    &DISABLE_DYNAMIC_COOKIE,
    &ENABLE_DYNAMIC_COOKIE,
    &SET_DYNAMIC_COOKIE_KEY,
    &DISABLE_FRONTEND,
    &ENABLE_FRONTEND,
    &SET_MAXCONN_FRONTEND,
    &SET_MAXCONN_GLOBAL,
    &SET_RATE_LIMIT,
    &SHUTDOWN_FRONTEND,
];

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
const DISABLE_DYNAMIC_COOKIE: Command = Command {
    name: "disable dynamic-cookie backend",
    args: "<bk>",
    level: AccessLevel::Admin,
    doc: "disable dynamic cookies on a specific backend",
    run: |_, c, input| switch_cookies(c, input.word(0), false),
    ..COMMAND
};
const ENABLE_DYNAMIC_COOKIE: Command = Command {
    name: "enable dynamic-cookie backend",
    args: "<bk>",
    level: AccessLevel::Admin,
    doc: "enable dynamic cookies on a specific backend",
    run: |_, c, input| switch_cookies(c, input.word(0), true),
    ..COMMAND
};
const SET_DYNAMIC_COOKIE_KEY: Command = Command {
    name: "set dynamic-cookie-key backend",
    args: "<bk> <k>",
    level: AccessLevel::Admin,
    doc: "change a backend secret key for dynamic cookies",
    run: |_, c, input| match backend(c, input.word(0)) {
        Ok(_) if input.word(1).is_empty() => Output::line("String value expected."),
        Ok(p) => {
            c.set_dynamic_cookies(p, None, Some(input.word(1)));
            Output::none()
        }
        Err(e) => Output::line(e),
    },
    ..COMMAND
};

fn switch_cookies(c: &dyn Control, name: &str, on: bool) -> Output {
    match backend(c, name) {
        Ok(p) => {
            c.set_dynamic_cookies(p, Some(on), None);
            Output::none()
        }
        Err(e) => Output::line(e),
    }
}

fn backend(c: &dyn Control, name: &str) -> Result<ProxyId, &'static str> {
    if name.is_empty() {
        return Err("A backend name is expected.");
    }
    c.config().backend(name).ok_or("No such backend.")
}

const DISABLE_FRONTEND: Command = Command {
    name: "disable frontend",
    args: "<frontend>",
    level: AccessLevel::Admin,
    doc: "temporarily disable specific frontend",
    run: |_, c, input| match frontend(c, input.word(0)).map(|p| c.pause(p, true)) {
        Ok(Some(true)) => Output::none(),
        Ok(Some(false)) => Output::line("All sockets are already disabled."),
        Ok(None) => Output::line("Frontend was previously shut down, cannot disable."),
        Err(e) => Output::Text(e),
    },
    ..COMMAND
};
const ENABLE_FRONTEND: Command = Command {
    name: "enable frontend",
    args: "<frontend>",
    level: AccessLevel::Admin,
    doc: "re-enable specific frontend",
    run: |_, c, input| match frontend(c, input.word(0)).map(|p| c.pause(p, false)) {
        Ok(Some(true)) => Output::none(),
        Ok(Some(false)) => Output::line("All sockets are already enabled."),
        Ok(None) => Output::line("Frontend was previously shut down, cannot enable."),
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
    run: |_, c, input| match (frontend(c, input.word(0)), input.word(1)) {
        (Err(e), _) => Output::Text(e),
        (Ok(_), "") => Output::line("Integer value expected."),
        (Ok(p), text) => {
            c.set_frontend_maxconn(p, number(text));
            Output::none()
        }
    },
    ..COMMAND
};

/// Text that is no number counts as 0, as in the original.
fn number(text: &str) -> u32 {
    u32::try_from(crate::expr::value::leading_int(text.as_bytes()).0).unwrap_or(0)
}

const SET_MAXCONN_GLOBAL: Command = Command {
    name: "set maxconn global",
    args: "<value>",
    level: AccessLevel::Admin,
    doc: "change the per-process maxconn setting",
    run: |_, c, input| match input.word(0) {
        "" => Output::line("Expects an integer value."),
        text => {
            let n = number(text);
            let done = c.set_process_maxconn((n > 0).then_some(n));
            if done { Output::none() } else { Output::line("Value out of range.") }
        }
    },
    ..COMMAND
};
const SET_RATE_LIMIT: Command = Command {
    name: "set rate-limit",
    args: "<setting> <value>",
    level: AccessLevel::Admin,
    doc: "change a rate limiting value",
    run: |_, c, input| {
        let set = match (input.word(0), input.word(1)) {
            ("connections", "global") => |c: &dyn Control, n| c.set_connection_rate(n),
            ("sessions", "global") => |c: &dyn Control, n| c.set_session_rate(n),
            ("ssl-sessions" | "http-compression", "global") => {
                return Output::line(format_args!(
                    "'set rate-limit {}' is not implemented in this version of Hawser.",
                    input.word(0)
                ));
            }
            _ => return Output::line(RATE_LIMITS),
        };
        match input.word(2) {
            "" => Output::line("Expects an integer value."),
            text => {
                set(c, number(text));
                Output::none()
            }
        }
    },
    ..COMMAND
};
const RATE_LIMITS: &str = "'set rate-limit' only supports :
   - 'connections global' to set the per-process maximum connection rate
   - 'sessions global' to set the per-process maximum session rate
   - 'ssl-sessions global' to set the per-process maximum SSL session rate
   - 'http-compression global' to set the per-process maximum compression speed in kB/s";

//! Commands that change servers.

use super::server;
use crate::cli::command::{COMMAND, Command, Input, Output};
use crate::cli::control::Control;
use crate::health::state::{Admin, Change};
use crate::ir::listener::AccessLevel;
use crate::ir::{ProxyId, ServerId};

pub const ALL: &[&Command] = &[
    &SET_SERVER,
    &GET_WEIGHT,
    &SET_WEIGHT,
    &SET_MAXCONN_SERVER,
    &ENABLE_SERVER,
    &DISABLE_SERVER,
    &ENABLE_HEALTH,
    &DISABLE_HEALTH,
    &ENABLE_AGENT,
    &DISABLE_AGENT,
    &SHUTDOWN_SESSIONS,
];

const fn admin(name: &'static str, args: &'static str, doc: &'static str, run: crate::cli::command::Run) -> Command {
    Command { name, args, doc, run, level: AccessLevel::Admin, ..COMMAND }
}

/// Finds the server that the first word names and does something with it.
fn with(c: &dyn Control, input: &Input<'_>, act: impl FnOnce(ProxyId, ServerId) -> Output) -> Output {
    match server(c, input.word(0)) {
        Ok((p, s)) => act(p, s),
        Err(e) => Output::Text(e),
    }
}

fn weight(c: &dyn Control, p: ProxyId, s: ServerId, text: &str) -> Output {
    c.set_weight(p, s, text).map_or_else(Output::Text, |()| Output::none())
}

const SET_SERVER: Command =
    admin("set server", "<bk>/<srv> [opts]", "change a server's state, weight, address", |_, c, input| {
        with(c, input, |p, s| set(c, p, s, input))
    });

const USAGE: &str = "usage: set server <backend>/<server> addr | agent | agent-addr | agent-port | agent-send | check-addr | check-port | fqdn | health | ssl | state | weight\n";

fn set(c: &dyn Control, p: ProxyId, s: ServerId, input: &Input<'_>) -> Output {
    let options = &c.config().proxy(p).servers[s.0].options;
    match input.word(1) {
        "weight" => weight(c, p, s, input.word(2)),
        "state" => {
            let admin = match input.word(2) {
                "ready" => Admin::Ready,
                "drain" => Admin::Drain,
                "maint" => Admin::Maintenance,
                _ => return Output::line("'set server <srv> state' expects 'ready', 'drain' and 'maint'."),
            };
            c.set_state(p, s, admin);
            Output::none()
        }
        "health" => {
            if options.track.is_some() {
                return Output::line("cannot change health on a tracking server.");
            }
            let change = match input.word(2) {
                "up" => Change::Up,
                "stopping" => Change::Stopping,
                "down" => Change::Down,
                _ => return Output::line("'set server <srv> health' expects 'up', 'stopping', or 'down'."),
            };
            c.set_health(p, s, change);
            Output::none()
        }
        "agent" => {
            if !options.agent_check {
                return Output::line("agent checks are not enabled on this server.");
            }
            match input.word(2) {
                "up" => c.set_agent(p, s, true),
                "down" => c.set_agent(p, s, false),
                _ => return Output::line("'set server <srv> agent' expects 'up' or 'down'."),
            }
            Output::none()
        }
        "addr" => address(c, p, s, input),
        "fqdn" => Output::line("set server <b>/<s> fqdn failed because no resolution is configured."),
        "check-addr" | "check-port" if !options.check => {
            Output::Text("health checks are not enabled on this server".to_owned())
        }
        "agent-addr" | "agent-port" if !options.agent_check => {
            Output::Text("agent checks are not enabled on this server".to_owned())
        }
        "agent-send" if !options.agent_check => Output::line("agent checks are not enabled on this server."),
        "ssl" => Output::line("'set server <srv> ssl' cannot be set.  default-server should define ssl settings"),
        "agent-addr" | "agent-port" | "agent-send" | "check-addr" | "check-port" => Output::line(format_args!(
            "'set server <srv> {}' is not implemented in this version of Hawser.",
            input.word(1)
        )),
        _ => Output::Text(USAGE.to_owned()),
    }
}

/// `addr A [port P]`
fn address(c: &dyn Control, p: ProxyId, s: ServerId, input: &Input<'_>) -> Output {
    if input.word(2).is_empty() {
        return Output::line("set server <b>/<s> addr requires an address and optionally a port.");
    }
    let Ok(ip) = input.word(2).parse::<std::net::IpAddr>() else {
        return Output::line(format_args!("Invalid addr '{}' by 'stats socket command'", input.word(2)));
    };
    let now = c.server(p, s).address;
    let port = match (input.word(3), input.word(4)) {
        ("port", n) => match n.parse::<u16>() {
            Ok(n) => n,
            Err(_) => return Output::line("set server <b>/<s> addr: invalid port."),
        },
        _ => now.map_or(0, |a| a.port()),
    };
    let new = std::net::SocketAddr::new(ip, port);
    if now == Some(new) {
        let port = if input.word(3) == "port" { ", no need to change the port" } else { "" };
        return Output::line(format_args!("no need to change the addr{port} by 'stats socket command'"));
    }
    match c.set_address(p, s, new) {
        Ok(()) => {
            let from = now.map_or_else(|| "none".to_owned(), |a| a.ip().to_string());
            Output::line(format_args!("IP changed from '{from}' to '{ip}' by 'stats socket command'"))
        }
        Err(e) => Output::Text(e),
    }
}

const GET_WEIGHT: Command = Command {
    name: "get weight",
    args: "<bk>/<srv>",
    doc: "report a server's current weight",
    run: |_, c, input| {
        with(c, input, |p, s| {
            let v = c.server(p, s);
            let now = if v.admin == Admin::Drain { 0 } else { v.weight };
            Output::line(format_args!("{now} (initial {})", v.initial_weight))
        })
    },
    ..COMMAND
};
const SET_WEIGHT: Command = admin(
    "set weight",
    "<bk>/<srv>  (DEPRECATED)",
    "change a server's weight (use 'set server' instead)",
    |_, c, input| with(c, input, |p, s| weight(c, p, s, input.word(1))),
);
const SET_MAXCONN_SERVER: Command =
    admin("set maxconn server", "<bk>/<srv>", "change a server's maxconn setting", |_, c, input| {
        with(c, input, |p, s| match input.word(1).parse::<u32>() {
            Ok(n) => {
                c.set_server_maxconn(p, s, n);
                Output::none()
            }
            Err(_) if input.word(1).is_empty() => Output::line("Require <maxconn>."),
            Err(_) => Output::Text("maxconn string empty or preceded by garbage".to_owned()),
        })
    });
const ENABLE_SERVER: Command =
    admin("enable server", " (DEPRECATED)", "enable a disabled server (use 'set server' instead)", |_, c, input| {
        with(c, input, |p, s| {
            c.set_state(p, s, Admin::Ready);
            Output::none()
        })
    });
const DISABLE_SERVER: Command = admin(
    "disable server",
    "(DEPRECATED)",
    "disable a server for maintenance (use 'set server' instead)",
    |_, c, input| {
        with(c, input, |p, s| {
            c.set_state(p, s, Admin::Maintenance);
            Output::none()
        })
    },
);

fn checks(c: &dyn Control, input: &Input<'_>, enabled: bool) -> Output {
    with(c, input, |p, s| {
        if !c.config().proxy(p).servers[s.0].options.check {
            if !enabled {
                return Output::none();
            }
            return Output::line("Health check was not configured on this server, cannot enable.");
        }
        c.set_checks(p, s, enabled);
        Output::none()
    })
}
const ENABLE_HEALTH: Command = admin("enable health", "", "enable health checks", |_, c, input| checks(c, input, true));
const DISABLE_HEALTH: Command =
    admin("disable health", "", "disable health checks", |_, c, input| checks(c, input, false));

fn agent(c: &dyn Control, input: &Input<'_>, enabled: bool) -> Output {
    with(c, input, |p, s| {
        if !c.config().proxy(p).servers[s.0].options.agent_check {
            if !enabled {
                return Output::none();
            }
            return Output::line("Agent was not configured on this server, cannot enable.");
        }
        c.set_agent_checks(p, s, enabled);
        Output::none()
    })
}
const ENABLE_AGENT: Command = admin("enable agent", "", "enable agent checks", |_, c, input| agent(c, input, true));
const DISABLE_AGENT: Command = admin("disable agent", "", "disable agent checks", |_, c, input| agent(c, input, false));

const SHUTDOWN_SESSIONS: Command =
    admin("shutdown sessions server", "<bk>/<srv>", "kill sessions on a server", |_, c, input| {
        with(c, input, |p, s| {
            c.kill_sessions(p, s);
            Output::none()
        })
    });

//! Servers that come and go while the process runs: `add server`, `del server`.

use crate::cli::command::{COMMAND, Command, Input, Output};
use crate::cli::control::Control;
use crate::ir::ServerId;
use crate::ir::listener::AccessLevel;

pub const ALL: &[&Command] = &[&ADD, &DELETE];

const ADD: Command = Command {
    name: "add server",
    args: "<bk>/<srv>",
    level: AccessLevel::Admin,
    doc: "create a new server",
    run: |_, c, input| add(c, input),
    ..COMMAND
};
const DELETE: Command = Command {
    name: "del server",
    args: "<bk>/<srv>",
    level: AccessLevel::Admin,
    doc: "remove a dynamically added server",
    run: |_, c, input| delete(c, input).unwrap_or_else(Output::Text),
    ..COMMAND
};

/// `backend/server`, both there.
fn names<'a>(input: &Input<'a>) -> Result<(&'a str, &'a str), String> {
    let name = input.words.first().map_or("", String::as_str);
    let names = name.split_once('/').filter(|(_, server)| !server.is_empty());
    names.ok_or_else(|| "Require 'backend/server'.".to_owned())
}

fn add(c: &dyn Control, input: &Input<'_>) -> Output {
    let (backend, server) = match names(input) {
        Ok(n) => n,
        Err(e) => return Output::Text(e),
    };
    let Some(p) = c.config().backend(backend) else { return Output::Text("No such backend.".to_owned()) };
    if !c.config().proxy(p).takes_servers_later() {
        let line = "Backend must use a dynamic load balancing to support dynamic servers.";
        return Output::Text(line.to_owned());
    }
    if c.config().proxy(p).servers.find(|s| s.name == server).is_some() {
        return Output::line("Already exists a server with the same name in backend.");
    }
    match c.add_server(p, server, &input.words[1..]) {
        Ok(()) => Output::line("New server registered."),
        Err(e) => Output::line(e),
    }
}

fn delete(c: &dyn Control, input: &Input<'_>) -> Result<Output, String> {
    let (backend, server) = names(input)?;
    let p = c.config().backend(backend).ok_or("No such backend.")?;
    let s = c.config().proxy(p).servers.find(|s| s.name == server).ok_or("No such server.")?;
    if c.config().proxy(p).servers[s].pinned {
        let line = "This server cannot be removed at runtime due to other configuration elements pointing to it.";
        return Err(line.to_owned());
    }
    c.delete_server(p, ServerId(s))?;
    Ok(Output::Text("Server deleted.".to_owned()))
}

//! `show errors`: messages that could not be read.

use crate::cli::command::{COMMAND, Command, Input, Output};
use crate::cli::control::Control;
use crate::ir::listener::AccessLevel;
use crate::stats::invalid::{Direction, Known};

pub const ALL: &[&Command] = &[&ERRORS];

const ERRORS: Command = Command {
    name: "show errors",
    args: "[<px>] [request|response]",
    level: AccessLevel::Operator,
    doc: "report last request and/or response errors for each proxy",
    run: |_, c, input| errors(c, input),
    ..COMMAND
};
/// `show errors [PROXY] [request|response]`; a proxy is a name or a number, -1 is all of them.
fn errors(c: &dyn Control, input: &Input<'_>) -> Output {
    let config = c.config();
    let wanted = input.word(0);
    let named = |name: &str, id: u32| name == wanted || wanted.parse() == Ok(id);
    let all = matches!(wanted, "" | "-1");
    if !all && !config.proxies.iter().any(|p| named(&p.name, p.id)) {
        return Output::line("No such proxy.");
    }
    let only = match input.word(1) {
        "request" => Some(Direction::Request),
        "response" => Some(Direction::Response),
        _ => None,
    };
    let (total, kept) = c.invalid();
    let mut out = format!("Total events captured on [{}] : {total}\n", c.date(None));
    for (id, message) in kept {
        let p = config.proxy(id);
        let other = message.other.as_ref().is_some_and(|o| named(&o.name, o.id));
        if (all || other || named(&p.name, p.id)) && only.is_none_or(|d| d == message.direction) {
            out += &message.text(&Known { name: p.name.clone(), id: p.id }, &c.date(Some(message.when)));
        }
    }
    Output::Text(out)
}

//! A rule line: action, arguments, condition (manual 4.2 `http-request` ...).

use super::reply::{self, Codes};
use super::sample::{self, Place};
use super::{condition, format, time};
use crate::expr::scope::COUNTERS;
use crate::expr::vars::CONDITIONS;
use crate::haproxy::keyword::{Line, whole};
use crate::haproxy::later::{self, Class};
use crate::ir::Named;
use crate::ir::action::{Action, ActionArg, Rule};
use crate::ir::proxy::DeclaredCapture;
use crate::rules::action::{
    ActionItem, HTTP_AFTER, HTTP_REQUEST, HTTP_RESPONSE, PairKind, Sets, Spec, TCP_CONNECTION, TCP_CONTENT,
    TCP_RESPONSE, TCP_SESSION,
};
use crate::rules::actions;
use crate::rules::service::Service;
use crate::text::atoms;
use crate::text::book::Status;
use crate::text::diag::{Diagnostic, Place as Position};
use crate::text::grammar::Word;
use crate::text::source::Span;

/// Reads the rule behind the set's keyword. Problems are reported; the original stops reading at most of them.
pub fn rule(line: &mut Line<'_>, set: Sets) -> Option<Rule> {
    let words = line.rest().to_vec();
    let Some(name) = words.first() else {
        let message = format!("'{}' expects {} (got nothing).", set.name(), expected(set));
        line.diag.push(Diagnostic::error("bad-rule", line.end(), message).placed(Position::ParsingTight).aborting());
        return None;
    };
    let Some(id) = actions::find(set, &name.text) else {
        if let Some(n) = name.text.strip_prefix("track-sc").and_then(atoms::unsigned) {
            let most = COUNTERS - 1;
            let message = format!("{n} track-sc number exceeding {most} (MAX_SESS_STKCTR-1) value.");
            line.diag.push(named_problem(line, set, &words, message));
            return None;
        }
        unknown(line, set, name);
        return None;
    };
    let item = actions::get(id);
    if item.status == Status::Missing {
        let message = format!("'{} {}' is not implemented in this version of Hawser.", set.name(), item.name);
        line.diag.push(Diagnostic::error("not-implemented", name.at, message).label(item.doc));
        return None;
    }
    if item.experimental && !line.draft.experimental {
        let message = format!(
            "'{}' action is experimental, must be allowed via a global 'expose-experimental-directives'",
            item.name
        );
        line.diag.push(Diagnostic::error("experimental", name.at, message).aborting());
        return None;
    }
    let (body, tail) = condition::split(&words[1..]);
    let args = match arguments(item, name, body, set, line) {
        Ok(args) => args,
        Err(message) => {
            line.diag.push(problem(line, set, item, &words, message));
            return None;
        }
    };
    let condition = match condition::trailing_condition(tail, line.draft, line.diag) {
        Ok(c) => c,
        Err(message) => {
            let message =
                format!("error detected while parsing an '{} {}' condition : {message}", set.name(), item.name);
            line.diag.push(Diagnostic::error("bad-condition", whole(tail), message).aborting());
            return None;
        }
    };
    Some(Rule { action: Action { item: id, args }, condition, at: whole(line.words), place: Default::default() })
}

fn expected(set: Sets) -> String {
    let mut names: Vec<_> = actions::all()
        .filter(|a| a.sets.has(set))
        .map(|a| {
            let paren =
                a.args.iter().any(|s| matches!(s, Spec::VarInName | Spec::PatternsInName | Spec::NumbersInName(_)));
            format!("'{}{}'", a.name, if paren { "(*)" } else { "" })
        })
        .collect();
    names.sort();
    names.join(", ")
}

fn unknown(line: &mut Line<'_>, set: Sets, name: &Word) {
    let message = format!("'{}' expects {}, but got '{}'.", set.name(), expected(set), name.text);
    let near = crate::text::nearest::nearest(&name.text, actions::all().filter(|a| a.sets.has(set)).map(|a| a.name));
    let mut d = Diagnostic::error("unknown-action", name.at, message)
        .placed(Position::ParsingTight)
        .aborting()
        .notes(later::hint(Class::Action, &name.text));
    if let Some(n) = near {
        d = d.help(format!("an action with a similar name: '{n}'"));
    }
    line.diag.push(d);
}

fn problem(line: &Line<'_>, set: Sets, item: &ActionItem, words: &[Word], message: String) -> Diagnostic {
    if message.starts_with("expects either 'if'") {
        let message = format!("'{} {}' {message}", set.name(), item.name);
        return Diagnostic::error("bad-rule", whole(&words[1..]), message).placed(Position::ParsingTight).aborting();
    }
    named_problem(line, set, words, message)
}

fn named_problem(line: &Line<'_>, set: Sets, words: &[Word], message: String) -> Diagnostic {
    let (kind, proxy) = owner(line);
    let message =
        format!("error detected in {kind} '{proxy}' while parsing '{} {}' rule : {message}", set.name(), words[0].text);
    Diagnostic::error("bad-rule", whole(words), message).aborting()
}

fn owner(line: &Line<'_>) -> (&'static str, String) {
    match line.draft.current {
        crate::haproxy::draft::Current::Proxy(i) => {
            let p = &line.draft.config.proxies[i];
            (p.kind.name(), p.name.clone())
        }
        crate::haproxy::draft::Current::Defaults(i) => ("defaults", line.draft.defaults[i].name.clone()),
        _ => ("section", String::new()),
    }
}

/// Where the expressions of a set are evaluated.
pub fn place(set: Sets) -> Place {
    match set {
        TCP_CONNECTION | TCP_SESSION => Place::Connection,
        HTTP_RESPONSE | HTTP_AFTER | TCP_RESPONSE => Place::Response,
        _ => Place::Request,
    }
}

fn arguments(
    item: &ActionItem,
    name: &Word,
    body: &[Word],
    set: Sets,
    line: &mut Line<'_>,
) -> Result<Vec<ActionArg>, String> {
    let place = place(set);
    let mut out = Vec::new();
    let mut rest = body;
    let positional = item.args.iter().filter(|s| is_positional(s)).count();
    if body.len() < positional {
        let plural = if positional == 1 { "" } else { "s" };
        return Err(format!("expects exactly {positional} argument{plural}."));
    }
    let mut in_name = None;
    for spec in item.args {
        match spec {
            Spec::NumbersInName(names) => numbers(&name.text, item.name, names, &mut out)?,
            Spec::VarInName | Spec::PatternsInName => in_name = Some(parenthesised(&name.text)?),
            Spec::Pair(..) | Spec::Flag(_) => {}
            Spec::Return | Spec::Deny => {
                let codes = if *spec == Spec::Return { Codes::Any } else { Codes::Errors };
                let r = reply::reply(rest, codes, place, line.draft, line.outside)?;
                out.push(ActionArg::Reply(Box::new(r)));
                return Ok(out);
            }
            Spec::Redirect => {
                out.push(ActionArg::Redirect(Box::new(reply::redirect(rest, place, line.draft)?)));
                return Ok(out);
            }
            Spec::Service => {
                let (name, tail) = rest.split_first().ok_or("'use-service' expects a service name..")?;
                out.push(service(&name.text, set)?);
                rest = tail;
            }
            spec => {
                let (w, tail) = rest.split_first().ok_or("missing argument.")?;
                out.push(value(spec, w, place, line)?);
                rest = tail;
            }
        }
        if let Some(inside) = in_name.take() {
            head(spec, &inside, &mut out, line)?;
        }
    }
    options(item, rest, &mut out)?;
    finish(item, set, out, line)
}

fn service(name: &str, set: Sets) -> Result<ActionArg, String> {
    let service = Service::named(name).ok_or_else(|| format!("'{name}' unknown service name.."))?;
    if set == TCP_CONTENT {
        return Err("Prometheus exporter service only available on 'http-request' rulesets".to_owned());
    }
    Ok(ActionArg::Str(service.name().to_owned()))
}

fn is_positional(s: &Spec) -> bool {
    !matches!(
        s,
        Spec::VarInName
            | Spec::PatternsInName
            | Spec::NumbersInName(_)
            | Spec::Pair(..)
            | Spec::Flag(_)
            | Spec::Return
            | Spec::Deny
            | Spec::Redirect
            | Spec::Service
    )
}

/// `sc-inc-gpc(1,0)`: the numbers between the parentheses, the last of them a stick counter.
fn numbers(word: &str, action: &str, names: &[&str], out: &mut Vec<ActionArg>) -> Result<(), String> {
    let inside = word.split_once('(').and_then(|(_, r)| r.strip_suffix(')'));
    let given: Vec<&str> = inside.map_or_else(Vec::new, |i| i.split(',').collect());
    if given.len() < names.len() && names.len() > 1 {
        let kind = names[0].to_lowercase().replace(" id", " ID");
        let syntax = names.iter().map(|n| format!("<{n}>")).collect::<Vec<_>>().join(",");
        return Err(format!("Missing {kind} '{word}'. Expects {action}({syntax})."));
    }
    for i in 0..names.len() {
        let n = given.get(i).map_or(Some(0), |g| atoms::integer(g)).filter(|n| *n >= 0);
        let last = i + 1 == names.len();
        let n = n.filter(|n| !last || *n < COUNTERS as i64).ok_or_else(|| {
            let what = if names.len() > 1 { format!(" '{word}'") } else { String::new() };
            match last {
                true => format!("invalid stick table track ID{what}. The max allowed ID is {}.", COUNTERS - 1),
                false => format!("invalid {}{what}.", names[i]),
            }
        })?;
        out.push(ActionArg::Int(n));
    }
    Ok(())
}

/// The text between the parentheses of `set-var(txn.x)`.
fn parenthesised(name: &str) -> Result<String, String> {
    name.split_once('(')
        .and_then(|(_, r)| r.strip_suffix(')'))
        .map(str::to_owned)
        .ok_or_else(|| format!("invalid variable '{name}'. Expects 'set-var(<var-name>)' or 'unset-var(<var-name>)'"))
}

fn head(spec: &Spec, inside: &str, out: &mut Vec<ActionArg>, line: &mut Line<'_>) -> Result<(), String> {
    if *spec == Spec::PatternsInName {
        let is_map = line.words.iter().any(|w| w.text.starts_with("set-map") || w.text.starts_with("del-map"));
        // The file may be used with any match: every set of that file changes. The exact one stands for all.
        let id = sample::file_patterns(inside, crate::ir::expr::Match::Str, is_map, false, line.draft);
        out.push(ActionArg::Patterns(id));
        return Ok(());
    }
    let (name, conditions) = inside.split_once(',').unwrap_or((inside, ""));
    out.push(ActionArg::Var(sample::variable(name)?));
    if let Some(bad) = conditions.split(',').find(|c| !conditions.is_empty() && !CONDITIONS.contains(c)) {
        return Err(format!("unknown condition \"{bad}\"."));
    }
    // `finish` puts it behind the value.
    out.push(ActionArg::Str(conditions.to_owned()));
    Ok(())
}

fn value(spec: &Spec, w: &Word, place: Place, line: &mut Line<'_>) -> Result<ActionArg, String> {
    let text = w.text.as_str();
    Ok(match spec {
        Spec::Word(_) => ActionArg::Str(text.to_owned()),
        Spec::Format(_) => ActionArg::Format(format::parse(text, w.at, place, line.draft)?),
        Spec::Regex(_) => ActionArg::Regex(sample::compile(text, false)?),
        Spec::Sample(_) => ActionArg::Sample(expression(w, place, line)?),
        Spec::TimeOrSample(_) => match atoms::duration(text, atoms::TimeUnit::Milliseconds) {
            Ok(d) => ActionArg::Int(i64::try_from(d.as_millis()).unwrap_or(i64::MAX)),
            Err(_) => ActionArg::Sample(expression(w, place, line)?),
        },
        Spec::IntOrSample(_) => match atoms::integer(text) {
            Some(n) => ActionArg::Int(n),
            None => ActionArg::Sample(expression(w, place, line)?),
        },
        Spec::Int(what, low, high) => {
            let n = number(text).ok_or_else(|| format!("invalid {what} '{text}'"))?;
            if n < *low || n > *high {
                return Err(format!("expects an integer between {low} and {high}, got '{text}'"));
            }
            ActionArg::Int(n)
        }
        Spec::OneOf(what, choices) => {
            if !choices.contains(&text) {
                return Err(format!("unknown {what} '{text}', expected one of: {}", choices.join(", ")));
            }
            ActionArg::Str(text.to_owned())
        }
        _ => return Err("unexpected argument.".to_owned()),
    })
}

/// Decimal, or hexadecimal behind `0x`.
fn number(text: &str) -> Option<i64> {
    text.strip_prefix("0x").and_then(|h| i64::from_str_radix(h, 16).ok()).or_else(|| atoms::integer(text))
}

fn expression(w: &Word, place: Place, line: &mut Line<'_>) -> Result<crate::ir::expr::Sample, String> {
    let s = sample::parse(&w.text, w.at, line.draft)?;
    match sample::unavailable(&s, place) {
        Some(what) => Err(format!(
            "fetch method '{}' extracts information from '{what}', none of which is available here",
            w.text
        )),
        None => Ok(s),
    }
}

/// Pairs and flags, each in its place whether given or not.
fn options(item: &ActionItem, mut rest: &[Word], out: &mut Vec<ActionArg>) -> Result<(), String> {
    let specs: Vec<&Spec> = item.args.iter().filter(|s| matches!(s, Spec::Pair(..) | Spec::Flag(_))).collect();
    let absent = |s: &&Spec| match s {
        // No name is the proxy's own.
        Spec::Pair(_, PairKind::Table) => ActionArg::Table(Named::new("", Span::default())),
        _ => ActionArg::Str(String::new()),
    };
    let mut found: Vec<_> = specs.iter().map(absent).collect();
    while let Some((w, tail)) = rest.split_first() {
        let Some(i) = specs.iter().position(|s| matches!(s, Spec::Pair(k, _) | Spec::Flag(k) if *k == w.text)) else {
            return Err(format!("expects either 'if' or 'unless' followed by a condition but found '{}'.", w.text));
        };
        rest = tail;
        found[i] = match specs[i] {
            Spec::Pair(key, kind) => {
                let (v, tail) = rest.split_first().ok_or_else(|| format!("missing value for '{key}'"))?;
                rest = tail;
                pair(key, *kind, v)?
            }
            _ => ActionArg::Str(w.text.clone()),
        };
    }
    out.extend(found);
    Ok(())
}

fn pair(key: &str, kind: PairKind, word: &Word) -> Result<ActionArg, String> {
    let text = word.text.as_str();
    Ok(match kind {
        PairKind::Table => ActionArg::Table(Named::new(text, word.at)),
        PairKind::Word => ActionArg::Str(text.to_owned()),
        PairKind::Int => ActionArg::Int(atoms::integer(text).ok_or_else(|| format!("'{key}' expects an integer"))?),
        PairKind::Time => ActionArg::Int(time::milliseconds(text, key)?.as_millis() as i64),
        PairKind::Size => {
            ActionArg::Int(atoms::size(text).map_err(|_| format!("unexpected size '{text}' for '{key}'"))? as i64)
        }
    })
}

/// What a few actions need beyond their grammar.
fn finish(
    item: &ActionItem,
    set: Sets,
    mut args: Vec<ActionArg>,
    line: &mut Line<'_>,
) -> Result<Vec<ActionArg>, String> {
    match item.name {
        "set-var" | "set-var-fmt" => args.swap(1, 2),
        "capture" => capture(set, &mut args, line)?,
        "del-header" => {
            if let [ActionArg::Str(name), ActionArg::Str(method)] = args.as_slice() {
                if !["", "str", "beg", "end", "sub", "reg"].contains(&method.as_str()) {
                    return Err(format!("unknown matching method '{method}'"));
                }
                if method == "reg" {
                    args.push(ActionArg::Regex(sample::compile(name, true)?));
                }
            }
        }
        "wait-for-body" if !matches!(args.first(), Some(ActionArg::Int(_))) => {
            return Err("missing time argument for 'wait-for-body'".to_owned());
        }
        _ => {}
    }
    Ok(args)
}

/// `len N` declares a slot, `id N` names one: both become `[sample, slot, length]`.
fn capture(set: Sets, args: &mut Vec<ActionArg>, line: &mut Line<'_>) -> Result<(), String> {
    let response = !set.has(HTTP_REQUEST.or(TCP_CONTENT));
    let (id, len) = (args.get(1).cloned(), args.get(2).cloned());
    let proxy = line.proxy();
    let of_side = |p: &crate::ir::proxy::Proxy| {
        let headers = if response { p.response_headers_captured.len() } else { p.request_headers_captured.len() };
        headers + p.declared_captures.iter().filter(|d| d.response == response).count()
    };
    let (slot, size) = match (id, len) {
        (_, Some(ActionArg::Int(len))) => {
            let len = usize::try_from(len).ok().filter(|n| *n > 0).ok_or("expects a length greater than 0")?;
            let slot = of_side(proxy);
            proxy.declared_captures.push(DeclaredCapture { response, len });
            (slot, len)
        }
        (Some(ActionArg::Int(id)), _) => {
            let slot = usize::try_from(id).map_err(|_| "invalid capture id".to_owned())?;
            let headers: Vec<usize> =
                if response { &proxy.response_headers_captured } else { &proxy.request_headers_captured }
                    .iter()
                    .map(|h| h.len)
                    .collect();
            let declared = proxy.declared_captures.iter().filter(|d| d.response == response).map(|d| d.len);
            let len = headers.into_iter().chain(declared).nth(slot).unwrap_or(usize::MAX);
            (slot, len)
        }
        _ => return Err("expects 'len or 'id'".to_owned()),
    };
    args.truncate(1);
    args.push(ActionArg::Int(slot as i64));
    args.push(ActionArg::Int(i64::try_from(size).unwrap_or(i64::MAX)));
    Ok(())
}

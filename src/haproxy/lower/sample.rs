//! Sample expressions from text: `fetch(args),converter(args)` (manual 7.3).

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::expr::converter::Converter;
use crate::expr::fetch::{ArgKind, ArgSpec, Fetch, Needs};
use crate::expr::{converters, fetches, pattern};
use crate::haproxy::draft::Draft;
use crate::ir::Named;
use crate::ir::expr::{Arg, Match, PatternSet, Regex, Sample, VarName, VarScope};
use crate::text::atoms::{self, TimeUnit};
use crate::text::book::Status;
use crate::text::source::Span;

/// Reads the expression that `text` begins with, up to a blank outside parentheses or the end. Gives what was used.
///
/// # Errors
/// The original's words.
pub fn parse(text: &str, at: Span, draft: &mut Draft) -> Result<Sample, String> {
    let (name, rest) = identifier(text);
    if name.is_empty() {
        return Err(format!("missing fetch method in sample expression '{text}'."));
    }
    let id = fetches::find(name).ok_or_else(|| format!("unknown fetch method '{name}'."))?;
    let fetch = fetches::get(id);
    if fetch.status == Status::Missing {
        return Err(format!("fetch method '{name}' is not implemented in this version of Hawser."));
    }
    let owner = format!("fetch method '{name}'");
    let (words, rest) = arguments(rest);
    let args = typed(&words, fetch.args, &owner, at)?;
    let rest = rest.map_err(|e| format!("{owner} : {e}"))?;
    let mut sample = Sample { fetch: id, args, converters: Vec::new(), at, text: text.to_owned() };
    converters_of(rest, &mut sample, fetch, at, draft)?;
    Ok(sample)
}

fn converters_of(
    mut rest: &str,
    sample: &mut Sample,
    fetch: &Fetch,
    at: Span,
    draft: &mut Draft,
) -> Result<(), String> {
    let mut has = fetch.out;
    let mut before = format!("fetch method '{}'", fetch.name);
    while !rest.is_empty() {
        let Some(after) = rest.strip_prefix(',') else {
            return Err(format!("missing comma after {before}."));
        };
        let (name, after) = identifier(after);
        if name.is_empty() {
            // A trailing comma is tolerated.
            return Ok(());
        }
        let id = converters::find(name).ok_or_else(|| format!("unknown converter '{name}'."))?;
        let converter = converters::get(id);
        if converter.status == Status::Missing {
            return Err(format!("converter '{name}' is not implemented in this version of Hawser."));
        }
        if !has.converts_to(converter.input) {
            return Err(format!("converter '{name}' cannot be applied."));
        }
        let (words, after) = arguments(after);
        let args = converter_args(&words, converter, at, draft)?;
        let after = after.map_err(|e| format!("converter '{name}' : {e}"))?;
        has = converter.output;
        sample.converters.push((id, args));
        before = format!("converter '{name}'");
        rest = after;
    }
    Ok(())
}

fn converter_args(words: &[String], converter: &Converter, at: Span, draft: &mut Draft) -> Result<Vec<Arg>, String> {
    let mut args = typed(words, converter.args, &format!("converter '{}'", converter.name), at)?;
    if converter.args.first().is_some_and(|a| a.kind == ArgKind::Map)
        && let (Some(Arg::Str(file)), Some(method)) = (args.first().cloned(), converters::maps::method(converter.name))
    {
        args[0] = Arg::Patterns(file_patterns(&file, method, true, false, draft));
    }
    (converter.check)(words).map_err(|e| format!("invalid args in converter '{}' : {e}", converter.name))?;
    // The flags of a regex come behind it.
    if converter.name == "regsub"
        && let (Some(Arg::Regex(re)), Some(Arg::Str(flags))) = (args.first().cloned(), args.get(2))
        && flags.contains('i')
    {
        args[0] = Arg::Regex(compile(re.0.as_str(), true)?);
    }
    Ok(args)
}

/// The pattern set of a file; everyone who names the file in the same way shares it.
pub fn file_patterns(
    file: &str,
    method: Match,
    is_map: bool,
    ignore_case: bool,
    draft: &mut Draft,
) -> crate::ir::expr::PatternSetId {
    let key = (file.to_owned(), format!("{method:?}{is_map}{ignore_case}"));
    if let Some(id) = draft.files.get(&key) {
        return *id;
    }
    let id = draft.add_patterns(PatternSet {
        file: Some(file.to_owned()),
        display: format!("pattern loaded from file '{file}'"),
        method,
        ignore_case,
        is_map,
        entries: Vec::new(),
        unique_id: None,
    });
    draft.files.insert(key, id);
    id
}

/// # Errors
/// The engine's words.
pub fn compile(text: &str, ignore_case: bool) -> Result<Regex, String> {
    pattern::regex(text, ignore_case)
        .map(|r| Regex(std::sync::Arc::new(r)))
        .map_err(|e| format!("regex '{text}' is invalid: {e}"))
}

fn identifier(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '+' | ':')))
        .unwrap_or(text.len());
    text.split_at(end)
}

/// `(a,b,'c,d')`: the words, quotes taken off, and what follows, or why the list has no end: what is in it is complained
/// about first. Without a parenthesis there are none.
fn arguments(text: &str) -> (Vec<String>, Result<&str, String>) {
    let Some(inner) = text.strip_prefix('(') else { return (Vec::new(), Ok(text)) };
    let mut words = vec![String::new()];
    let mut chars = inner.char_indices();
    let mut quote = None;
    while let Some((i, c)) = chars.next() {
        let current = words.last_mut().expect("there is always a word");
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None | Some('"'), '\\') => match chars.next() {
                Some((_, e @ (' ' | ',' | '(' | ')' | '\\' | '\'' | '"'))) => current.push(e),
                Some((_, 'n')) => current.push('\n'),
                Some((_, 't')) => current.push('\t'),
                Some((_, 'r')) => current.push('\r'),
                Some((_, other)) => current.extend(['\\', other]),
                None => current.push('\\'),
            },
            (None, ')') => {
                if words.len() == 1 && words[0].is_empty() {
                    words.clear();
                }
                return (words, Ok(&inner[i + 1..]));
            }
            (None, ',') => words.push(String::new()),
            (_, c) => current.push(c),
        }
    }
    let why = if quote.is_some() { "unterminated quote in arguments." } else { "expected ')'." };
    (words, Err(why.to_owned()))
}

fn typed(words: &[String], specs: &[ArgSpec], owner: &str, at: Span) -> Result<Vec<Arg>, String> {
    let required = specs.iter().filter(|s| s.required).count();
    if words.len() > specs.len() {
        return Err(format!("too many arguments in {owner}: '{}'", words[specs.len()]));
    }
    // A single string may be left out: it is empty then, `str()` and `str` alike.
    if words.is_empty() && required == 1 && specs[0].kind == ArgKind::Str {
        return Ok(vec![Arg::Str(String::new())]);
    }
    if words.len() < required {
        let n = words.len();
        return Err(format!(
            "invalid arg {} in {owner} : missing arguments (got {n}/{required}), type '{}' expected.",
            n + 1,
            specs[n].kind.name()
        ));
    }
    words
        .iter()
        .zip(specs)
        .enumerate()
        .map(|(i, (w, s))| {
            if w.is_empty() && !s.required {
                return Ok(Arg::None);
            }
            one(w, s.kind, at).map_err(|e| format!("invalid arg {} in {owner} : {e}", i + 1))
        })
        .collect()
}

fn one(text: &str, kind: ArgKind, at: Span) -> Result<Arg, String> {
    let int = || atoms::integer(text).ok_or_else(|| format!("failed to parse '{text}' as type 'integer'"));
    Ok(match kind {
        ArgKind::Str | ArgKind::Map => Arg::Str(text.to_owned()),
        ArgKind::StrOrVar => variable(text).map_or_else(|_| Arg::Str(text.to_owned()), Arg::Var),
        ArgKind::Int => Arg::Int(int()?),
        ArgKind::IntOrVar => match atoms::integer(text) {
            Some(n) => Arg::Int(n),
            None => Arg::Var(variable(text)?),
        },
        ArgKind::Time => Arg::Time(
            atoms::duration(text, TimeUnit::Milliseconds)
                .map_err(|_| format!("failed to parse '{text}' as type 'delay'"))?,
        ),
        ArgKind::Size => {
            Arg::Int(atoms::size(text).map_err(|_| format!("failed to parse '{text}' as type 'size'"))? as i64)
        }
        ArgKind::Ip => Arg::Ip(text.parse().map_err(|_| format!("failed to parse '{text}' as type 'address'"))?),
        ArgKind::Mask4 => {
            let mask = mask4(text).ok_or_else(|| format!("failed to parse '{text}' as type 'IPv4 mask'"))?;
            Arg::Ip(mask.into())
        }
        ArgKind::Mask6 => {
            let mask = mask6(text).ok_or_else(|| format!("failed to parse '{text}' as type 'IPv6 mask'"))?;
            Arg::Ip(mask.into())
        }
        ArgKind::Var => Arg::Var(variable(text)?),
        ArgKind::Regex => Arg::Regex(compile(text, false)?),
        ArgKind::Frontend | ArgKind::Backend => Arg::Proxy(Named::new(text, at)),
        ArgKind::Server => Arg::Server(Named::new(text, at)),
        ArgKind::Table | ArgKind::OwnTable => Arg::Table(Named::new(text, at)),
        ArgKind::Userlist => Arg::Userlist(Named::new(text, at)),
    })
}

/// A length, or a mask written out; its ones need not stand together.
fn mask4(text: &str) -> Option<Ipv4Addr> {
    let of_length = |n: u32| (n <= 32).then(|| Ipv4Addr::from(u32::MAX.checked_shl(32 - n).unwrap_or(0)));
    text.parse().ok().or_else(|| text.parse().ok().and_then(of_length))
}

fn mask6(text: &str) -> Option<Ipv6Addr> {
    let of_length = |n: u32| (n <= 128).then(|| Ipv6Addr::from(u128::MAX.checked_shl(128 - n).unwrap_or(0)));
    text.parse().ok().or_else(|| text.parse().ok().and_then(of_length))
}

/// `scope.name` (manual 2.8).
///
/// # Errors
/// The original's words.
pub fn variable(text: &str) -> Result<VarName, String> {
    let Some((scope, name)) = text.split_once('.') else {
        return Err(format!(
            "invalid variable name '{text}'. A variable name must be start by its scope. The scope can be 'proc', 'sess', 'txn', 'req', 'res' or 'check'"
        ));
    };
    let scope = match scope {
        "proc" => VarScope::Proc,
        "sess" => VarScope::Sess,
        "txn" => VarScope::Txn,
        "req" => VarScope::Req,
        "res" => VarScope::Res,
        "check" => VarScope::Check,
        _ => {
            return Err(format!(
                "invalid variable name '{text}'. A variable name must be start by its scope. The scope can be 'proc', 'sess', 'txn', 'req', 'res' or 'check'"
            ));
        }
    };
    let bad = name.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.')));
    match bad {
        Some(c) => Err(format!("invalid syntax at char '{c}{}'", &name[name.find(c).unwrap_or(0) + c.len_utf8()..])),
        None if name.is_empty() => Err(format!("invalid variable name '{text}'.")),
        None => Ok(VarName { scope, name: name.into() }),
    }
}

/// Where an expression is evaluated, for "may not be reliably used" (manual 7.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Before there is a request: `tcp-request connection` and `session`.
    Connection,
    /// Request rules.
    Request,
    /// Response rules.
    Response,
    /// Log lines: messages are gone, what was captured remains.
    Log,
    /// In the steps of a health check: the check's own messages are there.
    Check,
    /// Outside of traffic: `global`.
    Process,
}

/// What the place cannot give to the fetch, in the original's words.
pub fn unavailable(sample: &Sample, place: Place) -> Option<&'static str> {
    let needs = fetches::get(sample.fetch).needs;
    let missing = match (place, needs) {
        (Place::Request | Place::Response, Needs::Data)
        | (_, Needs::Nothing)
        | (Place::Log, Needs::Client | Needs::Transaction | Needs::Backend | Needs::Server) => false,
        (Place::Connection, Needs::Client) => false,
        (Place::Request, Needs::Client | Needs::Request | Needs::Transaction | Needs::Backend | Needs::RequestData) => {
            false
        }
        (Place::Response, Needs::Request | Needs::RequestData) => true,
        (Place::Response, _) => false,
        (Place::Log, Needs::Response) => fetches::get(sample.fetch).name != "status",
        (Place::Check, Needs::Response | Needs::ResponseData | Needs::Backend | Needs::Server) => false,
        _ => true,
    };
    missing.then_some(match needs {
        Needs::Request => "HTTP request headers",
        Needs::Response => "HTTP response headers",
        Needs::RequestData => "request buffer contents",
        Needs::ResponseData => "response buffer contents",
        Needs::Server => "server",
        Needs::Backend => "backend",
        Needs::Client => "client session",
        _ => "context",
    })
}

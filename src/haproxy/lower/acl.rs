//! ACL expressions: a criterion, flags, patterns (manual 7.1).

use super::sample;
use crate::expr::eval::output_type;
use crate::expr::value::Type;
use crate::expr::{fetches, pattern};
use crate::haproxy::draft::Draft;
use crate::ir::expr::{Acl, AclExpr, Match, PatternEntry, PatternSet};
use crate::text::atoms;
use crate::text::book::Status;
use crate::text::diag::{Diagnostic, Diagnostics, Place};
use crate::text::grammar::Word;

/// Fetches of text whose name takes a match as its suffix (`path_beg`). Names with a dot take none.
const DERIVED: &[&str] = &["base", "cook", "hdr", "path", "scook", "shdr", "url", "urlp", "ssl_fc_sni"];
const SUFFIXES: &[(&str, Match)] = &[
    ("_beg", Match::Beg),
    ("_dir", Match::Dir),
    ("_dom", Match::Dom),
    ("_end", Match::End),
    ("_len", Match::Len),
    ("_reg", Match::Reg),
    ("_sub", Match::Sub),
];

/// Criteria that bring their match (`path_beg`): name, fetch, word of `-m`.
pub fn derived() -> impl Iterator<Item = (String, &'static str, &'static str)> {
    let works = |name: &&&'static str| fetches::find(name).is_some_and(|f| fetches::get(f).status != Status::Missing);
    let with = |base: &'static str| {
        SUFFIXES.iter().map(move |(suffix, _)| (format!("{base}{suffix}"), base, suffix.trim_start_matches('_')))
    };
    DERIVED.iter().filter(works).flat_map(move |base| with(base))
}

/// `acl NAME criterion ...`: adds an alternative to the ACL of that name.
pub fn acl_line(words: &[Word], draft: &mut Draft, diag: &mut Diagnostics) {
    let Some(name) = words.get(1) else {
        let at = words[0].at.after();
        diag.push(Diagnostic::error("bad-acl", at, "'acl' expects a name and an expression."));
        return;
    };
    if let Some(c) = atoms::invalid_name_char(&name.text) {
        let message = format!("character '{c}' is not permitted in acl name '{}'.", name.text);
        diag.push(Diagnostic::error("bad-name", name.at, message));
        return;
    }
    if name.text == "or" {
        let message = format!(
            "acl name '{}' will never match. 'or' is used to express a disjunction within a condition.",
            name.text
        );
        diag.push(Diagnostic::error("bad-name", name.at, message));
        return;
    }
    let body = &words[2..];
    match expression(body, draft, diag) {
        Ok(expr) => {
            let acls = &mut draft.proxy().acls;
            match acls.iter_mut().find(|a| !a.inherited && a.name == name.text) {
                Some(a) => a.alternatives.push(expr),
                None => acls.push(Acl { name: name.text.clone(), alternatives: vec![expr], inherited: false }),
            }
        }
        Err(message) => {
            let at = body.first().map_or_else(|| name.at.after(), |w| w.at);
            let message = format!("error detected while parsing ACL '{}' : {message}", name.text);
            diag.push(Diagnostic::error("bad-acl", at, message));
        }
    }
}

/// The criterion's sample and, for `path_beg` and its like, the match it brings.
fn criterion(word: &Word, draft: &mut Draft) -> Result<(crate::ir::expr::Sample, Option<Match>), String> {
    let text = word.text.as_str();
    let end = text.find(['(', ',']).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let unknown = |e: String| match e.strip_prefix("unknown fetch method") {
        Some(_) => format!("unknown fetch method '{name}' in ACL expression '{text}'."),
        None => e,
    };
    if fetches::find(name).is_none() {
        for (suffix, method) in SUFFIXES {
            if let Some(base) = name.strip_suffix(suffix).filter(|b| DERIVED.contains(b)) {
                let s = sample::parse(&format!("{base}{rest}"), word.at, draft).map_err(unknown)?;
                return Ok((s, Some(*method)));
            }
        }
    }
    Ok((sample::parse(text, word.at, draft).map_err(unknown)?, None))
}

struct Flags {
    method: Option<Match>,
    ignore_case: bool,
    files: Vec<String>,
    unique_id: Option<u32>,
    ended: bool,
}

/// An ACL expression from the criterion on.
///
/// # Errors
/// The original's words.
pub fn expression(words: &[Word], draft: &mut Draft, diag: &mut Diagnostics) -> Result<AclExpr, String> {
    let Some((first, rest)) = words.split_first().filter(|(w, _)| !w.text.is_empty()) else {
        return Err("missing fetch method in ACL expression ''.".to_owned());
    };
    let (sample, derived) = criterion(first, draft)?;
    let (mut flags, patterns) = flags(rest)?;
    let patterns = match patterns {
        // `eq --` may stand before patterns of any kind.
        [op, dashes, rest @ ..] if op.text == "eq" && dashes.text == "--" => {
            flags.ended = true;
            rest
        }
        p => p,
    };
    let kind = output_type(&sample);
    let method = match flags.method.or(derived) {
        Some(m) => compatible(m, kind, &first.text)?,
        None => default_method(kind, fetches::get(sample.fetch).name)?,
    };
    let entries = entries(patterns, method)?;
    // Any flag at all says that it is meant.
    if rest.is_empty() && !matches!(method, Match::Found | Match::Bool) {
        diag.push(never_matches(&first.text, first));
    }
    let set = PatternSet {
        file: flags.files.first().cloned(),
        display: format!("acl '{}' expression", first.text),
        method,
        ignore_case: flags.ignore_case,
        is_map: false,
        entries,
        unique_id: flags.unique_id,
    };
    check_patterns(&set)?;
    let patterns = if flags.files.len() == 1 && set.entries.is_empty() {
        sample::file_patterns(&flags.files[0], method, false, flags.ignore_case, draft)
    } else {
        draft.add_patterns(set)
    };
    Ok(AclExpr { sample, method, patterns, at: first.at })
}

fn never_matches(name: &str, word: &Word) -> Diagnostic {
    let message = format!(
        "parsing acl keyword '{name}' :\n  no pattern to match against were provided, so this ACL will never match.\n  If this is what you intended, please add '--' to get rid of this warning.\n  If you intended to match only for existence, please use '-m found'.\n  If you wanted to force an int to match as a bool, please use '-m bool'.\n"
    );
    Diagnostic::warning("acl-never-matches", word.at, message).placed(Place::Nowhere)
}

fn flags(mut rest: &[Word]) -> Result<(Flags, &[Word]), String> {
    let mut f = Flags { method: None, ignore_case: false, files: Vec::new(), unique_id: None, ended: false };
    while let Some((w, tail)) = rest.split_first() {
        let value = || tail.first().map(|w| w.text.clone());
        let mut used = 1;
        match w.text.as_str() {
            "-i" => f.ignore_case = true,
            // Host names are never looked up, and a map file is read for its keys all the same.
            "-n" | "-M" => {}
            "-m" => {
                let name = value().ok_or("missing pattern matching method name in ACL expression")?;
                f.method = Some(
                    method(&name)
                        .ok_or_else(|| format!("unknown matching method '{name}' when parsing ACL expression."))?,
                );
                used = 2;
            }
            "-f" => {
                f.files.push(value().ok_or("missing file name")?);
                used = 2;
            }
            "-u" => {
                let n = value().and_then(|v| v.parse().ok()).ok_or("the argument of -u must be an integer")?;
                f.unique_id = Some(n);
                used = 2;
            }
            "--" => {
                f.ended = true;
                return Ok((f, tail));
            }
            _ => break,
        }
        rest = &rest[used..];
    }
    Ok((f, rest))
}

fn method(name: &str) -> Option<Match> {
    Some(match name {
        "found" => Match::Found,
        "bool" => Match::Bool,
        "int" => Match::Int,
        "ip" => Match::Ip,
        "bin" => Match::Bin,
        "len" => Match::Len,
        "str" => Match::Str,
        "beg" => Match::Beg,
        "sub" => Match::Sub,
        "dir" => Match::Dir,
        "dom" => Match::Dom,
        "end" => Match::End,
        "reg" => Match::Reg,
        _ => return None,
    })
}

fn default_method(kind: Type, name: &str) -> Result<Match, String> {
    Ok(match kind {
        Type::Bool => Match::Bool,
        Type::Int => Match::Int,
        Type::Ip | Type::Ipv4 | Type::Ipv6 => Match::Ip,
        Type::Str | Type::Meth => Match::Str,
        Type::Bin => Match::Bin,
        Type::Any => {
            return Err(format!(
                "matching method must be specified first (using '-m') when using a sample fetch of this type ('{name}')."
            ));
        }
    })
}

fn compatible(m: Match, kind: Type, name: &str) -> Result<Match, String> {
    let text = matches!(
        m,
        Match::Str
            | Match::Beg
            | Match::Sub
            | Match::Dir
            | Match::Dom
            | Match::End
            | Match::Reg
            | Match::Len
            | Match::Bin
    );
    let ok = match m {
        Match::Found => true,
        Match::Bool => kind.converts_to(Type::Bool),
        Match::Int => kind.converts_to(Type::Int),
        Match::Ip => kind.converts_to(Type::Ip),
        _ => text,
    };
    if ok { Ok(m) } else { Err(format!("matching method cannot be used with fetch keyword '{name}'.")) }
}

/// Patterns as the matcher wants them; for integers, operators become ranges.
fn entries(words: &[Word], method: Match) -> Result<Vec<PatternEntry>, String> {
    let entry = |key: String| PatternEntry { key, value: None, line: 0 };
    if !matches!(method, Match::Int | Match::Len) {
        return Ok(words.iter().map(|w| entry(w.text.clone())).collect());
    }
    let mut out = Vec::new();
    let mut operator = "eq";
    for w in words {
        if let Some(op) = ["eq", "ge", "gt", "le", "lt"].iter().find(|o| **o == w.text) {
            operator = op;
            continue;
        }
        let n = |d: i64| {
            // Versions such as 1.1 are written in `req.ssl_ver`-like patterns with a dot.
            let text = w.text.as_str();
            let n = atoms::integer(text).or_else(|| dotted(text)).ok_or_else(|| format!("'{text}' is not a number"))?;
            Ok::<i64, String>(n.saturating_add(d))
        };
        out.push(entry(match operator {
            "eq" if w.text.contains(':') => w.text.clone(),
            "eq" => n(0)?.to_string(),
            "ge" => format!("{}:", n(0)?),
            "gt" => format!("{}:", n(1)?),
            "le" => format!(":{}", n(0)?),
            _ => format!(":{}", n(-1)?),
        }));
    }
    Ok(out)
}

/// `3.1` as major * 65536 + minor.
fn dotted(text: &str) -> Option<i64> {
    let (major, minor) = text.split_once('.')?;
    Some((atoms::integer(major)? << 16) + atoms::integer(minor)?)
}

fn check_patterns(set: &PatternSet) -> Result<(), String> {
    for e in &set.entries {
        match set.method {
            Match::Ip if atoms::network(&e.key).is_none() && looks_like_address(&e.key) => {
                return Err(format!("'{}' is not a valid IPv4 or IPv6 address.", e.key));
            }
            Match::Reg => {
                pattern::regex(&e.key, set.ignore_case).map_err(|m| format!("regex '{}' is invalid: {m}", e.key))?;
            }
            Match::Int | Match::Len if pattern::int_range(&e.key).is_none() => {
                return Err(format!("'{}' is not a number", e.key));
            }
            Match::Bin if pattern::unhex(&e.key).is_none() => {
                return Err("an even number of hex digit is expected".to_owned());
            }
            _ => {}
        }
    }
    Ok(())
}

/// Not a host name, which the resolver would be asked for.
fn looks_like_address(text: &str) -> bool {
    text.contains(['/', ':']) || !text.contains(|c: char| c.is_ascii_alphabetic())
}

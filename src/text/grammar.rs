//! The argument grammar of a keyword, as data: what it takes, how it reads, how words are matched against it.
//!
//! Four fifths of the keywords of both languages are words, pairs and flags. A keyword lists its [`Arg`]s; [`match_words`]
//! matches them and [`syntax`] prints them the way manuals do, so the line in the documentation cannot drift from the parser.

use std::fmt::Write as _;
use std::time::Duration;

use super::atoms::{self, AtomError, TimeUnit};
use super::diag::Diagnostic;
use super::source::Span;

/// A word of a line: quotes and escapes are gone, the place is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    pub at: Span,
    /// Some of it was quoted or escaped.
    pub quoted: bool,
}

/// One piece of a keyword's arguments.
#[derive(Debug, Clone, Copy)]
pub enum Arg {
    /// `<name>`
    Value(&'static str, Kind),
    /// `[<name>]`
    Optional(&'static str, Kind),
    /// `[key <name>]`, in any order with other pairs and flags
    Pair(&'static str, &'static str, Kind),
    /// `[key]`
    Flag(&'static str),
    /// `<name>*`: every remaining word
    Rest(&'static str, Kind),
}

/// What a word must look like.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Word,
    /// Inclusive bounds.
    Int(i64, i64),
    Time(TimeUnit),
    /// Seconds with a fraction; inclusive bounds in microseconds.
    Seconds(u64, u64),
    Size,
    Network,
    Ip,
    OneOf(&'static [&'static str]),
    /// Anything, given a name for the documentation only.
    Path,
}

/// A matched argument.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Word(String),
    Int(i64),
    Time(Duration),
    Size(u64),
    Network(ipnet::IpNet),
    Ip(std::net::IpAddr),
    Flag,
}

/// Words matched against a grammar.
#[derive(Debug, Clone, Default)]
pub struct Args {
    found: Vec<(&'static str, Value, Word)>,
}

impl Args {
    fn first(&self, name: &str) -> Option<&(&'static str, Value, Word)> {
        self.found.iter().find(|(n, ..)| *n == name)
    }

    pub fn has(&self, name: &str) -> bool {
        self.first(name).is_some()
    }

    /// The word as written.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.first(name).map(|(.., w)| w.text.as_str())
    }

    pub fn word(&self, name: &str) -> Option<&Word> {
        self.first(name).map(|(.., w)| w)
    }

    pub fn at(&self, name: &str) -> Option<Span> {
        self.first(name).map(|(.., w)| w.at)
    }

    pub fn int(&self, name: &str) -> Option<i64> {
        match self.first(name)?.1 {
            Value::Int(n) => Some(n),
            Value::Size(n) => i64::try_from(n).ok(),
            _ => None,
        }
    }

    pub fn time(&self, name: &str) -> Option<Duration> {
        match self.first(name)?.1 {
            Value::Time(t) => Some(t),
            _ => None,
        }
    }

    pub fn network(&self, name: &str) -> Option<ipnet::IpNet> {
        match self.first(name)?.1 {
            Value::Network(n) => Some(n),
            _ => None,
        }
    }

    pub fn ip(&self, name: &str) -> Option<std::net::IpAddr> {
        match self.first(name)?.1 {
            Value::Ip(n) => Some(n),
            _ => None,
        }
    }

    /// Every word matched under one name ([`Arg::Rest`]).
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Word> {
        self.found.iter().filter(move |(n, ..)| *n == name).map(|(.., w)| w)
    }
}

/// The grammar as manuals write it, without the keyword itself.
pub fn syntax(args: &[Arg]) -> String {
    let mut out = String::new();
    for arg in args {
        let piece = match arg {
            Arg::Value(n, k) => placeholder(n, *k),
            Arg::Optional(n, k) => format!("[ {} ]", placeholder(n, *k)),
            Arg::Pair(key, n, k) => format!("[ {key} {} ]", placeholder(n, *k)),
            Arg::Flag(key) => format!("[ {key} ]"),
            Arg::Rest(n, k) => format!("{} ...", placeholder(n, *k)),
        };
        let _ = write!(out, "{}{piece}", if out.is_empty() { "" } else { " " });
    }
    out
}

fn placeholder(name: &str, kind: Kind) -> String {
    match kind {
        Kind::OneOf(choices) => format!("{{ {} }}", choices.join(" | ")),
        _ => format!("<{name}>"),
    }
}

/// What did not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    pub at: Span,
    /// The word, or the placeholder that is missing.
    pub word: String,
    pub problem: Problem,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// `<name>` is missing.
    Missing(&'static str),
    /// Nothing takes this word.
    Unexpected,
    /// `key` wants a value.
    NoValue(&'static str),
    Invalid(&'static str, Invalid),
}

/// Why a word is not of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invalid {
    NotAnInteger,
    OutOfRange(i64, i64),
    Time(AtomError),
    NotSeconds,
    /// Bounds in microseconds.
    SecondsOutOfRange(u64, u64),
    Size(AtomError),
    NotANetwork,
    NotAnAddress,
    NotOneOf(Vec<&'static str>),
}

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotAnInteger => f.write_str("expected an integer"),
            Self::OutOfRange(low, high) => write!(f, "expected an integer from {low} to {high}"),
            Self::NotSeconds => f.write_str("expected seconds such as 1 or 0.5"),
            Self::SecondsOutOfRange(low, high) => {
                write!(f, "expected {} to {} seconds", *low as f64 / 1e6, *high as f64 / 1e6)
            }
            Self::Time(_) => f.write_str("expected a time such as 500ms, 10s or 1h"),
            Self::Size(_) => f.write_str("expected a size such as 1024, 16k or 1m"),
            Self::NotANetwork => f.write_str("expected an address or a network such as 10.0.0.0/8"),
            Self::NotAnAddress => f.write_str("expected an IP address"),
            Self::NotOneOf(choices) => write!(f, "expected one of: {}", choices.join(", ")),
        }
    }
}

impl Mismatch {
    /// What is said beside the caret.
    pub fn label(&self) -> String {
        match &self.problem {
            Problem::Missing(name) => format!("<{name}> is missing"),
            Problem::Unexpected => "not expected here".into(),
            Problem::NoValue(key) => format!("'{key}' needs a value"),
            Problem::Invalid(_, why) => why.to_string(),
        }
    }

    /// The plain form, for keywords whose original wording nobody matches on.
    pub fn diagnostic(&self, keyword: &str, args: &[Arg]) -> Diagnostic {
        let message = match &self.problem {
            Problem::Missing(name) => format!("'{keyword}' : missing argument <{name}>."),
            Problem::Unexpected => format!("'{keyword}' : unexpected argument '{}'.", self.word),
            Problem::NoValue(key) => format!("'{keyword}' : '{key}' needs a value."),
            Problem::Invalid(name, why) => format!("'{keyword}' : invalid <{name}> '{}', {why}.", self.word),
        };
        Diagnostic::error("bad-argument", self.at, message)
            .label(self.label())
            .help(format!("syntax: {keyword} {}", syntax(args)))
    }
}

/// Matches the words behind a keyword. `end` is the place of something missing. Every mismatch is reported.
///
/// # Errors
/// All words that do not fit, in order.
pub fn match_words(args: &[Arg], words: &[Word], end: Span) -> Result<Args, Vec<Mismatch>> {
    let mut out = Args::default();
    let mut bad = Vec::new();
    let mut rest = words;
    for arg in args {
        match *arg {
            Arg::Value(name, kind) => match rest.split_first() {
                Some((w, tail)) => {
                    take(&mut out, &mut bad, name, kind, w);
                    rest = tail;
                }
                None => bad.push(Mismatch { at: end, word: String::new(), problem: Problem::Missing(name) }),
            },
            Arg::Optional(name, kind) => {
                if let Some((w, tail)) = rest.split_first().filter(|(w, _)| !is_key(args, w)) {
                    take(&mut out, &mut bad, name, kind, w);
                    rest = tail;
                }
            }
            Arg::Pair(..) | Arg::Flag(_) | Arg::Rest(..) => {}
        }
    }
    while let Some((w, tail)) = rest.split_first() {
        rest = tail;
        match args.iter().find(|a| a.takes(w)) {
            Some(Arg::Pair(key, _, kind)) => match rest.split_first() {
                Some((v, tail)) => {
                    take(&mut out, &mut bad, key, *kind, v);
                    rest = tail;
                }
                None => bad.push(Mismatch { at: w.at, word: w.text.clone(), problem: Problem::NoValue(key) }),
            },
            Some(Arg::Flag(key)) => out.found.push((key, Value::Flag, w.clone())),
            Some(Arg::Rest(name, kind)) => take(&mut out, &mut bad, name, *kind, w),
            _ => bad.push(Mismatch { at: w.at, word: w.text.clone(), problem: Problem::Unexpected }),
        }
    }
    if bad.is_empty() { Ok(out) } else { Err(bad) }
}

impl Arg {
    fn takes(&self, w: &Word) -> bool {
        match self {
            Self::Pair(key, ..) | Self::Flag(key) => *key == w.text,
            Self::Rest(..) => true,
            _ => false,
        }
    }
}

fn is_key(args: &[Arg], w: &Word) -> bool {
    args.iter().any(|a| matches!(a, Arg::Pair(key, ..) | Arg::Flag(key) if *key == w.text))
}

fn take(out: &mut Args, bad: &mut Vec<Mismatch>, name: &'static str, kind: Kind, w: &Word) {
    match value(kind, &w.text) {
        Ok(v) => out.found.push((name, v, w.clone())),
        Err(why) => {
            bad.push(Mismatch { at: w.at, word: w.text.clone(), problem: Problem::Invalid(name, why) });
        }
    }
}

/// One word as a value of its kind.
///
/// # Errors
/// Why it is none.
pub fn value(kind: Kind, text: &str) -> Result<Value, Invalid> {
    Ok(match kind {
        Kind::Word | Kind::Path => Value::Word(text.to_owned()),
        Kind::Int(low, high) => {
            let n = atoms::integer(text).ok_or(Invalid::NotAnInteger)?;
            if n < low || n > high {
                return Err(Invalid::OutOfRange(low, high));
            }
            Value::Int(n)
        }
        Kind::Time(unit) => Value::Time(atoms::duration(text, unit).map_err(Invalid::Time)?),
        Kind::Seconds(low, high) => {
            let time = atoms::seconds(text).ok_or(Invalid::NotSeconds)?;
            let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
            if micros < low || micros > high {
                return Err(Invalid::SecondsOutOfRange(low, high));
            }
            Value::Time(time)
        }
        Kind::Size => Value::Size(atoms::size(text).map_err(Invalid::Size)?),
        Kind::Network => Value::Network(atoms::network(text).ok_or(Invalid::NotANetwork)?),
        Kind::Ip => Value::Ip(text.parse().map_err(|_| Invalid::NotAnAddress)?),
        Kind::OneOf(choices) => {
            if !choices.contains(&text) {
                return Err(Invalid::NotOneOf(choices.to_vec()));
            }
            Value::Word(text.to_owned())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<Word> {
        line.split_whitespace().map(|t| Word { text: t.into(), at: Span::default(), quoted: false }).collect()
    }

    const ARGS: &[Arg] = &[
        Arg::Value("size", Kind::Size),
        Arg::Optional("name", Kind::Word),
        Arg::Pair("except", "network", Kind::Network),
        Arg::Flag("if-none"),
    ];

    #[test]
    fn pairs_and_flags_come_in_any_order() {
        let a = match_words(ARGS, &words("16k if-none except 127.0.0.0/8"), Span::default()).expect("fits");
        assert_eq!(a.int("size"), Some(16384));
        assert!(a.has("if-none") && !a.has("name"));
        assert_eq!(a.network("except").map(|n| n.to_string()), Some("127.0.0.0/8".into()));
    }

    #[test]
    fn every_mismatch_is_reported() {
        let e = match_words(ARGS, &words("big foo except nowhere bar"), Span::default()).expect_err("does not fit");
        assert_eq!(e.len(), 3);
    }

    #[test]
    fn the_syntax_line_is_printed_from_the_same_data() {
        assert_eq!(syntax(ARGS), "<size> [ <name> ] [ except <network> ] [ if-none ]");
    }
}

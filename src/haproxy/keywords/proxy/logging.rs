//! Logs of proxies (manual 4.2 `log`, `log-format` ...).

use crate::haproxy::Outside;
use crate::haproxy::keyword::{FRONT, KEYWORD, Keyword, Line, PROXY, Syntax};
use crate::haproxy::lower::sample::Place;
use crate::haproxy::lower::{address, format};
use crate::ir::address::Address;
use crate::ir::log::{FACILITIES, LEVELS, LogDestination, LogSample, LogTarget, LogTransport};
use crate::ir::proxy::LogFormat;
use crate::text::atoms;
use crate::text::diag::{Diagnostic, Place as Position};
use crate::text::grammar::{Arg, Kind};

pub const ALL: &[&Keyword] =
    &[&LOG, &LOG_FORMAT, &LOG_FORMAT_SD, &ERROR_LOG_FORMAT, &LOG_TAG, &UNIQUE_ID_FORMAT, &UNIQUE_ID_HEADER];

const LOG: Keyword = Keyword {
    name: "log",
    sections: PROXY,
    negatable: true,
    args: Syntax::Custom(
        "{ global | <address> [len <length>] [format <format>] [sample <ranges>:<size>] <facility> [max level [min level]] }",
    ),
    doc: "Where log lines go.",
    examples: &["log global", "log 127.0.0.1:514 local0 info"],
    lower: |l| {
        if !l.on() {
            l.proxy().log.clear();
            l.proxy().log_global = false;
            return;
        }
        if l.arg(0) == "global" && l.rest().len() == 1 {
            l.proxy().log_global = true;
        } else if let Some(t) = target(l) {
            l.proxy().log.push(t);
        }
    },
    ..KEYWORD
};

/// `<address> ... <facility> [level [minlevel]]`
pub fn target(l: &mut Line<'_>) -> Option<LogTarget> {
    match parse_target(l) {
        Ok(t) => Some(t),
        Err((n, e)) => {
            l.error(n, format!("log : {e}"));
            None
        }
    }
}

fn parse_target(l: &mut Line<'_>) -> Result<LogTarget, (usize, String)> {
    if l.rest().len() < 2 {
        return Err((0, "expects <address> and <facility>  as arguments".to_owned()));
    }
    let destination = destination(&l.address(0), l.outside).map_err(|e| (0, e))?;
    let mut t = LogTarget {
        destination,
        format: LogTransport::Local,
        has_format: false,
        max_len: 1024,
        sample: None,
        facility: 0,
        max_level: 7,
        min_level: 0,
        at: l.at(),
    };
    let mut i = 1;
    loop {
        match l.arg(i) {
            "len" => {
                let len = atoms::unsigned(l.arg(i + 1)).and_then(|n| usize::try_from(n).ok());
                t.max_len = len.filter(|n| (80..=65535).contains(n)).ok_or_else(|| {
                    (i + 1, format!("invalid log length '{}', must be between 80 and 65535", l.arg(i + 1)))
                })?;
            }
            "format" => {
                t.has_format = true;
                t.format =
                    transport(l.arg(i + 1)).ok_or_else(|| (i + 1, format!("unknown log format '{}'", l.arg(i + 1))))?
            }
            "sample" => {
                t.sample =
                    Some(sampling(l.arg(i + 1)).ok_or_else(|| (i + 1, format!("invalid sample '{}'", l.arg(i + 1))))?)
            }
            _ => break,
        }
        i += 2;
    }
    let facility = l.arg(i);
    t.facility = FACILITIES
        .iter()
        .position(|f| *f == facility)
        .map(|n| n as u8)
        .ok_or_else(|| (i, format!("unknown log facility '{facility}'")))?;
    let level = |n: usize, which: &str| {
        let w = l.arg(n);
        LEVELS
            .iter()
            .position(|x| *x == w)
            .map(|x| x as u8)
            .ok_or_else(|| (n, format!("unknown optional {which}log level '{w}'")))
    };
    if !l.arg(i + 1).is_empty() {
        t.max_level = level(i + 1, "")?;
    }
    if !l.arg(i + 2).is_empty() {
        t.min_level = level(i + 2, "minimum ")?;
    }
    Ok(t)
}

fn destination(text: &str, outside: &dyn Outside) -> Result<LogDestination, String> {
    match text {
        "stdout" => return Ok(LogDestination::Fd(1)),
        "stderr" => return Ok(LogDestination::Fd(2)),
        _ => {}
    }
    if let Some(ring) = text.strip_prefix("ring@") {
        return Ok(LogDestination::Ring(ring.to_owned()));
    }
    let p = address::parse(text, address::PLAIN)?;
    Ok(match p.address {
        Address::Fd(n) => LogDestination::Fd(n),
        mut a => {
            if !p.has_port {
                a.set_port(514);
            }
            LogDestination::Socket(address::settle(a, text, outside)?)
        }
    })
}

/// A form of log lines by its name.
pub fn transport(name: &str) -> Option<LogTransport> {
    Some(match name {
        "local" => LogTransport::Local,
        "rfc3164" => LogTransport::Rfc3164,
        "rfc5424" => LogTransport::Rfc5424,
        "priority" => LogTransport::Priority,
        "short" => LogTransport::Short,
        "timed" => LogTransport::Timed,
        "iso" => LogTransport::Iso,
        "raw" => LogTransport::Raw,
        _ => return None,
    })
}

/// `1,3-4:5`
fn sampling(text: &str) -> Option<LogSample> {
    let (ranges, size) = text.split_once(':')?;
    let size = u32::try_from(atoms::unsigned(size)?).ok()?;
    let mut out = Vec::new();
    for r in ranges.split(',') {
        let (low, high) = atoms::range(r)?;
        out.push((u32::try_from(low).ok()?, u32::try_from(high).ok().filter(|h| *h <= size)?));
    }
    out.sort_unstable();
    Some(LogSample { ranges: out, size })
}

/// A format is read when the section is complete: the original reports it without a column, by the line.
fn log_format(l: &mut Line<'_>) -> Option<crate::ir::expr::Format> {
    if l.arg(0).is_empty() {
        l.error_named(0, "expects an argument.");
        return None;
    }
    if l.is_ignored_in_backend() {
        return None;
    }
    if let Some(extra) = l.rest().get(1).map(|w| w.text.clone()) {
        let name = l.keyword.name;
        l.error(1, format!("'{name}' expects only one argument, don't forget to escape spaces! (got '{extra}')"));
        return None;
    }
    let text = l.arg(0).to_owned();
    match format::parse(&text, l.arg_at(0), Place::Log, l.draft) {
        Ok(f) => Some(f),
        Err(e) => {
            let message = format!("failed to parse {} : {e}", l.keyword.name);
            let d = Diagnostic::error("bad-log-format", l.arg_at(0), message).placed(Position::ParsingCapital);
            l.draft.late.push(d);
            None
        }
    }
}

const LOG_FORMAT: Keyword = Keyword {
    name: "log-format",
    sections: PROXY,
    args: Syntax::Custom("<fmt>"),
    doc: "The format of log lines.",
    lower: |l| {
        if let Some(f) = log_format(l) {
            l.proxy().log_format = LogFormat::Custom(f);
        }
    },
    ..KEYWORD
};
const LOG_FORMAT_SD: Keyword = Keyword {
    name: "log-format-sd",
    sections: PROXY,
    args: Syntax::Custom("<fmt>"),
    doc: "The structured data of RFC 5424 log lines.",
    lower: |l| {
        let f = log_format(l);
        l.proxy().log_format_sd = f;
    },
    ..KEYWORD
};
const ERROR_LOG_FORMAT: Keyword = Keyword {
    name: "error-log-format",
    sections: PROXY,
    args: Syntax::Custom("<fmt>"),
    doc: "The format of log lines about connections that failed.",
    lower: |l| {
        let f = log_format(l);
        l.proxy().error_log_format = f;
    },
    ..KEYWORD
};
const LOG_TAG: Keyword = Keyword {
    name: "log-tag",
    sections: PROXY,
    args: Syntax::Args(&[Arg::Value("string", Kind::Word)]),
    doc: "The program's name in the head of this proxy's log lines.",
    lower: |l| {
        let tag = l.args.text("string").map(str::to_owned);
        l.proxy().log_tag = tag;
    },
    ..KEYWORD
};
const UNIQUE_ID_FORMAT: Keyword = Keyword {
    name: "unique-id-format",
    sections: FRONT,
    args: Syntax::Custom("<fmt>"),
    doc: "How requests' identifiers are made.",
    lower: |l| {
        let text = l.arg(0).to_owned();
        match format::parse(&text, l.arg_at(0), Place::Request, l.draft) {
            Ok(f) => l.proxy().unique_id_format = Some(f),
            Err(e) => l.error(0, format!("failed to parse unique-id : {e}")),
        }
    },
    ..KEYWORD
};
const UNIQUE_ID_HEADER: Keyword = Keyword {
    name: "unique-id-header",
    sections: FRONT,
    args: Syntax::Args(&[Arg::Value("name", Kind::Word)]),
    doc: "The header that tells servers a request's identifier.",
    lower: |l| {
        let name = l.args.text("name").map(str::to_owned);
        l.proxy().unique_id_header = name;
    },
    ..KEYWORD
};

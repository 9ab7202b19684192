//! Choosing servers (manual 4.2 `balance`, `hash-type`, `use-server` ...).

use crate::haproxy::keyword::{BACK, BACKEND, KEYWORD, Keyword, LISTEN, Line, Syntax};
use crate::haproxy::lower::{address, condition, format, sample};
use crate::ir::Named;
use crate::ir::proxy::{Balance, HashFunction, HashType, PersistRule, ServerName, UseServer};
use crate::text::atoms;
use crate::text::grammar::{Arg, Kind, Word};

pub const ALL: &[&Keyword] =
    &[&BALANCE, &HASH_TYPE, &HASH_BALANCE_FACTOR, &USE_SERVER, &FORCE_PERSIST, &IGNORE_PERSIST, &DISPATCH, &SOURCE];

const BALANCE: Keyword = Keyword {
    name: "balance",
    sections: BACK,
    args: Syntax::Custom("<algorithm> [<arguments>]"),
    doc: "The algorithm that chooses servers.",
    examples: &[
        "balance roundrobin",
        "balance source",
        "balance uri depth 2",
        "balance hdr(host)",
        "balance url_param id",
    ],
    rejects: &["balance rounrobin"],
    lower: |l| match algorithm(l) {
        Ok(b) => {
            let at = l.at();
            let p = l.proxy();
            (p.balance, p.balance_at) = (b, Some(at));
        }
        Err(e) => l.error(0, e),
    },
    ..KEYWORD
};

const UNKNOWN: &str = "balance only supports 'roundrobin', 'static-rr', 'leastconn', 'source', 'uri', 'url_param', 'hdr(name)' and 'rdp-cookie(name)' options.";

/// `name(inner)` split; `inner` is `None` without parentheses.
fn call(text: &str) -> (&str, Option<&str>) {
    match text.split_once('(') {
        Some((n, r)) => (n, Some(r.strip_suffix(')').unwrap_or(r))),
        None => (text, None),
    }
}

fn algorithm(l: &mut Line<'_>) -> Result<Balance, String> {
    let words = l.rest().to_vec();
    let text = words.first().map_or("", |w| w.text.as_str());
    let options = words.get(1..).unwrap_or(&[]);
    let (name, inner) = call(text);
    Ok(match name {
        "" => Balance::RoundRobin,
        "roundrobin" => Balance::RoundRobin,
        "static-rr" => Balance::StaticRr,
        "leastconn" => Balance::LeastConn,
        "first" => Balance::First,
        "source" => Balance::Source,
        "uri" => uri(options)?,
        "url_param" => {
            let name = options.first().ok_or("'balance url_param' requires an URL parameter name.")?;
            let check_post = options.get(1).is_some_and(|w| w.text == "check_post");
            Balance::UrlParam { name: name.text.clone(), check_post }
        }
        "hdr" => {
            let name =
                inner.filter(|n| !n.is_empty()).ok_or("'balance hdr(name)' requires an http header field name.")?;
            Balance::Hdr { name: name.to_owned(), use_domain_only: options.iter().any(|w| w.text == "use_domain_only") }
        }
        "random" => {
            let draws = match inner {
                None => 2,
                Some(n) => n.parse().ok().filter(|n| *n > 0).ok_or("'random' requires a positive number of draws.")?,
            };
            Balance::Random { draws }
        }
        "rdp-cookie" => return Err("'balance rdp-cookie' is not implemented in this version of Hawser.".into()),
        "hash" => {
            let text = match (inner, options.first()) {
                (Some(i), _) => i.to_owned(),
                (None, Some(w)) => w.text.clone(),
                (None, None) => return Err("'balance hash' requires a sample expression.".to_owned()),
            };
            let at = l.arg_at(0);
            let s = sample::parse(&text, at, l.draft).map_err(|e| format!("'balance hash' : {e}"))?;
            Balance::Hash(Box::new(s))
        }
        _ => return Err(UNKNOWN.to_owned()),
    })
}

fn uri(options: &[Word]) -> Result<Balance, String> {
    let (mut whole, mut path_only, mut len, mut depth) = (false, false, None, None);
    let mut it = options.iter();
    while let Some(w) = it.next() {
        let mut number = |what: &str| {
            let n = it.next().and_then(|w| atoms::unsigned(&w.text)).filter(|n| *n > 0);
            n.and_then(|n| usize::try_from(n).ok())
                .ok_or_else(|| format!("'balance uri {what}' requires a positive integer."))
        };
        match w.text.as_str() {
            "len" => len = Some(number("len")?),
            "depth" => depth = Some(number("depth")?),
            "whole" => whole = true,
            "path-only" => path_only = true,
            other => {
                return Err(format!(
                    "'balance uri' only accepts parameters 'len', 'depth', 'path-only', and 'whole' (got '{other}')."
                ));
            }
        }
    }
    Ok(Balance::Uri { whole, len, depth, path_only })
}

const HASH_TYPE: Keyword = Keyword {
    name: "hash-type",
    sections: BACK,
    args: Syntax::Custom("{ map-based | consistent } [ sdbm | djb2 | wt6 | crc32 ] [ avalanche ]"),
    doc: "How hashes are mapped to servers, and which hash it is.",
    lower: |l| {
        let mut h = HashType::default();
        let words = l.rest().to_vec();
        match words.first().map_or("", |w| w.text.as_str()) {
            "consistent" => h.consistent = true,
            "map-based" => {}
            "avalanche" => return l.error(0, "experimental feature 'hash-type avalanche' is not supported anymore, please use 'hash-type map-based sdbm avalanche' instead."),
            _ => return l.error(0, "'hash-type' only supports 'consistent' and 'map-based'."),
        }
        for (i, w) in words.iter().enumerate().skip(1) {
            match w.text.as_str() {
                "sdbm" => h.function = HashFunction::Sdbm,
                "djb2" => h.function = HashFunction::Djb2,
                "wt6" => h.function = HashFunction::Wt6,
                "crc32" => h.function = HashFunction::Crc32,
                "avalanche" => h.avalanche = true,
                _ if i == 1 => {
                    return l.error(i, "'hash-type' only supports 'sdbm', 'djb2', 'crc32', or 'wt6' hash functions.");
                }
                other => {
                    let message = format!(
                        "'hash-type' only supports 'avalanche' as a modifier for hash functions (got '{other}')."
                    );
                    return l.error(i, message);
                }
            }
        }
        // A consistent hash without a function spreads its sdbm (manual 4.2 "hash-type").
        if h.consistent && words.len() == 1 {
            h.avalanche = true;
        }
        l.proxy().hash_type = h;
    },
    ..KEYWORD
};
const HASH_BALANCE_FACTOR: Keyword = Keyword {
    name: "hash-balance-factor",
    sections: BACK,
    args: Syntax::Args(&[Arg::Value("factor", Kind::Int(0, 65535))]),
    doc: "How much more than the average a server may get from a consistent hash, per cent.",
    examples: &["hash-balance-factor 150"],
    rejects: &["hash-balance-factor 50"],
    lower: |l| {
        let n = l.args.int("factor").and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        if (1..=100).contains(&n) {
            return l.error(0, "'hash-balance-factor' must be 0 or greater than 100.");
        }
        l.proxy().hash_balance_factor = n;
    },
    ..KEYWORD
};
const USE_SERVER: Keyword = Keyword {
    name: "use-server",
    sections: LISTEN.or(BACKEND),
    args: Syntax::Custom("<server> { if | unless } <condition>"),
    doc: "Chooses a server, by name or by a formatted string.",
    lower: |l| {
        let words = l.rest().to_vec();
        let Some(first) = words.first() else { return l.error(0, "'use-server' expects a server name.") };
        let target = if first.text.contains('%') {
            match format::parse(&first.text, first.at, sample::Place::Request, l.draft) {
                Ok(f) => ServerName::Dynamic(f),
                Err(e) => return l.error(0, format!("error detected while parsing switching rule : {e}")),
            }
        } else {
            ServerName::Static(Named::new(first.text.as_str(), first.at))
        };
        match condition::trailing_condition(&words[1..], l.draft, l.diag) {
            Ok(None) => l.error(1, "'use-server' requires either 'if' or 'unless' followed by a condition."),
            Ok(condition) => {
                let at = l.at();
                l.proxy().use_server.push(UseServer { target, condition, at });
            }
            Err(e) => l.error(1, format!("error detected while parsing switching rule : {e}")),
        }
    },
    ..KEYWORD
};

fn persist(l: &mut Line<'_>, ignore: bool) {
    let words = l.rest().to_vec();
    let name = l.keyword.name;
    match condition::trailing_condition(&words, l.draft, l.diag) {
        Ok(Some(condition)) => {
            let at = l.at();
            l.proxy().force_persist.push(PersistRule { ignore, condition, at });
        }
        Ok(None) => l.error(0, format!("'{name}' requires either 'if' or 'unless' followed by a condition.")),
        Err(e) => l.error(0, format!("error detected while parsing a '{name}' rule : {e}")),
    }
}
const FORCE_PERSIST: Keyword = Keyword {
    name: "force-persist",
    sections: LISTEN.or(BACKEND),
    args: Syntax::Custom("{ if | unless } <condition>"),
    doc: "When a cookie is obeyed even for a server that is down.",
    examples: &["force-persist if { path_beg /admin }"],
    rejects: &["force-persist", "force-persist if"],
    lower: |l| persist(l, false),
    ..KEYWORD
};
const IGNORE_PERSIST: Keyword = Keyword {
    name: "ignore-persist",
    sections: LISTEN.or(BACKEND),
    args: Syntax::Custom("{ if | unless } <condition>"),
    doc: "When a cookie is not obeyed.",
    lower: |l| persist(l, true),
    ..KEYWORD
};
const DISPATCH: Keyword = Keyword {
    name: "dispatch",
    sections: LISTEN.or(BACKEND),
    args: Syntax::Custom("<address>:<port>"),
    doc: "One address in place of servers, for requests that no cookie or rule sends to a server.",
    examples: &["dispatch 192.0.2.1:80"],
    rejects: &["dispatch 192.0.2.1", "dispatch 192.0.2.1:0", "dispatch 192.0.2.1:80-90", "dispatch 192.0.2.1:80 more"],
    lower: |l| {
        if !l.no_more_than(1) {
            return;
        }
        let text = l.address(0);
        let parsed = address::parse(&text, address::Allowed { port_required: true, ..address::PLAIN });
        match parsed.and_then(|p| address::settle(p.address, &text, l.outside)) {
            Ok(crate::ir::address::Address::Inet(a)) if a.port() == 0 => l.error(0, "'dispatch' : invalid port '0'"),
            Ok(a) => l.proxy().dispatch = Some(a),
            Err(e) => l.error(0, format!("'dispatch' : {e}")),
        }
    },
    ..KEYWORD
};
const SOURCE: Keyword = Keyword {
    name: "source",
    sections: BACK,
    args: Syntax::Custom(
        "<addr>[:<port>] [usesrc { <addr2>[:<port2>] | client | clientip | hdr_ip(<hdr>[,<occ>]) }] [interface <name>]",
    ),
    doc: "The address that servers see.",
    lower: |l| {
        let words = l.rest().to_vec();
        match crate::haproxy::params::server::source(&words) {
            Ok((_, used)) if used < words.len() => {
                l.error(used, "'source' only supports optional keywords 'interface' and 'usesrc'.");
            }
            Ok((s, _)) => l.proxy().source = Some(s),
            Err(_) if words.is_empty() => {
                l.error(0, "'source' expects <addr>[:<port>], and optionally 'usesrc' <addr>, and 'interface' <name>.");
            }
            Err(e) => l.error(0, format!("'source' : {e}")),
        }
    },
    ..KEYWORD
};

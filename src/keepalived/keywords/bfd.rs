//! `bfd_instance`: a session with one neighbour.
//!
//! Three of the original's processes read this block. Name, weight and audience concern the routers' process; everything
//! else is read, and complained of, by the process for BFD, the last.

use std::time::Duration;

use super::shared::weight;
use crate::{
    ir::failover::Bfd,
    keepalived::{
        draft::{BfdDraft, Draft, Open},
        keyword::{Block, Call, Closing, Grammar, KEYWORD, Keyword, Opens},
        report::Pass,
    },
};

const BFD: &[Block] = &[Block::Bfd];
/// The longest name, in bytes.
const LONGEST_NAME: usize = 31;
/// The longest interval, in whole milliseconds: 2^32 microseconds.
const LONGEST: u64 = 4_294_967;

pub(super) const KEYWORDS: &[Keyword] = &[
    BFD_INSTANCE,
    NEIGHBOR_IP,
    NEIGHBOUR_IP,
    SOURCE_IP,
    MIN_RX,
    MIN_TX,
    IDLE_TX,
    MULTIPLIER,
    PASSIVE,
    TTL,
    HOPLIMIT,
    MAX_HOPS,
    MULTIHOP,
    WEIGHT,
    VRRP,
    CHECKER,
];

const BFD_INSTANCE: Keyword = Keyword {
    name: "bfd_instance",
    blocks: &[Block::Top],
    grammar: Grammar::Custom("<name>"),
    opens: Opens::Block(Block::Bfd),
    passes: &[Pass::Check, Pass::Vrrp, Pass::Bfd],
    doc: "A BFD session (RFC 5880): a neighbour whose silence is noticed within milliseconds. `track_bfd` uses it.",
    examples: &[
        "bfd_instance router {\n    neighbor_ip 192.0.2.2\n    source_ip 192.0.2.1\n    min_rx 100\n    min_tx 100\n}",
    ],
    lower: bfd_instance,
    close: session_ends,
    ..KEYWORD
};

fn bfd_instance(draft: &mut Draft, call: &mut Call<'_>) {
    let Some(name) = call.text(0).map(str::to_owned) else {
        call.missing_argument();
        return;
    };
    let (pass, long) = (call.report.pass(), name.len() > LONGEST_NAME);
    let known = draft.bfds.iter().any(|session| session.name == name);
    let complaint = match (pass, known, long) {
        (Pass::Bfd, true, _) => format!("Configuration error: BFD instance {name} already configured - ignoring"),
        (Pass::Bfd, _, true) => format!(
            "Configuration error: BFD instance {name} name too long (maximum length is {LONGEST_NAME} characters) - \
             ignoring"
        ),
        (_, true, _) => format!("BFD {name} already specified"),
        (Pass::Vrrp, _, true) => format!("BFD name {name} too long"),
        _ => String::new(),
    };
    if !complaint.is_empty() {
        call.complain("bad-bfd", complaint);
    }
    if known || long {
        draft.skip = true;
        return;
    }
    draft.open = Open::Bfd;
    draft.bfds.push(BfdDraft { name, at: call.words.at, ..BfdDraft::default() });
}

fn session_ends(draft: &mut Draft, closing: &mut Closing<'_>) {
    let Some((session, others)) = draft.bfds.split_last_mut() else { return };
    if session.ignored || closing.report.pass() != Pass::Bfd {
        return;
    }
    let is_taken = |ip| others.iter().any(|other| !other.ignored && other.neighbour == Some(ip));
    let name = &session.name;
    let wrong = match (session.neighbour, session.source) {
        (None, _) => {
            format!("Configuration error: BFD instance {name} has no neighbor address set, disabling instance")
        }
        (Some(neighbour), _) if is_taken(neighbour) => format!(
            "Configuration error: BFD instance {name} has duplicate neighbor address {neighbour}, ignoring instance"
        ),
        // The original prints one of the two twice.
        (Some(neighbour), Some(source)) if neighbour.is_ipv4() != source.is_ipv4() => format!(
            "Configuration error: BFD instance {name} source address {source} and neighbor address {source} are not of \
             the same family, disabling instance"
        ),
        (Some(neighbour), _) => {
            let ttl = session.ttl.unwrap_or_else(|| Bfd::new("", neighbour).ttl);
            if session.max_hops.flatten().is_some_and(|hops| hops > ttl) {
                session.max_hops = Some(Some(ttl));
                let text = format!("BFD instance {name}: max_hops exceeds ttl/hoplimit - setting to ttl/hoplimit");
                closing.report.at("bad-bfd", closing.at, text);
            }
            return;
        }
    };
    session.ignored = true;
    closing.report.at("bad-bfd", closing.at, wrong);
}

/// Reads one argument in the process that it concerns, unless the session is disabled already.
fn read(draft: &mut Draft, call: &mut Call<'_>, pass: Pass, set: fn(&mut BfdDraft, &mut Call<'_>, &str)) {
    if call.report.pass() != pass {
        return;
    }
    let Some(word) = call.text(0).map(str::to_owned) else {
        call.missing_argument();
        return;
    };
    if let Some(session) = draft.bfds.last_mut().filter(|session| !session.ignored) {
        set(session, call, &word);
    }
}

const fn setting(name: &'static str, syntax: &'static str, doc: &'static str) -> Keyword {
    Keyword { name, blocks: BFD, grammar: Grammar::Custom(syntax), doc, ..KEYWORD }
}

const NEIGHBOR_IP: Keyword = Keyword {
    examples: &["neighbor_ip 192.0.2.2"],
    rejects: &["neighbor_ip nowhere"],
    lower: |draft, call| {
        read(draft, call, Pass::Bfd, |session, call, word| match word.parse() {
            Ok(ip) => session.neighbour = Some(ip),
            Err(_) => {
                session.ignored = true;
                let name = &session.name;
                let text = format!(
                    "Configuration error: BFD instance {name} has malformed neighbor address {word}, ignoring instance"
                );
                call.complain("bad-bfd", text);
            }
        });
    },
    ..setting("neighbor_ip", "<address>", "The neighbour; needed.")
};

const NEIGHBOUR_IP: Keyword = Keyword {
    name: "neighbour_ip",
    doc: "The same as `neighbor_ip`.",
    examples: &["neighbour_ip 192.0.2.2"],
    rejects: &[],
    ..NEIGHBOR_IP
};

const SOURCE_IP: Keyword = Keyword {
    examples: &["source_ip 192.0.2.1"],
    rejects: &["source_ip nowhere"],
    lower: |draft, call| {
        read(draft, call, Pass::Bfd, |session, call, word| match word.parse() {
            Ok(ip) => session.source = Some(ip),
            Err(_) => {
                let name = &session.name;
                let text =
                    format!("Configuration error: BFD instance {name} has malformed source address {word}, ignoring");
                call.complain("bad-bfd", text);
            }
        });
    },
    ..setting("source_ip", "<address>", "The address that packets leave with; the kernel's choice if not written.")
};

const MIN_RX: Keyword = Keyword {
    examples: &["min_rx 100"],
    rejects: &["min_rx 0"],
    lower: |draft, call| {
        read(draft, call, Pass::Bfd, |session, call, word| session.min_rx = interval(session, call, word, 1))
    },
    ..setting("min_rx", "<milliseconds>", "Packets of the neighbour come no closer together than this.")
};

const MIN_TX: Keyword = Keyword {
    examples: &["min_tx 100"],
    rejects: &["min_tx 0"],
    lower: |draft, call| {
        read(draft, call, Pass::Bfd, |session, call, word| session.min_tx = interval(session, call, word, 1))
    },
    ..setting("min_tx", "<milliseconds>", "We send no faster than this while the session is up.")
};

const IDLE_TX: Keyword = Keyword {
    examples: &["idle_tx 2000"],
    rejects: &["idle_tx 10"],
    lower: |draft, call| {
        read(draft, call, Pass::Bfd, |session, call, word| session.idle_tx = interval(session, call, word, 1000))
    },
    ..setting("idle_tx", "<milliseconds>", "We send no faster than this while the session is down; at least 1000.")
};

/// Milliseconds with up to three decimals.
fn interval(session: &BfdDraft, call: &mut Call<'_>, word: &str, least: u64) -> Option<Duration> {
    let problem = match milliseconds(word) {
        Ok((time, exact)) => {
            if !exact {
                call.complain("bad-number", format!("number '{word}' has too many decimal places"));
            }
            if time >= Duration::from_millis(least) && time <= Duration::from_millis(LONGEST) {
                return Some(time);
            }
            format!("number '{word}' outside range [{least}.000, {LONGEST}.000]")
        }
        Err(problem) => format!("{problem} number '{word}'"),
    };
    call.complain("bad-number", problem);
    let (name, keyword) = (&session.name, call.keyword.name);
    let text = format!(
        "Configuration error: BFD instance {name} {keyword} value {word} is not valid (must be in range \
         [{least}-{LONGEST}]), ignoring"
    );
    call.complain("bad-bfd", text);
    None
}

/// The time, to the microsecond, and whether that is all that was written.
fn milliseconds(word: &str) -> Result<(Duration, bool), &'static str> {
    let number = word.strip_prefix('+').unwrap_or(word);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if word.strip_prefix('-').is_some_and(|rest| rest.parse::<f64>().is_ok()) {
        return Err("negative");
    }
    if number.is_empty() || number == "." || !digits(whole) || !digits(fraction) {
        return Err("invalid");
    }
    let written: f64 = number.parse().map_err(|_| "invalid")?;
    let micros = (written * 1000.0).round();
    Ok((Duration::try_from_secs_f64(micros / 1e6).map_err(|_| "invalid")?, fraction.len() <= 3))
}

/// A whole number between two bounds.
fn number(session: &BfdDraft, call: &mut Call<'_>, word: &str, what: &str, (low, high): (i64, i64)) -> Option<i64> {
    let problem = match word.parse::<i64>() {
        Ok(number) if (low..=high).contains(&number) => return Some(number),
        Ok(_) => format!("number '{word}' outside range [{low}, {high}]"),
        Err(_) => format!("invalid number '{word}'"),
    };
    call.complain("bad-number", problem);
    let name = &session.name;
    let text = format!(
        "Configuration error: BFD instance {name} {what} value {word} not valid (must be in range [{low}-{high}]), ignoring"
    );
    call.complain("bad-bfd", text);
    None
}

const MULTIPLIER: Keyword = Keyword {
    examples: &["multiplier 3"],
    rejects: &["multiplier 0"],
    lower: |draft, call| {
        read(draft, call, Pass::Bfd, |session, call, word| {
            let written = number(session, call, word, "multiplier", (1, 255));
            session.multiplier = written.and_then(|count| u8::try_from(count).ok());
        });
    },
    ..setting("multiplier", "<count>", "Packets that the neighbour misses before it counts us as gone, 1 to 255.")
};

const PASSIVE: Keyword = Keyword {
    grammar: Grammar::Args(&[]),
    examples: &["passive"],
    lower: |draft, _| _ = draft.bfds.last_mut().map(|session| session.passive = true),
    ..setting("passive", "", "Says nothing until the neighbour has spoken.")
};

const TTL: Keyword = Keyword {
    examples: &["ttl 255"],
    rejects: &["ttl 0"],
    lower: |draft, call| {
        read(draft, call, Pass::Bfd, |session, call, word| {
            let written = number(session, call, word, "ttl/hoplimit", (1, 255));
            session.ttl = written.and_then(|ttl| u8::try_from(ttl).ok());
        });
    },
    ..setting("ttl", "<ttl>", "Time to live of our packets: 255 for IPv4 and 64 for IPv6 if not written.")
};

const HOPLIMIT: Keyword = Keyword {
    name: "hoplimit",
    doc: "The same as `ttl`.",
    examples: &["hoplimit 64"],
    rejects: &["hoplimit 256"],
    ..TTL
};

const MAX_HOPS: Keyword = Keyword {
    examples: &["max_hops 3"],
    rejects: &["max_hops 256"],
    lower: |draft, call| {
        read(draft, call, Pass::Bfd, |session, call, word| {
            let written = number(session, call, word, "max_hops", (-1, 255));
            session.max_hops = written.map(|hops| u8::try_from(hops).ok());
        });
    },
    ..setting("max_hops", "<count>", "Routers that packets of the neighbour may have passed; -1 for any number.")
};

const MULTIHOP: Keyword = Keyword {
    grammar: Grammar::Custom("[on|off|true|false|yes|no]"),
    examples: &["multihop", "multihop off"],
    rejects: &["multihop sometimes"],
    lower: |draft, call| {
        if call.report.pass() != Pass::Bfd {
            return;
        }
        let Some(switch) = call.switch() else {
            let text = format!("invalid multihop '{}' specified", call.text(0).unwrap_or_default());
            call.complain("bad-switch", text);
            return;
        };
        if let Some(session) = draft.bfds.last_mut() {
            session.multihop = switch;
        }
    },
    ..setting(
        "multihop",
        "",
        "The neighbour is some routers away and speaks at port 4784 (RFC 5883). As of keepalived 2.2.8.",
    )
};

const WEIGHT: Keyword = Keyword {
    examples: &["weight -20", "weight 20 reverse"],
    rejects: &["weight 300"],
    lower: |draft, call| {
        read(draft, call, Pass::Vrrp, |session, call, word| {
            let Some(value) = number(session, call, word, "weight", (-253, 253)) else { return };
            let option = call.text(1).map(str::to_owned);
            session.weight = weight(value, option.as_deref() == Some("reverse"));
            if let Some(option) = option.filter(|option| option != "reverse") {
                let text = format!("Configuration error: BFD instance {} unknown weight option {option}", session.name);
                call.complain("bad-weight", text);
            }
        });
    },
    ..setting("weight", "<weight> [reverse]", "What it is worth to the routers that track it; 0 is a FAULT while down.")
};

const VRRP: Keyword = Keyword {
    grammar: Grammar::Args(&[]),
    examples: &["vrrp"],
    lower: |draft, _| _ = draft.bfds.last_mut().map(|session| session.vrrp = true),
    ..setting("vrrp", "", "Only the virtual routers hear of it, unless `checker` stands there too.")
};

const CHECKER: Keyword = Keyword {
    grammar: Grammar::Args(&[]),
    examples: &["checker"],
    lower: |draft, _| _ = draft.bfds.last_mut().map(|session| session.checker = true),
    ..setting("checker", "", "Only checkers hear of it, unless `vrrp` stands there too.")
};

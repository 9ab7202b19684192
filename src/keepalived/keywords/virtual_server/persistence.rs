//! Clients that come back to the server they had: for how long, and which clients count as one.

use std::net::Ipv4Addr;

use super::super::shared::{WORD, number, whole_seconds};
use crate::{
    ir::failover::Family,
    keepalived::{
        draft::Draft,
        keyword::{Block, Call, Grammar, KEYWORD, Keyword},
    },
    text::grammar::{Arg, Kind},
};

const SERVICE: &[Block] = &[Block::VirtualServer];
/// The kernel's limit for names of engines, in bytes.
const LONGEST_NAME: usize = 15;

pub(in super::super) const KEYWORDS: &[Keyword] = &[PERSISTENCE_ENGINE, PERSISTENCE_TIMEOUT, PERSISTENCE_GRANULARITY];

const PERSISTENCE_ENGINE: Keyword = Keyword {
    name: "persistence_engine",
    blocks: SERVICE,
    grammar: WORD,
    doc: "What tells clients apart other than their addresses; the kernel knows `sip`.",
    examples: &["persistence_engine sip"],
    rejects: &["persistence_engine a_name_too_long_by_far"],
    lower: |draft, call| {
        let mut name = call.args.text("value").unwrap_or_default().to_owned();
        if name.len() > LONGEST_NAME {
            call.complain("long-name", format!("persistence_name too long, truncating - {name}"));
            name = String::from_utf8_lossy(&name.as_bytes()[..LONGEST_NAME]).into_owned();
        }
        draft.virtual_server().engine = Some(name);
    },
    ..KEYWORD
};

const PERSISTENCE_TIMEOUT: Keyword = Keyword {
    name: "persistence_timeout",
    blocks: SERVICE,
    grammar: Grammar::Args(&[Arg::Optional("seconds", Kind::Int(1, 2_678_400))]),
    invalid: "persistence_timeout invalid",
    doc: "Seconds that a client stays with its server; 360 without a number.",
    examples: &["persistence_timeout 50", "persistence_timeout"],
    rejects: &["persistence_timeout 0"],
    lower: |draft, call| {
        let time = whole_seconds(call).unwrap_or(crate::keepalived::lower::PERSISTENCE);
        draft.virtual_server().persistence = Some(time);
    },
    ..KEYWORD
};

const PERSISTENCE_GRANULARITY: Keyword = Keyword {
    name: "persistence_granularity",
    blocks: SERVICE,
    grammar: WORD,
    doc: "Which leading bits tell clients apart: a mask of IPv4, a number from 1 to 128 of IPv6. It makes a service persistent.",
    examples: &["persistence_granularity 255.255.255.0"],
    rejects: &["persistence_granularity some"],
    lower: granularity,
    ..KEYWORD
};

fn granularity(draft: &mut Draft, call: &mut Call<'_>) {
    let word = call.args.text("value").unwrap_or_default().to_owned();
    let written_as = if word.contains('.') { Family::V4 } else { Family::V6 };
    let family = draft.virtual_server().family.unwrap_or(written_as);
    let prefix = match family {
        Family::V4 => mask(call, &word),
        Family::V6 => number(call, &word, 1, 128).and_then(|bits| u8::try_from(bits).ok()),
    };
    let Some(prefix) = prefix else {
        let version = if family == Family::V4 { "IPv4" } else { "IPv6" };
        let text = format!("Invalid {version} persistence_granularity specified - {word}");
        return call.complain("bad-mask", text);
    };
    let service = draft.virtual_server();
    service.family = Some(family);
    service.prefix = Some(prefix);
    service.persistence.get_or_insert(crate::keepalived::lower::PERSISTENCE);
}

/// The leading bits of a mask. inet_aton(3), by which the original reads it, takes `24` for 0.0.0.24, which nobody means.
fn mask(call: &mut Call<'_>, word: &str) -> Option<u8> {
    if let Ok(bits @ 0..=32) = word.parse::<u8>() {
        let text = format!("'{word}' is taken as a number of bits, and was a mask of 0.0.0.{word} before");
        call.report.overlooked("odd-mask", call.words.at, text, "write the mask, such as 255.255.255.0");
        return Some(bits);
    }
    let mask = aton(word)?;
    let bits = mask.leading_ones();
    if mask.count_ones() != bits {
        let text = format!("'{word}' has holes; only its first {bits} bits count");
        call.report.overlooked("odd-mask", call.words.at, text, "");
    }
    u8::try_from(bits).ok()
}

/// One to four decimal numbers; the last one fills all bytes that are left (inet_aton(3)).
fn aton(word: &str) -> Option<u32> {
    if let Ok(address) = word.parse::<Ipv4Addr>() {
        return Some(address.into());
    }
    let parts: Vec<u32> = word.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let (last, bytes) = parts.split_last()?;
    let room = 32_u32.checked_sub(8 * u32::try_from(bytes.len()).ok()?).filter(|room| *room >= 8)?;
    if bytes.iter().any(|byte| *byte > 255) || u64::from(*last) >= 1_u64 << room {
        return None;
    }
    let high = bytes.iter().fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
    u32::try_from(high << room | u64::from(*last)).ok()
}

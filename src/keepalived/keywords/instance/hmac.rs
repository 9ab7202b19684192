//! `auth_hmac` of keepalived 2.4: adverts of either version are signed.

use std::time::Duration;

use crate::{
    ir::failover::hmac::{AntiReplay, HmacMode, Key},
    keepalived::{
        draft::{Draft, HmacDraft},
        keyword::{Block, Call, Grammar, KEYWORD, Keyword, Opens},
    },
    text::grammar::{Arg, Kind},
};

const INSTANCE: &[Block] = &[Block::Instance];
const HMAC: &[Block] = &[Block::AuthHmac];
/// Bytes of a key.
const LENGTHS: std::ops::RangeInclusive<usize> = 32..=64;

pub(in super::super) const KEYWORDS: &[Keyword] = &[AUTH_HMAC, KEY, ACTIVE_KEY, TIME_WINDOW, ANTI_REPLAY, MODE];

const EXAMPLE: &str =
    "auth_hmac {\n    key 1 hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n    active_key 1\n}";

const AUTH_HMAC: Keyword = Keyword {
    name: "auth_hmac",
    blocks: INSTANCE,
    opens: Opens::Block(Block::AuthHmac),
    doc: "Adverts are signed with a key (HMAC-SHA256), with the time, and only those that are signed well are believed. As of \
          keepalived 2.4.",
    examples: &[EXAMPLE],
    lower: |draft, call| draft.instance().hmac = Some(HmacDraft { at: call.words.at, ..HmacDraft::default() }),
    ..KEYWORD
};

fn hmac(draft: &mut Draft) -> &mut HmacDraft {
    draft.instance().hmac.get_or_insert_default()
}

const KEY: Keyword = Keyword {
    name: "key",
    blocks: HMAC,
    grammar: Grammar::Args(&[Arg::Value("id", Kind::Int(1, 255)), Arg::Value("key", Kind::Word)]),
    doc: "A key of 32 to 64 bytes by its number: as it is, in hexadecimal behind `hex:`, or in a file behind `file:`.",
    examples: &["key 2 a-key-of-at-least-thirty-two-bytes"],
    rejects: &["key 0 a-key-of-at-least-thirty-two-bytes", "key 1 short", "key 1 hex:0x"],
    adds: true,
    lower: key,
    ..KEYWORD
};

fn key(draft: &mut Draft, call: &mut Call<'_>) {
    let id = super::super::shared::byte(call, "id").unwrap_or(1);
    let written = call.args.text("key").unwrap_or_default().to_owned();
    let secret = match (written.strip_prefix("hex:"), written.strip_prefix("file:")) {
        (Some(digits), _) => hexadecimal(digits).ok_or_else(|| "is not hexadecimal".to_owned()),
        (_, Some(path)) => match call.system.read(path) {
            Ok(text) => Ok(text.trim_end_matches(['\r', '\n']).as_bytes().to_vec()),
            Err(_) => Err(format!("is not there: {path} cannot be read")),
        },
        _ => Ok(written.into_bytes()),
    };
    let name = draft.instance().name.clone();
    match secret {
        Ok(secret) if LENGTHS.contains(&secret.len()) => {
            let keys = &mut hmac(draft).keys;
            keys.retain(|known| known.id != id);
            keys.push(Key { id, secret });
        }
        Ok(secret) => {
            let text = format!("({name}) auth_hmac key {id} has {} bytes, and must have 32 to 64", secret.len());
            call.complain("bad-key", text);
        }
        Err(why) => call.complain("bad-key", format!("({name}) auth_hmac key {id} {why}")),
    }
}

fn hexadecimal(digits: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        digits.chars().map(|digit| digit.to_digit(16).and_then(|value| u8::try_from(value).ok())).collect();
    let (pairs, rest) = digits.as_deref()?.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

const ACTIVE_KEY: Keyword = Keyword {
    name: "active_key",
    blocks: HMAC,
    grammar: Grammar::Args(&[Arg::Value("id", Kind::Int(1, 255))]),
    invalid: "({name}) active_key '{word}' must be between 1 & 255",
    doc: "The key that signs.",
    examples: &["active_key 1"],
    rejects: &["active_key 256"],
    lower: |draft, call| hmac(draft).active = super::super::shared::byte(call, "id"),
    ..KEYWORD
};

const TIME_WINDOW: Keyword = Keyword {
    name: "time_window",
    blocks: HMAC,
    grammar: Grammar::Args(&[Arg::Value("seconds", Kind::Int(1, 300))]),
    invalid: "({name}) time_window '{word}' must be between 1 & 300",
    doc: "Seconds that the clocks of two routers may be apart; three adverts, and at least 5, if not written.",
    examples: &["time_window 10"],
    rejects: &["time_window 0"],
    lower: |draft, call| {
        let seconds = call.args.int("seconds").and_then(|seconds| u64::try_from(seconds).ok());
        hmac(draft).window = seconds.map(Duration::from_secs);
    },
    ..KEYWORD
};

const ANTI_REPLAY: Keyword = Keyword {
    name: "anti_replay",
    blocks: HMAC,
    grammar: Grammar::Args(&[Arg::Value("how", Kind::OneOf(&["time", "monotonic"]))]),
    invalid: "({name}) anti_replay '{word}' must be time or monotonic",
    doc: "How an old advert that is sent again is told: by its time, or only by what was heard since.",
    examples: &["anti_replay monotonic"],
    rejects: &["anti_replay never"],
    lower: |draft, call| {
        let monotonic = call.args.text("how") == Some("monotonic");
        hmac(draft).replay = if monotonic { AntiReplay::Monotonic } else { AntiReplay::Time };
    },
    ..KEYWORD
};

const MODE: Keyword = Keyword {
    name: "mode",
    blocks: HMAC,
    grammar: Grammar::Args(&[Arg::Value("mode", Kind::OneOf(&["enforce", "permissive", "receive-only"]))]),
    invalid: "({name}) auth_hmac mode '{word}' must be enforce, permissive or receive-only",
    doc: "For the time in which routers are changed one by one: `receive-only` checks what is signed, `permissive` signs too, \
          `enforce` believes nothing else.",
    examples: &["mode permissive"],
    rejects: &["mode lax"],
    lower: |draft, call| {
        hmac(draft).mode = match call.args.text("mode") {
            Some("permissive") => HmacMode::Permissive,
            Some("receive-only") => HmacMode::ReceiveOnly,
            _ => HmacMode::Enforce,
        };
    },
    ..KEYWORD
};

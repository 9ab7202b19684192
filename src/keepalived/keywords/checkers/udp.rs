//! `UDP_CHECK`: what is sent, and what must come back.

use crate::{
    keepalived::keyword::{Block, Call, Grammar, KEYWORD, Keyword},
    text::grammar::{Arg, Kind},
};

const UDP: &[Block] = &[Block::UdpCheck];
const LENGTH: Grammar = Grammar::Args(&[Arg::Value("bytes", Kind::Int(0, 65535))]);

pub(in super::super) const KEYWORDS: &[Keyword] = &[PAYLOAD, REQUIRE_REPLY, MIN_REPLY_LENGTH, MAX_REPLY_LENGTH];

const PAYLOAD: Keyword = Keyword {
    name: "payload",
    blocks: UDP,
    grammar: Grammar::Custom("<hex> ..."),
    doc: "What is sent, two digits a byte; a last single digit of a word is a byte too. Random bytes if not written.",
    examples: &["payload 0102 a0"],
    rejects: &["payload", "payload zz"],
    lower: |draft, call| {
        if call.words.arguments().is_empty() {
            return call.complain("no-payload", "UDP_CHECK payload requires a payload");
        }
        match bytes(call).filter(|bytes| bytes.iter().all(|(_, mask)| *mask == 0xff)) {
            Some(bytes) => {
                let payload = bytes.into_iter().map(|(byte, _)| byte).collect();
                _ = draft.checker().udp().map(|udp| udp.payload = Some(payload));
            }
            None => call.complain("bad-hex", "Invalid hex string for UDP_CHECK payload"),
        }
    },
    ..KEYWORD
};

const REQUIRE_REPLY: Keyword = Keyword {
    name: "require_reply",
    blocks: UDP,
    grammar: Grammar::Custom("[<hex> ...]"),
    doc: "Something must come back, and begin with these bytes; a digit `X` may be anything.",
    examples: &["require_reply", "require_reply 8X 00"],
    rejects: &["require_reply zz"],
    lower: |draft, call| match bytes(call) {
        Some(begins) => {
            if let Some(udp) = draft.checker().udp() {
                udp.require_reply = true;
                udp.begins = begins;
            }
        }
        None => call.complain("bad-hex", "Invalid hex string for UDP_CHECK reply"),
    },
    ..KEYWORD
};

/// Bytes in hexadecimal, each with the bits that count.
fn bytes(call: &Call<'_>) -> Option<Vec<(u8, u8)>> {
    let mut out = Vec::new();
    for text in call.words.arguments().iter().flat_map(|word| word.text.split_whitespace()) {
        let digits: Vec<(u8, u8)> = text.chars().map(digit).collect::<Option<_>>()?;
        out.extend(digits.chunks(2).map(|pair| match pair {
            [(high, high_mask), (low, low_mask)] => (high << 4 | low, high_mask << 4 | low_mask),
            // A single digit is the lower half of its byte.
            rest => rest.first().map_or((0, 0xff), |(low, mask)| (*low, 0xf0 | mask)),
        }));
    }
    Some(out)
}

fn digit(c: char) -> Option<(u8, u8)> {
    match c {
        'x' | 'X' => Some((0, 0)),
        _ => c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()).map(|digit| (digit, 0x0f)),
    }
}

fn length(call: &Call<'_>) -> Option<u16> {
    call.args.int("bytes").and_then(|bytes| u16::try_from(bytes).ok())
}

const MIN_REPLY_LENGTH: Keyword = Keyword {
    name: "min_reply_length",
    blocks: UDP,
    grammar: LENGTH,
    invalid: "UDP_CHECK min length {word} not valid - must be between 0 & 65535",
    doc: "The least bytes of an answer; 0 if not written.",
    examples: &["min_reply_length 4"],
    rejects: &["min_reply_length 65536", "min_reply_length 300"],
    lower: |draft, call| {
        let length = length(call);
        _ = draft.checker().udp().map(|udp| udp.shortest = length.unwrap_or(udp.shortest));
    },
    ..KEYWORD
};

const MAX_REPLY_LENGTH: Keyword = Keyword {
    name: "max_reply_length",
    invalid: "UDP_CHECK max length {word} not valid - must be between 0 & 65535",
    doc: "The most bytes of an answer; 255 if not written.",
    examples: &["max_reply_length 512"],
    rejects: &["max_reply_length 65536"],
    lower: |draft, call| {
        let length = length(call);
        _ = draft.checker().udp().map(|udp| udp.longest = length.unwrap_or(udp.longest));
    },
    ..MIN_REPLY_LENGTH
};

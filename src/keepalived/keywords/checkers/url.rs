//! `url`: one page, and what is expected of it. What its text must look like stands in `regex`.

use super::{URL, http::web};
use crate::{
    keepalived::{
        draft::{Draft, virtual_server::UrlDraft},
        keyword::{Grammar, KEYWORD, Keyword},
    },
    text::grammar::{Arg, Kind},
};

pub(in super::super) const KEYWORDS: &[Keyword] = &[PATH, DIGEST, STATUS_CODE, VIRTUALHOST];

/// Digits of an MD5 digest.
const DIGITS: usize = 32;

/// Writes into the open page.
pub(super) fn page(draft: &mut Draft, set: impl FnOnce(&mut UrlDraft)) {
    web(draft, |http| _ = http.open_url().map(set));
}

const PATH: Keyword = Keyword {
    name: "path",
    blocks: URL,
    grammar: Grammar::Args(&[Arg::Value("path", Kind::Path)]),
    doc: "What is asked for.",
    examples: &["path /index.html"],
    lower: |draft, call| {
        let path = call.args.text("path").map(str::to_owned);
        page(draft, |url| url.path = path);
    },
    ..KEYWORD
};

const DIGEST: Keyword = Keyword {
    name: "digest",
    blocks: URL,
    grammar: Grammar::Custom("<md5>"),
    doc: "The MD5 digest of the page, as `genhash` prints it.",
    examples: &["digest 9b3a0c85a887a256d6939da88aabd8cd"],
    rejects: &["digest 9b3a"],
    lower: |draft, call| {
        let Some(written) = call.text(0).map(str::to_owned) else { return call.missing_argument() };
        match digest(&written) {
            Err(problem) => call.complain("bad-digest", problem),
            Ok(digest) => {
                let mut is_second = false;
                page(draft, |url| {
                    is_second = url.digest.is_some();
                    url.digest.get_or_insert(digest);
                });
                if is_second {
                    call.complain("repeated", format!("Digest '{written}' is a duplicate"));
                }
            }
        }
    },
    ..KEYWORD
};

fn digest(written: &str) -> Result<[u8; 16], String> {
    let length = written.len();
    if length != DIGITS {
        return Err(format!("digest '{written}' character length should be {DIGITS} rather than {length}"));
    }
    let mut bytes = [0; DIGITS / 2];
    for (place, (byte, pair)) in bytes.iter_mut().zip(written.as_bytes().chunks_exact(2)).enumerate() {
        let digits = std::str::from_utf8(pair).ok().filter(|pair| pair.bytes().all(|digit| digit.is_ascii_hexdigit()));
        *byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).ok_or_else(|| {
            format!("Unable to interpret hex digit in '{written}' at offset {}/{}", 2 * place, 2 * place + 1)
        })?;
    }
    Ok(bytes)
}

const STATUS_CODE: Keyword = Keyword {
    name: "status_code",
    blocks: URL,
    grammar: Grammar::Custom("<code>[-<code>] ..."),
    adds: true,
    doc: "Status codes that are well; 200 to 299 if not written.",
    examples: &["status_code 200", "status_code 200-299 404"],
    rejects: &["status_code 99", "status_code 299-200"],
    lower: |draft, call| {
        let words: Vec<String> = call.words.arguments().iter().map(|word| word.text.clone()).collect();
        for word in words {
            match statuses(&word) {
                Some(range) => page(draft, |url| url.statuses.push(range)),
                None => call.complain("bad-status", format!("Invalid HTTP_GET status code '{word}'")),
            }
        }
    },
    ..KEYWORD
};

fn statuses(word: &str) -> Option<(u16, u16)> {
    let code = |text: &str| {
        let number = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        number.filter(|code: &u16| (100..=599).contains(code))
    };
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    let (first, last) = (code(first)?, code(last)?);
    (first <= last).then_some((first, last))
}

const VIRTUALHOST: Keyword = Keyword {
    name: "virtualhost",
    blocks: URL,
    grammar: Grammar::Custom("<name>"),
    doc: "The host that is asked for.",
    examples: &["virtualhost www.example.org"],
    rejects: &["virtualhost"],
    lower: |draft, call| match call.text(0).map(str::to_owned) {
        Some(name) => page(draft, |url| url.virtual_host = Some(name)),
        None => call.complain("no-name", "Missing HTTP_GET virtualhost name"),
    },
    ..KEYWORD
};

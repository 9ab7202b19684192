//! `regex` of a page, and what belongs to it. The original says what is wrong with them only in its log.

use super::{URL, url::page};
use crate::{
    checker::pattern::{self, Matcher},
    ir::failover::checker::Pattern,
    keepalived::{
        draft::{
            Draft,
            virtual_server::{RegexDraft, UrlDraft},
        },
        keyword::{Call, Closing, Grammar, KEYWORD, Keyword, Status},
        quoted,
    },
};

pub(in super::super) const KEYWORDS: &[Keyword] =
    &[REGEX, REGEX_NO_MATCH, REGEX_OPTIONS, REGEX_MIN_OFFSET, REGEX_MAX_OFFSET, REGEX_STACK];

fn write(draft: &mut Draft, set: impl FnOnce(&mut RegexDraft)) {
    page(draft, |url| {
        url.regex.any = true;
        set(&mut url.regex);
    });
}

fn note(call: &mut Call<'_>, text: impl Into<String>) {
    call.report.aside("bad-regex", call.words.at, text);
}

/// At the end of a page's block: is it a pattern?
pub(super) fn settle(url: &mut UrlDraft, closing: &mut Closing<'_>) {
    let RegexDraft { text, options, no_match, min_offset, max_offset, any } = std::mem::take(&mut url.regex);
    let Some((text, at)) = text else {
        if any {
            closing.report.aside("bad-regex", closing.at, "regex parameters specified without regex");
        }
        return;
    };
    let mut pattern = Pattern { text, options, no_match, min_offset, max_offset };
    if let Err(problem) = Matcher::new(&pattern) {
        closing.report.aside("bad-regex", at, format!("Invalid regex: '{}' {problem}", pattern.text));
        return;
    }
    if let Some(last) = max_offset.filter(|last| min_offset > *last) {
        let text = format!("regex min offset {min_offset} > regex_max_offset {last} - ignoring");
        closing.report.aside("bad-regex", at, text);
        (pattern.min_offset, pattern.max_offset) = (0, None);
    }
    url.pattern = Some(pattern);
}

const REGEX: Keyword = Keyword {
    name: "regex",
    blocks: URL,
    grammar: Grammar::Custom("<pattern>"),
    doc: "The page matches this pattern (PCRE2). A backslash is written twice: the first is for the reader of the file.",
    examples: &["regex \"status: (up|ok)\""],
    lower: |draft, call| {
        let raw = &call.words.raw[call.words.keyword().len()..];
        let words = quoted::split(raw).unwrap_or_else(|partial| partial);
        let [word] = words.as_slice() else { return note(call, "regex missing or too many fields") };
        let text = String::from_utf8_lossy(word).into_owned();
        let at = call.words.at;
        write(draft, |regex| regex.text = Some((text, at)));
    },
    ..KEYWORD
};

const REGEX_NO_MATCH: Keyword = Keyword {
    name: "regex_no_match",
    blocks: URL,
    doc: "The page must not match.",
    examples: &["regex_no_match"],
    lower: |draft, _| write(draft, |regex| regex.no_match = true),
    ..KEYWORD
};

const REGEX_OPTIONS: Keyword = Keyword {
    name: "regex_options",
    blocks: URL,
    grammar: Grammar::Custom("<option> ..."),
    adds: true,
    doc: "Options of the pattern, by the names that PCRE2 gives them in small letters.",
    examples: &["regex_options caseless dotall"],
    lower: |draft, call| {
        let words: Vec<String> = call.words.arguments().iter().map(|word| word.text.clone()).collect();
        for word in words.iter().filter(|word| !pattern::is_option(word)) {
            let text = format!("'{word}' is no option of patterns");
            call.report.overlooked("bad-regex", call.words.at, text, "");
        }
        write(draft, |regex| regex.options.extend(words.into_iter().filter(|word| pattern::is_option(word))));
    },
    ..KEYWORD
};

/// A number of bytes. The original reads it as strtoul(3) does, which makes a negative one a very large one.
fn offset(call: &mut Call<'_>, which: &str) -> Option<usize> {
    let (Some(word), 1) = (call.text(0).map(str::to_owned), call.words.arguments().len()) else {
        note(call, format!("Missing or too may options for regex_{which}_offset"));
        return None;
    };
    let offset = match word.strip_prefix('-') {
        Some(number) => number.parse().ok().map(|_: usize| usize::MAX),
        None => word.parse().ok(),
    };
    if offset.is_none() {
        note(call, format!("Invalid regex_{which}_offset {word} specified"));
    }
    offset
}

const REGEX_MIN_OFFSET: Keyword = Keyword {
    name: "regex_min_offset",
    blocks: URL,
    grammar: Grammar::Custom("<bytes>"),
    doc: "So many bytes of the page are not looked at.",
    examples: &["regex_min_offset 100"],
    lower: |draft, call| {
        let offset = offset(call, "min");
        write(draft, |regex| regex.min_offset = offset.unwrap_or(regex.min_offset));
    },
    ..KEYWORD
};

const REGEX_MAX_OFFSET: Keyword = Keyword {
    name: "regex_max_offset",
    blocks: URL,
    grammar: Grammar::Custom("<bytes>"),
    doc: "Behind so many bytes of the page no match begins.",
    examples: &["regex_max_offset 1000"],
    lower: |draft, call| {
        let offset = offset(call, "max");
        write(draft, |regex| regex.max_offset = offset.or(regex.max_offset));
    },
    ..KEYWORD
};

const REGEX_STACK: Keyword = Keyword {
    name: "regex_stack",
    blocks: URL,
    status: Status::Tuning,
    grammar: Grammar::Custom("<bytes> <bytes>"),
    doc: "Memory of PCRE2's compiler at first and at most. The engine here needs none.",
    examples: &["regex_stack 32768 524288"],
    lower: |draft, call| {
        write(draft, |_| {});
        let words: Vec<Option<usize>> = call.words.arguments().iter().map(|word| word.text.parse().ok()).collect();
        match words.as_slice() {
            [Some(start), Some(most)] if start > most => note(call, "regex stack start cannot exceed max value"),
            [Some(_), Some(_)] => {}
            [None, _] => note(call, "regex_stack invalid start value"),
            [_, None] => note(call, "regex_stack invalid max value"),
            _ => note(call, "regex_stack requires start and max values"),
        }
    },
    ..KEYWORD
};

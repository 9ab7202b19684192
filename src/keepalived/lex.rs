//! Lines to pieces: braces stand alone, words are split at white space, quotes hold a word together.
//!
//! The original cuts a line at its first brace outside quotes and reads the rest as a line of its own, so
//! `vrrp_instance VI_1 { interface eth0` is three pieces. Single quotes protect nothing here.

use crate::text::{grammar::Word, source::Span};

/// A line after includes, comments, conditions and substitutions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logical {
    pub text: String,
    /// The whole line in the file.
    pub at: Span,
    /// Byte offset in the file of the first byte of `text`, when the text stands there unchanged.
    pub column: Option<u32>,
    /// What is wrong with it, in place of a text.
    pub said: Option<Said>,
}

/// A complaint that stands where its line stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub code: &'static str,
    pub text: String,
    pub gravity: Gravity,
}

/// What follows from a [`Said`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gravity {
    /// A problem, which every process meets anew.
    Problem,
    /// Worth a line of the first process.
    Notice,
    /// An include that must not fail has failed: the first process says so, and the others are not asked.
    Broken,
}

/// What a line is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Words(Words),
    Open(Span),
    Close(Span),
    /// A line that could not be expanded.
    Said(Span, Said),
}

impl Piece {
    #[must_use]
    pub fn at(&self) -> Span {
        match self {
            Self::Words(words) => words.at,
            Self::Open(at) | Self::Close(at) | Self::Said(at, _) => *at,
        }
    }
}

/// A keyword and what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// At least one.
    pub words: Vec<Word>,
    /// The text, for keywords with quoting rules of their own.
    pub raw: String,
    pub at: Span,
    /// A `{` follows.
    pub opens: bool,
}

impl Words {
    #[must_use]
    pub fn keyword(&self) -> &str {
        &self.words[0].text
    }

    #[must_use]
    pub fn arguments(&self) -> &[Word] {
        &self.words[1..]
    }
}

/// Splits every line.
#[must_use]
pub fn pieces(lines: &[Logical]) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    for line in lines {
        split(line, &mut out);
    }
    for index in 1..out.len() {
        if let (Piece::Open(_), Piece::Words(words)) = (out[index].clone(), &mut out[index - 1]) {
            words.opens = true;
        }
    }
    out
}

/// The first brace outside double quotes.
#[must_use]
pub fn first_brace(text: &str) -> Option<usize> {
    let mut in_quotes = false;
    text.bytes().position(|byte| {
        in_quotes ^= byte == b'"';
        !in_quotes && matches!(byte, b'{' | b'}')
    })
}

fn split(line: &Logical, out: &mut Vec<Piece>) {
    if let Some(said) = &line.said {
        out.push(Piece::Said(line.at, said.clone()));
        return;
    }
    let mut start = 0;
    let mut in_quotes = false;
    for (index, byte) in line.text.bytes().enumerate() {
        match byte {
            b'"' => in_quotes = !in_quotes,
            b'{' | b'}' if !in_quotes => {
                words(line, start..index, out);
                let at = place(line, index..index + 1);
                out.push(if byte == b'{' { Piece::Open(at) } else { Piece::Close(at) });
                start = index + 1;
            }
            _ => {}
        }
    }
    words(line, start..line.text.len(), out);
}

fn words(line: &Logical, range: std::ops::Range<usize>, out: &mut Vec<Piece>) {
    let offset = range.start;
    let text = &line.text[range];
    let words: Vec<Word> = split_words(text)
        .into_iter()
        .map(|(range, text, quoted)| Word { text, at: place(line, offset + range.start..offset + range.end), quoted })
        .collect();
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return };
    let at = if line.column.is_some() { first.at.to(last.at) } else { line.at };
    out.push(Piece::Words(Words { words, raw: text.trim().to_owned(), at, opens: false }));
}

/// Where a part of a line stands in its file; the whole line when the text was substituted.
fn place(line: &Logical, range: std::ops::Range<usize>) -> Span {
    match line.column {
        Some(column) => {
            let column = column as usize;
            Span::new(line.at.file, column + range.start, column + range.end)
        }
        None => line.at,
    }
}

/// Words of a line with their ranges: white space separates, a double quote holds together up to the next.
#[must_use]
pub fn split_words(text: &str) -> Vec<(std::ops::Range<usize>, String, bool)> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut index = 0;
    while index < bytes.len() {
        if bytes[index].is_ascii_whitespace() {
            index += 1;
            continue;
        }
        let start = index;
        if bytes[index] == b'"' {
            // A word whose quote is never closed is lost; the line has been complained about.
            let Some(length) = memchr::memchr(b'"', &bytes[start + 1..]) else { return out };
            let end = start + 1 + length;
            index = end + 1;
            out.push((start..index, text[start + 1..end].to_owned(), true));
            continue;
        }
        while index < bytes.len() && !bytes[index].is_ascii_whitespace() && bytes[index] != b'"' {
            index += 1;
        }
        out.push((start..index, text[start..index].to_owned(), false));
    }
    out
}

/// What is wrong with the double quotes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotes {
    /// One is not closed, those behind a backslash not counted.
    pub open: bool,
    /// There is an odd number of them, backslashes or not.
    pub odd: bool,
}

impl Quotes {
    #[must_use]
    pub fn of(text: &str) -> Self {
        let (mut open, mut odd, mut escaped) = (false, false, false);
        for byte in text.bytes() {
            if byte == b'"' {
                odd = !odd;
                open ^= !escaped;
            }
            escaped = byte == b'\\' && !escaped;
        }
        Self { open, odd }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(line: &str) -> Vec<String> {
        let line = Logical { text: line.into(), at: Span::default(), column: Some(0), said: None };
        let mut out = Vec::new();
        split(&line, &mut out);
        out.iter()
            .map(|piece| match piece {
                Piece::Words(words) => words.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join("|"),
                Piece::Open(_) => "{".into(),
                Piece::Close(_) => "}".into(),
                Piece::Said(_, said) => said.text.clone(),
            })
            .collect()
    }

    #[test]
    fn braces_stand_alone_wherever_they_are() {
        assert_eq!(texts("vrrp_instance VI_1{interface eth0 }"), ["vrrp_instance|VI_1", "{", "interface|eth0", "}"]);
        assert_eq!(texts("priority ${UNDEF}"), ["priority|$", "{", "UNDEF", "}"]);
        assert_eq!(texts("   "), [""; 0]);
    }

    #[test]
    fn double_quotes_protect_white_space_and_braces() {
        assert_eq!(texts("script \"killall -0 {x}\" root"), ["script|killall -0 {x}|root"]);
        assert_eq!(texts("script '{'"), ["script|'", "{", "'"]);
    }

    proptest! {
        #[test]
        fn any_line_becomes_pieces_inside_it(line in "\\PC*") {
            let logical = Logical { text: line.clone(), at: Span::default(), column: Some(0), said: None };
            let mut out = Vec::new();
            split(&logical, &mut out);
            for piece in out {
                prop_assert!(piece.at().end as usize <= line.len());
                prop_assert!(piece.at().start <= piece.at().end);
            }
        }
    }
}

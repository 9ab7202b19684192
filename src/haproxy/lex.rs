//! Text to words. Quotes, escapes, variables and comments end here; nothing later sees them (manual 2.2, 2.3).

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_while, take_while1};
use nom::character::complete::{anychar, char, satisfy};
use nom::combinator::{map, opt, rest, value};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use crate::text::grammar::Word;
use crate::text::source::{FileId, Span};

/// Most words of a line.
pub const MAX_WORDS: usize = 64;

/// Looks a variable up; names that begin with a dot are the reader's own.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Why a line has no words. Offsets are bytes from the line's start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LexError {
    UnmatchedQuote(usize),
    BadHex(usize),
    UnmatchedBrace(usize),
    BadVariableName(usize),
    TooManyWords { at: usize },
}

impl LexError {
    pub fn offset(&self) -> usize {
        match self {
            Self::UnmatchedQuote(at) | Self::BadHex(at) | Self::UnmatchedBrace(at) | Self::BadVariableName(at) => *at,
            Self::TooManyWords { at } => *at,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Blank,
    Comment,
    Text(String),
    /// `"`: what is inside is another row of pieces.
    OpenDouble,
    UnclosedSingle,
    BadHex,
}

fn blank(i: &str) -> IResult<&str, Piece> {
    value(Piece::Blank, take_while1(|c: char| c == ' ' || c == '\t' || c == '\r')).parse(i)
}

fn comment(i: &str) -> IResult<&str, Piece> {
    value(Piece::Comment, preceded(char('#'), rest)).parse(i)
}

fn single_quoted(i: &str) -> IResult<&str, Piece> {
    alt((
        map(delimited(char('\''), take_till(|c| c == '\''), char('\'')), |s: &str| Piece::Text(s.to_owned())),
        value(Piece::UnclosedSingle, char('\'')),
    ))
    .parse(i)
}

fn hex_byte(i: &str) -> IResult<&str, char> {
    let digit = || satisfy(|c| c.is_ascii_hexdigit());
    map((digit(), digit()), |(a, b)| {
        let n = a.to_digit(16).unwrap_or(0) * 16 + b.to_digit(16).unwrap_or(0);
        char::from(n as u8)
    })
    .parse(i)
}

/// A backslash and what it makes of the next character; an unknown pair stays as it is. Only inside double quotes, where a
/// dollar means something, does it need and take an escape.
fn escape(i: &str) -> IResult<&str, Piece> {
    let (i, _) = char('\\').parse(i)?;
    let text = |s: &str| Piece::Text(s.to_owned());
    if let Ok((after, _)) = char::<_, nom::error::Error<&str>>('x').parse(i) {
        return Ok(match hex_byte(after) {
            Ok((after, c)) => (after, Piece::Text(c.to_string())),
            Err(_) => (after, Piece::BadHex),
        });
    }
    let (after, next) = opt(anychar).parse(i)?;
    Ok((
        after,
        match next {
            Some('n') => text("\n"),
            Some('r') => text("\r"),
            Some('t') => text("\t"),
            Some(c @ (' ' | '\\' | '#' | '"' | '\'')) => Piece::Text(c.to_string()),
            Some(c) => Piece::Text(format!("\\{c}")),
            None => text("\\"),
        },
    ))
}

fn bare(i: &str) -> IResult<&str, Piece> {
    map(take_while1(|c: char| !matches!(c, ' ' | '\t' | '\r' | '#' | '"' | '\'' | '\\')), |s: &str| {
        Piece::Text(s.to_owned())
    })
    .parse(i)
}

fn outside_quotes(i: &str) -> IResult<&str, Piece> {
    alt((blank, comment, single_quoted, value(Piece::OpenDouble, char('"')), escape, bare)).parse(i)
}

/// `${name}`, `${name-default}`, `${name[*]}`, `$name` inside double quotes.
#[derive(Debug, Clone, PartialEq)]
enum Quoted {
    Close,
    Text(String),
    Variable {
        name: String,
        default: Option<String>,
        spread: bool,
    },
    UnmatchedBrace,
    /// How far behind the dollar.
    BadName(usize),
    BadHex,
}

fn name(i: &str) -> IResult<&str, &str> {
    let (after, dot) = opt(char('.')).parse(i)?;
    let (after, body) = take_while(|c: char| c.is_ascii_alphanumeric() || c == '_').parse(after)?;
    let starts_well = body.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !starts_well {
        return Err(nom::Err::Error(nom::error::Error::new(i, nom::error::ErrorKind::Alpha)));
    }
    Ok((after, &i[..usize::from(dot.is_some()) + body.len()]))
}

fn variable(i: &str) -> IResult<&str, Quoted> {
    let (i, _) = char('$').parse(i)?;
    let Ok((i, _)) = char::<_, nom::error::Error<&str>>('{').parse(i) else {
        return Ok(match name(i) {
            Ok((i, n)) => (i, Quoted::Variable { name: n.to_owned(), default: None, spread: false }),
            Err(_) => (i, Quoted::BadName(1)),
        });
    };
    let Ok((after, n)) = name(i) else { return Ok((i, Quoted::BadName(2))) };
    let (after, spread) = opt(tag("[*]")).parse(after)?;
    let (after, default) = opt(preceded(char('-'), take_till(|c| matches!(c, '}' | '"' | ' ' | '\t')))).parse(after)?;
    match char::<_, nom::error::Error<&str>>('}').parse(after) {
        Ok((after, _)) => {
            let default = default.map(str::to_owned);
            Ok((after, Quoted::Variable { name: n.to_owned(), default, spread: spread.is_some() }))
        }
        Err(_) => Ok((after, Quoted::UnmatchedBrace)),
    }
}

fn inside_double(i: &str) -> IResult<&str, Quoted> {
    alt((
        value(Quoted::Close, char('"')),
        value(Quoted::Text("$".to_owned()), tag("\\$")),
        variable,
        map(escape, |p| match p {
            Piece::Text(t) => Quoted::Text(t),
            _ => Quoted::BadHex,
        }),
        map(take_while1(|c| !matches!(c, '"' | '$' | '\\')), |s: &str| Quoted::Text(s.to_owned())),
    ))
    .parse(i)
}

/// Splits one line; `base` is the line's offset in the file.
///
/// # Errors
/// The first thing in the line that cannot be read.
pub fn words(file: FileId, line: &str, base: usize, lookup: Lookup<'_>) -> Result<Vec<Word>, LexError> {
    let mut out = Builder { file, base, words: Vec::new(), current: None };
    let mut left = line;
    while let Ok((after, piece)) = outside_quotes(left) {
        let at = line.len() - left.len();
        let end = line.len() - after.len();
        left = after;
        match piece {
            Piece::Blank => out.finish(at),
            Piece::Comment => {
                out.finish(at);
                break;
            }
            Piece::Text(t) => out.push(at, &t, line.as_bytes().get(at).is_some_and(|b| matches!(b, b'\'' | b'\\'))),
            Piece::UnclosedSingle => return Err(LexError::UnmatchedQuote(at)),
            Piece::BadHex => return Err(LexError::BadHex(at)),
            Piece::OpenDouble => left = double(line, at, end, lookup, &mut out)?,
        }
    }
    out.finish(line.len());
    if let Some(w) = out.words.get(MAX_WORDS) {
        return Err(LexError::TooManyWords { at: w.at.start as usize - base });
    }
    Ok(out.words)
}

/// Text with its quotes, escapes and variables resolved, where blanks divide nothing and `#` is no comment: a word of the
/// command line.
///
/// # Errors
/// The first thing in it that cannot be read.
pub fn text(line: &str, lookup: Lookup<'_>) -> Result<String, LexError> {
    let mut out = Builder { file: FileId(0), base: 0, words: Vec::new(), current: None };
    let mut left = line;
    while let Ok((after, piece)) = outside_quotes(left) {
        let at = line.len() - left.len();
        let end = line.len() - after.len();
        left = after;
        match piece {
            Piece::Blank => out.push(at, &line[at..end], false),
            Piece::Comment => {
                out.push(at, "#", false);
                left = &line[at + 1..];
            }
            Piece::Text(t) => out.push(at, &t, true),
            Piece::UnclosedSingle => return Err(LexError::UnmatchedQuote(at)),
            Piece::BadHex => return Err(LexError::BadHex(at)),
            Piece::OpenDouble => left = double(line, at, end, lookup, &mut out)?,
        }
    }
    out.finish(line.len());
    Ok(out.words.into_iter().map(|w| w.text).collect::<Vec<_>>().join(" "))
}

/// The inside of a double-quoted string that opened at `open`; what follows it.
fn double<'a>(
    line: &'a str,
    open: usize,
    from: usize,
    lookup: Lookup<'_>,
    out: &mut Builder,
) -> Result<&'a str, LexError> {
    out.push(open, "", true);
    let mut left = &line[from..];
    while let Ok((after, piece)) = inside_double(left) {
        let at = line.len() - left.len();
        left = after;
        match piece {
            Quoted::Close => return Ok(left),
            Quoted::Text(t) => out.push(at, &t, true),
            Quoted::BadHex => return Err(LexError::BadHex(at)),
            Quoted::BadName(n) => return Err(LexError::BadVariableName(at + n)),
            Quoted::UnmatchedBrace => return Err(LexError::UnmatchedBrace(at + 1)),
            Quoted::Variable { name, default, spread } => {
                let text = lookup(&name).or(default).unwrap_or_default();
                if spread {
                    out.spread(at, &text);
                } else {
                    out.push(at, &text, true);
                }
            }
        }
    }
    Err(LexError::UnmatchedQuote(open))
}

struct Builder {
    file: FileId,
    base: usize,
    words: Vec<Word>,
    current: Option<(usize, String, bool)>,
}

impl Builder {
    fn push(&mut self, at: usize, text: &str, quoted: bool) {
        let (_, t, q) = self.current.get_or_insert((at, String::new(), false));
        t.push_str(text);
        *q |= quoted;
    }

    /// `${name[*]}`: each blank-separated part is a word of its own.
    fn spread(&mut self, at: usize, text: &str) {
        let mut parts = text.split_ascii_whitespace();
        if let Some(first) = parts.next() {
            self.push(at, first, true);
        }
        for p in parts {
            self.finish(at);
            self.push(at, p, true);
        }
    }

    fn finish(&mut self, end: usize) {
        if let Some((start, text, quoted)) = self.current.take() {
            let at = Span::new(self.file, self.base + start, self.base + end);
            self.words.push(Word { text, at, quoted });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Result<Vec<String>, LexError> {
        let env = |n: &str| match n {
            "A" => Some("va".to_owned()),
            "L" => Some("l1 l2".to_owned()),
            _ => None,
        };
        words(FileId(0), line, 0, &env).map(|w| w.into_iter().map(|w| w.text).collect())
    }

    fn ok(line: &str) -> Vec<String> {
        texts(line).expect("a readable line")
    }

    #[test]
    fn quotes_and_escapes_keep_blanks() {
        assert_eq!(ok(r#"a\ b "c d" 'e "f' g#h"#), ["a b", "c d", "e \"f", "g"]);
        assert_eq!(ok(r"a\.b \x41 'x\n'"), [r"a\.b", "A", r"x\n"]);
        assert_eq!(ok(r#""" x"#), ["", "x"]);
    }

    #[test]
    fn variables_are_seen_in_double_quotes_only() {
        assert_eq!(ok(r#""x$A-y" $A "${NOPE-d}" "${NOPE}""#), ["xva-y", "$A", "d", ""]);
        assert_eq!(ok(r#"a "${L[*]}" b"#), ["a", "l1", "l2", "b"]);
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        assert_eq!(texts(r#"  timeout client "1s"#), Err(LexError::UnmatchedQuote(17)));
        assert_eq!(texts(r#"x "a\xZZ""#), Err(LexError::BadHex(4)));
        assert_eq!(texts(r#"  .notice "bad ${A""#), Err(LexError::UnmatchedBrace(16)));
    }

    #[test]
    fn a_word_of_the_command_line_keeps_its_blanks() {
        let env = |n: &str| (n == "A").then(|| "va".to_owned());
        assert_eq!(text(r#"x("a b",'c')  # "$A" "#, &env).as_deref(), Ok("x(a b,c)  # va "));
        assert_eq!(text(r#"x("a"#, &env), Err(LexError::UnmatchedQuote(2)));
    }

    #[test]
    fn spans_point_into_the_file() {
        let w = words(FileId(0), " bind *:80", 100, &|_| None).expect("a readable line");
        assert_eq!((w[1].at.start, w[1].at.end), (106, 110));
    }
}

//! Formatted strings: text, `%field`, `%{options}field(args)`, `%[sample]` (manual 8.2.4).

use super::sample::{self, Place};
use crate::haproxy::draft::Draft;
use crate::ir::expr::{Format, FormatNode, FormatOptions};
use crate::log::fields;
use crate::text::source::Span;

/// Reads a formatted string. Runs of blanks are one separator in a log line and are kept elsewhere.
///
/// # Errors
/// The original's words.
pub fn parse(text: &str, at: Span, place: Place, draft: &mut Draft) -> Result<Format, String> {
    let is_log = place == Place::Log;
    let base = FormatOptions { mandatory: is_log, http: !is_log, ..FormatOptions::default() };
    let mut p = Parser { at, place, options: base, nodes: Vec::new(), literal: String::new() };
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = match c {
            '%' => p.directive(rest, draft)?,
            ' ' | '\t' if is_log => {
                p.flush();
                p.nodes.push(FormatNode::Separator);
                rest.trim_start_matches([' ', '\t'])
            }
            c => {
                p.literal.push(c);
                &rest[c.len_utf8()..]
            }
        };
    }
    p.flush();
    Ok(Format { nodes: p.nodes, text: text.to_owned() })
}

struct Parser {
    at: Span,
    place: Place,
    /// `%{+Q}o` changes them for all that follows.
    options: FormatOptions,
    nodes: Vec<FormatNode>,
    literal: String,
}

impl Parser {
    fn flush(&mut self) {
        if !self.literal.is_empty() {
            self.nodes.push(FormatNode::Text(std::mem::take(&mut self.literal)));
        }
    }

    /// `rest` begins with a percent sign; what follows the directive.
    fn directive<'a>(&mut self, rest: &'a str, draft: &mut Draft) -> Result<&'a str, String> {
        let mut after = &rest[1..];
        if let Some(a) = after.strip_prefix('%') {
            self.literal.push('%');
            return Ok(a);
        }
        let mut options = self.options;
        if let Some(inner) = after.strip_prefix('{') {
            let end = inner
                .find('}')
                .ok_or_else(|| format!("parse argument modifier without variable name near '%{{{inner}'"))?;
            flags(&inner[..end], &mut options)?;
            after = &inner[end + 1..];
        }
        if let Some(inner) = after.strip_prefix('[') {
            return self.sample(inner, options, draft);
        }
        self.field(after, options)
    }

    fn sample<'a>(&mut self, inner: &'a str, options: FormatOptions, draft: &mut Draft) -> Result<&'a str, String> {
        let end = closing(inner);
        let (text, after) = match end {
            Some(e) => (&inner[..e], &inner[e + 1..]),
            // Read as far as it goes, so that the complaint is about the expression.
            None => (inner, ""),
        };
        let sample = sample::parse(text, self.at, draft)
            .map_err(|e| format!("failed to parse sample expression <{inner}> : {e}"))?;
        if end.is_none() {
            return Err(format!("failed to parse sample expression <{inner}> : missing closing ']'."));
        }
        if let Some(what) = sample::unavailable(&sample, self.place) {
            return Err(format!(
                "sample fetch <{inner}> may not be reliably used here because it needs '{what}' which is not available here."
            ));
        }
        self.flush();
        self.nodes.push(FormatNode::Sample { sample: Box::new(sample), options });
        Ok(after)
    }

    fn field<'a>(&mut self, after: &'a str, options: FormatOptions) -> Result<&'a str, String> {
        let word = after.len() - after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').len();
        let name = &after[..word];
        if name == "o" {
            self.options = options;
            return Ok(&after[1..]);
        }
        // The longest known name; a name that is followed by letters is another name.
        let Some(id) = fields::find(name) else {
            return Err(format!(
                "no such format variable '{name}'. If you wanted to emit the '%' character verbatim, you need to use '%%'."
            ));
        };
        self.flush();
        self.nodes.push(FormatNode::Field { field: id, args: String::new(), options });
        Ok(&after[word..])
    }
}

/// `+Q,-X`
fn flags(text: &str, o: &mut FormatOptions) -> Result<(), String> {
    let mut on = true;
    for c in text.chars() {
        match c {
            '+' => on = true,
            '-' => on = false,
            'Q' => o.quote = on,
            'X' => o.hex = on,
            'E' => o.escape = on,
            'M' => o.mandatory = on,
            ',' | ' ' => {}
            other => return Err(format!("invalid flag '{other}' near '{text}'")),
        }
    }
    Ok(())
}

/// Where the bracket that closes a sample is: not inside parentheses or quotes.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0usize, None);
    let mut chars = text.char_indices();
    while let Some((i, c)) = chars.next() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '\\') => {
                chars.next();
            }
            (None, '\'' | '"') if depth > 0 => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, ']') if depth == 0 => return Some(i),
            _ => {}
        }
    }
    None
}

//! Rendering formatted strings: text, log fields and `%[...]` samples, quoted and escaped as asked.

use super::eval::eval;
use super::scope::Scope;
use crate::ir::expr::{Format, FormatNode, FormatOptions};

/// Appends the rendered format.
pub fn render(format: &Format, scope: &Scope<'_>, out: &mut Vec<u8>) {
    let mut last_was_separator = false;
    for node in &format.nodes {
        let separator = matches!(node, FormatNode::Separator);
        match node {
            FormatNode::Text(t) => out.extend_from_slice(t.as_bytes()),
            FormatNode::Separator if last_was_separator => {}
            FormatNode::Separator => out.push(b' '),
            FormatNode::Field { field, args, options } => scope.live.log_field(scope, *field, args, *options, out),
            FormatNode::Sample { sample, options } => {
                let value = eval(sample, scope);
                match value {
                    Some(v) => put(&v.into_text(), *options, out),
                    None => put_absent(*options, out),
                }
            }
        }
        last_was_separator = separator;
    }
}

/// The rendered format as a value of its own.
pub fn to_vec(format: &Format, scope: &Scope<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(format.text.len() + 32);
    render(format, scope, &mut out);
    out
}

/// Text with the options applied (manual 8.2.4, flags Q and E). In a log line it is written as it is; in a header or URI,
/// where `http` is set, control bytes become `%XX` and quotes are not added.
pub fn put(text: &[u8], options: FormatOptions, out: &mut Vec<u8>) {
    let quote = options.quote && !options.http;
    if quote {
        out.push(b'"');
    }
    for &b in text {
        match b {
            0..=31 | 127 if options.http => percent(b, out),
            b'"' | b'\\' | b']' if options.escape => out.extend_from_slice(&[b'\\', b]),
            _ => out.push(b),
        }
    }
    if quote {
        out.push(b'"');
    }
}

fn percent(b: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.extend_from_slice(&[b'%', DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]);
}

/// What stands for something that is not there: `-` or `""` in a log line, whose fields are counted; nothing in a header.
pub fn put_absent(options: FormatOptions, out: &mut Vec<u8>) {
    if options.http {
        return;
    }
    match (options.quote, options.mandatory) {
        (true, _) => out.extend_from_slice(b"\"\""),
        (false, true) => out.push(b'-'),
        (false, false) => {}
    }
}

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

/// Text with the options applied: control bytes as `#xx` (log lines must stay one line), quotes and brackets escaped when
/// asked (manual 8.2.4, flags Q, E, X).
pub fn put(text: &[u8], options: FormatOptions, out: &mut Vec<u8>) {
    if options.quote {
        out.push(b'"');
    }
    for &b in text {
        match b {
            0..=31 | 127 => hash(b, out),
            b'"' | b'\\' | b']' if options.escape => out.extend_from_slice(&[b'\\', b]),
            b'"' if options.quote => hash(b, out),
            _ => out.push(b),
        }
    }
    if options.quote {
        out.push(b'"');
    }
}

fn hash(b: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.extend_from_slice(&[b'#', DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]);
}

/// What stands for something that is not there: `-` in a log line that must keep its fields.
pub fn put_absent(options: FormatOptions, out: &mut Vec<u8>) {
    match (options.mandatory, options.quote) {
        (true, false) => out.push(b'-'),
        (_, true) => out.extend_from_slice(b"\"\""),
        (false, false) => {}
    }
}

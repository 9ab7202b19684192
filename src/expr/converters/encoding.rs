//! Base64, hexadecimal and URL encodings, and integers cut out of bytes (manual 7.3.1).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::expr::converter::{CONVERTER, Converter};
use crate::expr::fetch::{ArgKind, int_arg, opt, req, str_arg};
use crate::expr::value::{Type, Value, hex_upper};

pub const ALL: &[&Converter] =
    &[&B64DEC, &BASE64, &BE2DEC, &BE2HEX, &HEX, &HEX2I, &HTONL, &UB64DEC, &UB64ENC, &URL_DEC, &URL_ENC];

/// Standard alphabet, padding required.
pub fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

const B64DEC: Converter = Converter {
    name: "b64dec",
    doc: "Decodes base64 (RFC 4648 section 4).",
    output: Type::Bin,
    run: |_, v, _| decode_base64(&v.into_text()).map(|b| Value::Bin(b.into())),
    ..CONVERTER
};
const BASE64: Converter = Converter {
    name: "base64",
    doc: "Encodes as base64 (RFC 4648 section 4).",
    input: Type::Bin,
    run: |_, v, _| Some(Value::string(STANDARD.encode(v.into_binary()))),
    ..CONVERTER
};
const UB64DEC: Converter = Converter {
    name: "ub64dec",
    doc: "Decodes URL-safe base64 without padding (RFC 4648 section 5).",
    output: Type::Bin,
    run: |_, v, _| URL_SAFE_NO_PAD.decode(v.into_text()).ok().map(|b| Value::Bin(b.into())),
    ..CONVERTER
};
const UB64ENC: Converter = Converter {
    name: "ub64enc",
    doc: "Encodes as URL-safe base64 without padding (RFC 4648 section 5).",
    input: Type::Bin,
    run: |_, v, _| Some(Value::string(URL_SAFE_NO_PAD.encode(v.into_binary()))),
    ..CONVERTER
};
const HEX: Converter = Converter {
    name: "hex",
    doc: "Bytes as hexadecimal, in capitals.",
    input: Type::Bin,
    run: |_, v, _| Some(Value::string(hex_upper(&v.into_binary()))),
    ..CONVERTER
};
const HEX2I: Converter = Converter {
    name: "hex2i",
    doc: "Hexadecimal text as an integer.",
    output: Type::Int,
    run: |_, v, _| {
        let text = v.into_text();
        let n = text.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        std::str::from_utf8(&text[..n]).ok().map(|t| Value::Int(u64::from_str_radix(t, 16).unwrap_or(0) as i64))
    },
    ..CONVERTER
};
const HTONL: Converter = Converter {
    name: "htonl",
    doc: "The low 32 bits of an integer in network order.",
    input: Type::Int,
    output: Type::Bin,
    run: |_, v, _| Some(Value::Bin((v.as_int()? as u32).to_be_bytes().to_vec().into())),
    ..CONVERTER
};

/// Chunks of `size` bytes, rendered and joined; a last short chunk is dropped when asked.
fn chunks(bytes: &[u8], separator: &str, size: usize, drop_short: bool, show: impl Fn(&[u8]) -> String) -> String {
    bytes.chunks(size).filter(|c| !drop_short || c.len() == size).map(show).collect::<Vec<_>>().join(separator)
}

const BE2DEC: Converter = Converter {
    name: "be2dec",
    doc: "Big-endian groups of bytes as decimal numbers with a separator.",
    args: &[req(ArgKind::Str), req(ArgKind::Int), opt(ArgKind::Int)],
    input: Type::Bin,
    run: |_, v, a| {
        let size = usize::try_from(int_arg(a, 1)?).ok().filter(|n| (1..=8).contains(n))?;
        let drop = int_arg(a, 2).unwrap_or(0) != 0;
        let dec = |c: &[u8]| c.iter().fold(0u64, |n, b| n << 8 | u64::from(*b)).to_string();
        Some(Value::string(chunks(&v.into_binary(), str_arg(a, 0)?, size, drop, dec)))
    },
    ..CONVERTER
};
const BE2HEX: Converter = Converter {
    name: "be2hex",
    doc: "Groups of bytes as hexadecimal with a separator.",
    args: &[opt(ArgKind::Str), opt(ArgKind::Int), opt(ArgKind::Int)],
    input: Type::Bin,
    run: |_, v, a| {
        let bytes = v.into_binary();
        let separator = str_arg(a, 0).unwrap_or("");
        let size = usize::try_from(int_arg(a, 1).unwrap_or(0)).ok()?;
        if separator.is_empty() || size == 0 {
            return Some(Value::string(hex_upper(&bytes)));
        }
        let drop = int_arg(a, 2).unwrap_or(0) != 0;
        let hex = |c: &[u8]| String::from_utf8_lossy(&hex_upper(c)).into_owned();
        Some(Value::string(chunks(&bytes, separator, size, drop, hex)))
    },
    ..CONVERTER
};

const URL_DEC: Converter = Converter {
    name: "url_dec",
    doc: "Decodes %XX, and + as a blank behind the question mark or everywhere with 1.",
    args: &[opt(ArgKind::Int)],
    run: |_, v, a| url_decode(&v.into_text(), int_arg(a, 0).unwrap_or(0) != 0).map(Value::string),
    ..CONVERTER
};

/// `None` when a `%` is not followed by two hexadecimal digits.
pub fn url_decode(text: &[u8], in_query: bool) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut query = in_query;
    let mut i = 0;
    while let Some(&b) = text.get(i) {
        match b {
            b'%' => {
                let hex = std::str::from_utf8(text.get(i + 1..i + 3)?)
                    .ok()
                    .filter(|h| h.bytes().all(|b| b.is_ascii_hexdigit()))?;
                out.push(u8::from_str_radix(hex, 16).ok()?);
                i += 2;
            }
            b'+' if query => out.push(b' '),
            _ => {
                query |= b == b'?';
                out.push(b);
            }
        }
        i += 1;
    }
    Some(out)
}

const URL_ENC: Converter = Converter {
    name: "url_enc",
    doc: "Encodes all but unreserved characters as %XX (RFC 3986 section 2.3).",
    args: &[opt(ArgKind::Str)],
    run: |_, v, _| {
        let mut out = Vec::new();
        for &b in &*v.into_text() {
            match b {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(b),
                _ => {
                    out.push(b'%');
                    out.extend(hex_upper(&[b]));
                }
            }
        }
        Some(Value::string(out))
    },
    ..CONVERTER
};

#[cfg(test)]
mod tests {
    use super::url_decode;

    #[test]
    fn a_plus_is_a_blank_in_the_query_only() {
        assert_eq!(url_decode(b"/a+b?c+d%20e", false).as_deref(), Some(&b"/a+b?c d e"[..]));
        assert_eq!(url_decode(b"a+b", true).as_deref(), Some(&b"a b"[..]));
        assert_eq!(url_decode(b"%zz", false), None);
    }
}

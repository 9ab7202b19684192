//! Bytes of a head, several at a time: what each may be part of, the fields that all clients write, and lower case.

use crate::http::message::Field;

/// Longest name, bytes.
pub(super) const NAME_MAX: usize = 255;

pub(super) const TOKEN: u8 = 1;
pub(super) const TARGET: u8 = 2;

/// What each byte may be part of.
const CLASS: [u8; 256] = {
    let mut t = [0; 256];
    let mut b = 0;
    while b < 256 {
        let c = b as u8;
        if c.is_ascii_alphanumeric()
            || matches!(
                c,
                b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
            )
        {
            t[b] |= TOKEN;
        }
        if c > b' ' && c < 0x7f && c != b'#' {
            t[b] |= TARGET;
        }
        b += 1;
    }
    t
};

pub(super) fn is(class: u8, b: u8) -> bool {
    CLASS[b as usize] & class != 0
}

pub(super) fn is_blank(b: u8) -> bool {
    b == b' ' || b == b'\t'
}

/// A field in the form that nearly all have: `name: value` CR LF, one blank before a value of printable bytes, none
/// behind it, and no fold. Gives it with the place of the next line; `None` sends anything else the long way, which
/// takes more and says what is wrong.
pub(super) fn usual_field(buf: &[u8], at: usize) -> Option<(Field, usize)> {
    let line = &buf[at..];
    let name = line.iter().position(|&b| !is(TOKEN, b))?;
    let value = line.get(name..)?.strip_prefix(b": ")?;
    let len = first_control(value)?;
    let [b'\r', b'\n', next, ..] = value[len..] else { return None };
    let blank_ends = matches!(value[..len], [b' ', ..] | [.., b' ']);
    if name == 0 || name > NAME_MAX || blank_ends || is_blank(next) {
        return None;
    }
    Some((Field { at: at as u32, name: name as u16, value: len as u32 }, at + name + len + 4))
}

/// Index of the first byte below the blank, where it comes soon; what is longer is worth the start of a vector search.
fn first_control(bytes: &[u8]) -> Option<usize> {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    const SOON: usize = 8;
    for (i, word) in bytes.as_chunks::<8>().0.iter().take(SOON).enumerate() {
        let word = u64::from_le_bytes(*word);
        // The lowest byte that a borrow marks is right, and that is the one asked for.
        let low = word.wrapping_sub(EACH * 0x20) & !word & (EACH * 0x80);
        if low != 0 {
            return Some(8 * i + low.trailing_zeros() as usize / 8);
        }
    }
    let done = (bytes.len() & !7).min(8 * SOON);
    let rest = &bytes[done..];
    if rest.len() < 8 { rest.iter().position(|&b| b < b' ').map(|i| done + i) } else { None }
}

/// Puts `len` bytes at `at` in lower case, eight at a time: names are short, and every message has a dozen.
pub(super) fn lower(arena: &mut [u8], mut at: usize, mut len: usize) {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    while len > 0
        && let Some(chunk) = arena[at..].first_chunk_mut::<8>()
    {
        let word = u64::from_le_bytes(*chunk);
        let seven = word & (EACH * 0x7f);
        // Bit 7 of a byte: it is at least `A`; it is above `Z`; it is ASCII.
        let (from_a, above_z) = (seven + EACH * (0x80 - 0x41), seven + EACH * (0x7f - 0x5a));
        let upper = (from_a ^ above_z) & !word & (EACH * 0x80);
        let ours = if len < 8 { (1 << (8 * len)) - 1 } else { u64::MAX };
        *chunk = (word | (upper >> 2) & ours).to_le_bytes();
        (at, len) = (at + 8, len.saturating_sub(8));
    }
    arena[at..at + len].make_ascii_lowercase();
}

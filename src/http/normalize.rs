//! Steps that bring a request target into a canonical form (RFC 3986 section 6; manual `http-request normalize-uri`).

use super::uri;

/// The target breaks a rule of the step in strict mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused;

/// Applies a step by its name to `/path?query#fragment`. `None`: nothing to change.
///
/// # Errors
/// [`Refused`] for a malformed target where `strict`; or where no answer can be given at all.
pub fn step(name: &str, target: &[u8], full: bool, strict: bool) -> Result<Option<Vec<u8>>, Refused> {
    let new = match name {
        "fragment-strip" => split_fragment(target).0.to_vec(),
        "fragment-encode" => encode_hash(target),
        "path-merge-slashes" => on_path(target, |p| Some(merge_slashes(p))).ok_or(Refused)?,
        "path-strip-dot" => on_path(target, |p| Some(strip_dot(p))).ok_or(Refused)?,
        "path-strip-dotdot" => on_path(target, |p| Some(strip_dotdot(p, full))).ok_or(Refused)?,
        "percent-decode-unreserved" => percent(target, strict, decode_unreserved)?,
        "percent-to-uppercase" => percent(target, strict, uppercase)?,
        "query-sort-by-name" => sort_query(target),
        _ => return Ok(None),
    };
    Ok((new != target).then_some(new))
}

fn split_fragment(target: &[u8]) -> (&[u8], &[u8]) {
    target.split_at(memchr::memchr(b'#', target).unwrap_or(target.len()))
}

fn encode_hash(target: &[u8]) -> Vec<u8> {
    target.iter().flat_map(|b| if *b == b'#' { b"%23".to_vec() } else { vec![*b] }).collect()
}

fn on_path(target: &[u8], change: impl FnOnce(&[u8]) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let path = uri::path(target);
    let mut new = change(path)?;
    new.extend_from_slice(&target[path.len()..]);
    Some(new)
}

fn merge_slashes(path: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(path.len());
    for &b in path {
        if b != b'/' || out.last() != Some(&b'/') {
            out.push(b);
        }
    }
    out
}

/// Segments that are `.` go; `/a/.` becomes `/a/`.
fn strip_dot(path: &[u8]) -> Vec<u8> {
    let mut segments: Vec<&[u8]> = path.split(|b| *b == b'/').collect();
    let ends_with_dot = segments.last() == Some(&&b"."[..]);
    segments.retain(|s| *s != b".");
    if ends_with_dot {
        segments.push(b"");
    }
    segments.join(&b'/')
}

/// `/a/../b` becomes `/b`. What would climb above the root stays, unless `full`.
fn strip_dotdot(path: &[u8], full: bool) -> Vec<u8> {
    let mut out: Vec<&[u8]> = Vec::new();
    let segments: Vec<&[u8]> = path.split(|b| *b == b'/').collect();
    let last = segments.len() - 1;
    for (i, s) in segments.iter().enumerate() {
        if *s != b".." {
            out.push(s);
            continue;
        }
        match out.last() {
            Some(above) if out.len() > 1 && *above != b".." => {
                out.pop();
            }
            _ if !full => {
                out.push(s);
                continue;
            }
            _ => {}
        }
        if i == last {
            out.push(b"");
        }
    }
    out.join(&b'/')
}

/// Applies `change` to each `%XX`; a stray `%` is refused where strict, and kept otherwise.
fn percent(target: &[u8], strict: bool, change: fn(u8, [u8; 2]) -> Vec<u8>) -> Result<Vec<u8>, Refused> {
    let mut out = Vec::with_capacity(target.len());
    let mut i = 0;
    while let Some(&b) = target.get(i) {
        i += 1;
        if b != b'%' {
            out.push(b);
            continue;
        }
        let digits = target.get(i..i + 2).and_then(|d| <[u8; 2]>::try_from(d).ok());
        let value = digits.and_then(|d| std::str::from_utf8(&d).ok().and_then(|t| u8::from_str_radix(t, 16).ok()));
        match (digits, value) {
            (Some(d), Some(v)) if d.iter().all(u8::is_ascii_hexdigit) => {
                out.extend(change(v, d));
                i += 2;
            }
            _ if strict => return Err(Refused),
            _ => out.push(b),
        }
    }
    Ok(out)
}

fn decode_unreserved(value: u8, digits: [u8; 2]) -> Vec<u8> {
    if value.is_ascii_alphanumeric() || matches!(value, b'-' | b'.' | b'_' | b'~') {
        vec![value]
    } else {
        vec![b'%', digits[0], digits[1]]
    }
}

fn uppercase(_: u8, digits: [u8; 2]) -> Vec<u8> {
    vec![b'%', digits[0].to_ascii_uppercase(), digits[1].to_ascii_uppercase()]
}

/// Parameters in the order of their names; those of one name keep theirs.
fn sort_query(target: &[u8]) -> Vec<u8> {
    let Some(at) = memchr::memchr(b'?', target) else { return target.to_vec() };
    let (query, fragment) = split_fragment(&target[at + 1..]);
    let mut parameters: Vec<&[u8]> = query.split(|b| *b == b'&').collect();
    parameters.sort_by_key(|p| p.split(|b| *b == b'=').next());
    let mut out = target[..=at].to_vec();
    out.extend(parameters.join(&b'&'));
    out.extend_from_slice(fragment);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(name: &str, target: &str, full: bool) -> String {
        let new = step(name, target.as_bytes(), full, false).expect("not strict");
        new.map_or_else(|| target.to_owned(), |n| String::from_utf8(n).expect("ASCII stays ASCII"))
    }

    #[test]
    fn dots_are_resolved_as_far_as_asked() {
        assert_eq!(done("path-strip-dotdot", "/a/../b?c/../d", false), "/b?c/../d");
        assert_eq!(done("path-strip-dotdot", "/../a/b/..", false), "/../a/");
        assert_eq!(done("path-strip-dotdot", "/../../a", true), "/a");
        assert_eq!(done("path-strip-dot", "/a/./b/.", false), "/a/b/");
        assert_eq!(done("path-merge-slashes", "//a///b?//", false), "/a/b?//");
    }

    #[test]
    fn percent_signs_are_decoded_or_refused() {
        assert_eq!(done("percent-decode-unreserved", "/%61%2f%7E", false), "/a%2f~");
        assert_eq!(done("percent-to-uppercase", "/%2f%zz", false), "/%2F%zz");
        assert_eq!(step("percent-to-uppercase", b"/%zz", false, true), Err(Refused));
    }

    #[test]
    fn parameters_are_sorted_by_name_and_stay_in_order_otherwise() {
        assert_eq!(done("query-sort-by-name", "/?b=1&a=2&b=0", false), "/?a=2&b=1&b=0");
    }
}

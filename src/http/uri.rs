//! The parts of a request target (RFC 9112 section 3.2), found without copying.

/// What kind of target this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `/path?query`
    Origin,
    /// `http://authority/path`
    Absolute,
    /// `host:port` (CONNECT)
    Authority,
    /// `*`
    Asterisk,
}

/// Anything that is neither a path, an asterisk nor has a scheme is an authority.
pub fn form(uri: &[u8]) -> Form {
    match uri {
        [b'/', ..] => Form::Origin,
        [b'*'] => Form::Asterisk,
        _ if scheme_len(uri).is_some() => Form::Absolute,
        _ => Form::Authority,
    }
}

/// Length of `scheme://` at the start.
fn scheme_len(uri: &[u8]) -> Option<usize> {
    if !uri.first()?.is_ascii_alphabetic() {
        return None;
    }
    let end = uri.iter().position(|&b| !(b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')))?;
    uri[end..].starts_with(b"://").then_some(end + 3)
}

/// `http` of `http://...`; empty without one.
pub fn scheme(uri: &[u8]) -> &[u8] {
    scheme_len(uri).map_or(b"", |n| &uri[..n - 3])
}

/// `user@host:port` of an absolute or authority target; empty otherwise.
pub fn authority(uri: &[u8]) -> &[u8] {
    match form(uri) {
        Form::Origin | Form::Asterisk => b"",
        Form::Authority => uri,
        Form::Absolute => {
            let rest = &uri[scheme_len(uri).unwrap_or(0)..];
            &rest[..rest.iter().position(|&b| matches!(b, b'/' | b'?' | b'#')).unwrap_or(rest.len())]
        }
    }
}

/// From the first slash behind scheme and authority, query included; empty when there is none.
pub fn path_and_query(uri: &[u8]) -> &[u8] {
    match form(uri) {
        Form::Origin => uri,
        Form::Asterisk | Form::Authority => b"",
        Form::Absolute => {
            let skip = scheme_len(uri).unwrap_or(0) + authority(uri).len();
            let rest = &uri[skip..];
            if rest.starts_with(b"/") { rest } else { b"" }
        }
    }
}

/// The path without its query.
pub fn path(uri: &[u8]) -> &[u8] {
    let p = path_and_query(uri);
    &p[..memchr::memchr(b'?', p).unwrap_or(p.len())]
}

/// What follows the first `?` of the target.
pub fn query(uri: &[u8]) -> &[u8] {
    memchr::memchr(b'?', uri).map_or(b"", |q| &uri[q + 1..])
}

/// An authority without user information.
pub fn without_userinfo(authority: &[u8]) -> &[u8] {
    memchr::memrchr(b'@', authority).map_or(authority, |at| &authority[at + 1..])
}

/// Host and port of an authority, userinfo and brackets of an IPv6 literal kept with the host.
pub fn host_and_port(authority: &[u8]) -> (&[u8], Option<&[u8]>) {
    let a = without_userinfo(authority);
    let after_bracket = memchr::memrchr(b']', a).map_or(0, |i| i + 1);
    match memchr::memrchr(b':', &a[after_bracket..]) {
        Some(i) => (&a[..after_bracket + i], Some(&a[after_bracket + i + 1..])),
        None => (a, None),
    }
}

/// The value of a parameter of a query, and where it lies: `a=1&b=2`; `separators` as given by the caller (`&;`).
pub fn parameter<'a>(query: &'a [u8], name: &[u8], separators: &[u8]) -> Option<&'a [u8]> {
    query.split(|b| separators.contains(b)).find_map(|p| p.strip_prefix(name)?.strip_prefix(b"="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_each_form() {
        assert_eq!((path(b"/a/b?c?d"), query(b"/a/b?c?d")), (&b"/a/b"[..], &b"c?d"[..]));
        assert_eq!((path(b"http://u@h:1/a?q"), authority(b"http://u@h:1/a?q")), (&b"/a"[..], &b"u@h:1"[..]));
        assert_eq!(
            (form(b"*"), form(b"h:443"), path(b"h:443"), path(b"*")),
            (Form::Asterisk, Form::Authority, &b""[..], &b""[..])
        );
        assert_eq!((path(b"http://h"), query(b"http://h?x")), (&b""[..], &b"x"[..]));
        assert_eq!(scheme(b"https://h/"), b"https");
    }

    #[test]
    fn ports_are_split_off_ipv6_literals() {
        assert_eq!(host_and_port(b"[::1]:80"), (&b"[::1]"[..], Some(&b"80"[..])));
        assert_eq!(host_and_port(b"[::1]"), (&b"[::1]"[..], None));
        assert_eq!(host_and_port(b"u:p@h:1"), (&b"h"[..], Some(&b"1"[..])));
    }

    #[test]
    fn parameters_are_found_whole() {
        assert_eq!(parameter(b"aa=0&a=1", b"a", b"&"), Some(&b"1"[..]));
        assert_eq!(parameter(b"a", b"a", b"&"), None);
    }
}

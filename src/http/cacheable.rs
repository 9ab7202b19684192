//! Whether a shared cache might keep a response (RFC 9111 section 3): what decides about `Cache-Control: private` beside a
//! cookie of ours.

use super::Message;

/// The directives of one header value, without their blanks.
fn directives(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|b| *b == b',').map(<[u8]>::trim_ascii)
}

fn seconds<'v>(directive: &'v [u8], name: &str) -> Option<&'v [u8]> {
    let (head, rest) = directive.split_at_checked(name.len())?;
    let value = rest.strip_prefix(b"=")?;
    head.eq_ignore_ascii_case(name.as_bytes()).then_some(value)
}

/// A method and a status that caches keep, nothing that forbids it, and a freshness or a validator that invites it.
pub fn is_cacheable(method: &[u8], status: u16, response: &Message) -> bool {
    fits(method, status) && is_invited(response)
}

/// The same with its cookies: `public` stands for method and status, and a `no-cache` for the cookies alone is enough.
pub fn may_store_cookie(method: &[u8], status: u16, response: &Message) -> bool {
    let public = || response.all(b"cache-control").flat_map(directives).any(|d| d.eq_ignore_ascii_case(b"public"));
    let kept_back = |v: &[u8]| {
        let lower = v.to_ascii_lowercase();
        [&br#"no-cache="set-cookie""#[..], br#"no-cache="set-cookie,"#].iter().any(|w| lower.starts_with(w))
    };
    (fits(method, status) || public())
        && is_invited(response)
        && !response.all(b"cache-control").flat_map(directives).any(kept_back)
}

fn fits(method: &[u8], status: u16) -> bool {
    matches!(method, b"GET" | b"HEAD" | b"OPTIONS" | b"TRACE")
        && matches!(status, 200 | 203 | 204 | 206 | 300 | 301 | 404 | 405 | 410 | 414 | 501)
}

fn is_invited(response: &Message) -> bool {
    if response.all(b"pragma").any(|v| v.trim_ascii().eq_ignore_ascii_case(b"no-cache")) {
        return false;
    }
    let mut invited = [&b"expires"[..], b"etag", b"last-modified"].iter().any(|name| response.has(name));
    for directive in response.all(b"cache-control").flat_map(directives) {
        if [&b"no-cache"[..], b"no-store", b"private"].iter().any(|word| directive.eq_ignore_ascii_case(word)) {
            return false;
        }
        if let Some(value) = seconds(directive, "max-age").or_else(|| seconds(directive, "s-maxage")) {
            if value == b"0" {
                return false;
            }
            invited = true;
        }
    }
    invited
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(method: &str, status: u16, name: &str, value: &str) -> bool {
        let mut response = Message::new();
        if !name.is_empty() {
            response.add(name.as_bytes(), value.as_bytes());
        }
        is_cacheable(method.as_bytes(), status, &response)
    }

    /// Each line was seen from HAProxy 2.6.12, by whether it adds its `private`.
    #[test]
    fn responses_are_judged_as_the_original_does() {
        for (name, value, expected) in [
            ("", "", false),
            ("cache-control", "max-age=10", true),
            ("cache-control", "max-age=0", false),
            ("cache-control", "public", false),
            ("cache-control", "s-maxage=5", true),
            ("cache-control", "no-cache", false),
            ("cache-control", "private", false),
            ("cache-control", "no-store", false),
            ("cache-control", "must-revalidate", false),
            ("cache-control", "max-age=10, public", true),
            ("expires", "Thu, 01 Jan 2037 00:00:00 GMT", true),
            ("etag", "\"x\"", true),
            ("last-modified", "Thu, 01 Jan 2015 00:00:00 GMT", true),
            ("pragma", "no-cache", false),
        ] {
            assert_eq!(judged("GET", 200, name, value), expected, "{name}: {value}");
        }
        for (method, status, expected) in [
            ("HEAD", 200, true),
            ("POST", 200, false),
            ("PUT", 200, false),
            ("OPTIONS", 200, true),
            ("GET", 404, true),
            ("GET", 500, false),
            ("GET", 403, false),
        ] {
            assert_eq!(judged(method, status, "cache-control", "max-age=10"), expected, "{method} {status}");
        }
    }
}

//! Persistence by cookie (HAProxy manual 4.2 `cookie`), and the cookies that logs capture.

use super::{Stop, Stream, Tell};
use crate::http::{cacheable, cookie, pages};
use crate::ir::proxy::{CaptureCookie, Cookie, CookieMode};
use crate::ir::{ProxyId, ServerId};
use crate::proxy::end::{When, Who};
use crate::proxy::session::Client;

/// What the request's cookie was worth; the third letter of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Asked {
    /// Cookies are not looked at.
    #[default]
    Off,
    None,
    Invalid,
    Down,
    Valid,
    Expired,
    Old,
}

/// What became of the response's cookie; the fourth letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Given {
    #[default]
    Off,
    None,
    Inserted,
    Updated,
    Passive,
    Rewritten,
    Deleted,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cookies {
    pub asked: Asked,
    pub given: Given,
    /// The server that the cookie names.
    pub server: Option<ServerId>,
    /// `force-persist`: a server is taken even if it is down.
    pub forced: bool,
}

impl Cookies {
    /// The third and fourth letter; a cookie that is only looked at has none, and neither has a backend without one.
    pub(super) fn letters(self, spec: Option<&Cookie>) -> [u8; 2] {
        if spec.is_none_or(|s| s.mode == CookieMode::Passive && !s.indirect && !s.preserve) {
            return *b"--";
        }
        let asked = match self.asked {
            Asked::Off | Asked::None => b'N',
            Asked::Invalid => b'I',
            Asked::Down => b'D',
            Asked::Valid => b'V',
            Asked::Expired => b'E',
            Asked::Old => b'O',
        };
        let given = match self.given {
            Given::Off | Given::None => b'N',
            Given::Inserted => b'I',
            Given::Updated => b'U',
            Given::Passive => b'P',
            Given::Rewritten => b'R',
            Given::Deleted => b'D',
        };
        [asked, given]
    }
}

/// `capture cookie`: the first pair whose name fits, as `name=value`, cut to the length.
pub(super) fn captured<'a>(capture: &CaptureCookie, values: impl Iterator<Item = &'a [u8]>) -> Option<Vec<u8>> {
    let fits = |name: &[u8]| {
        let want = capture.name.as_bytes();
        if capture.exact { name == want } else { name.starts_with(want) }
    };
    values.flat_map(|v| cookie::pairs(v).map(move |p| (v, p))).find(|(_, p)| fits(p.name)).map(|(v, p)| {
        let pair = &v[p.whole];
        pair[..pair.len().min(capture.len)].to_vec()
    })
}

/// The part of a cookie's value that names a server, and the dates behind it (`maxidle`, `maxlife`).
struct Value<'a> {
    name: &'a [u8],
    last: Option<u64>,
    first: Option<u64>,
}

/// `name|last|first`, the dates in base 64 of HAProxy's own digits.
fn dated(value: &[u8]) -> Value<'_> {
    let mut parts = value.split(|&b| b == b'|');
    let name = parts.next().unwrap_or(value);
    Value { name, last: parts.next().and_then(base30), first: parts.next().and_then(base30) }
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Five digits, the most significant first: seconds since 1970.
fn base30(text: &[u8]) -> Option<u64> {
    if text.len() != 5 {
        return None;
    }
    text.iter().try_fold(0u64, |n, b| Some(n << 6 | DIGITS.iter().position(|d| d == b)? as u64))
}

fn to_base30(n: u64, out: &mut Vec<u8>) {
    for i in (0..5).rev() {
        out.push(DIGITS[(n >> (6 * i)) as usize & 63]);
    }
}

impl Stream {
    /// Looks for the cookie that names a server.
    pub(super) fn read_cookie(&mut self, c: &Client, back: ProxyId) {
        let p = &self.local.world.config.proxies[back.0];
        let Some(spec) = &p.cookie else { return };
        self.cookie.asked = Asked::None;
        let mut i = 0;
        while let Some(at) = self.request.find(b"cookie", i) {
            let value = self.request.header(at).1.to_vec();
            i = at + 1;
            let Some(pair) = cookie::pairs(&value).find(|p| p.name == spec.name.as_bytes()) else { continue };
            let (named, whole, value_at) = (pair.value, pair.whole.clone(), pair.value_at.clone());
            let (key, rest) = match spec.mode {
                CookieMode::Prefix => match named.iter().position(|&b| b == b'~') {
                    Some(t) => (&named[..t], Some(t + 1)),
                    None => (named, None),
                },
                _ => (named, None),
            };
            self.judge(c, back, spec, key);
            if let Some(t) = rest {
                // The server never sees our prefix.
                let new = [&value[..value_at.start], &value[value_at.start + t..]].concat();
                self.request.replace_value(at, &new);
            } else if spec.mode == CookieMode::Insert && spec.indirect {
                let new = cookie::without(&value, whole);
                if new.is_empty() {
                    self.request.remove_at(at);
                } else {
                    self.request.replace_value(at, &new);
                }
            }
            return;
        }
    }

    fn judge(&mut self, c: &Client, back: ProxyId, spec: &Cookie, key: &[u8]) {
        let (p, live) = self.local.world.proxy(back);
        let v = dated(key);
        let now = (c.origin_at / 1_000_000).cast_unsigned();
        let too_old = |limit: Option<std::time::Duration>, date: Option<u64>| {
            limit.is_some_and(|l| date.is_some_and(|d| d + l.as_secs() < now || d > now + 86400))
        };
        if too_old(spec.max_idle, v.last) {
            self.cookie.asked = Asked::Expired;
            return;
        }
        if too_old(spec.max_life, v.first) {
            self.cookie.asked = Asked::Old;
            return;
        }
        let named = |k: &Option<String>| k.as_deref().is_some_and(|k| k.as_bytes() == v.name);
        let found = live.servers.iter().position(|s| named(&s.cookie.load()));
        let Some(s) = found.filter(|_| !v.name.is_empty()) else {
            self.cookie.asked = Asked::Invalid;
            return;
        };
        let reachable = crate::proxy::world::lock(&live.servers[s].health).is_reachable();
        self.cookie.asked = if reachable { Asked::Valid } else { Asked::Down };
        if reachable || p.options.persist || self.cookie.forced {
            self.cookie.server = Some(ServerId(s));
        }
    }

    /// `option checkcache`: a shared cache might keep a server's cookie and give it to others.
    pub(super) fn leaks_a_cookie(&self) -> bool {
        let method = self.transaction.method.as_slice();
        let sets = self.response.has(b"set-cookie") || self.response.has(b"set-cookie2");
        sets && cacheable::may_store_cookie(method, self.response.status(), &self.response)
    }

    pub(super) fn block_cookie(&mut self, c: &Client) -> Stop {
        let world = self.local.world;
        let (id, p) = self.side(c);
        let server = self.server.map_or("<NONE>", |s| &p.servers[s.0].name);
        let line = format!("Blocking cacheable cookie in response from instance {}, server {server}.", p.name);
        eprintln!("[ALERT]    ({}) : {line}", world.identity.pid);
        world.log(id, 1, line.as_bytes());
        self.count_denied(c, true);
        self.times.data = -1;
        // What the server sent counts beside the page.
        self.sent_before = self.bytes_out;
        // The page of the server's own status, as the original answers.
        let status = self.response.status();
        let status = if pages::statuses().any(|s| s == status) { status } else { 500 };
        Stop::new(Who::Policy, When::Headers, Tell::Page(status))
    }

    /// Gives the client the cookie of the server that answered, or edits the server's own.
    pub(super) fn write_cookie(&mut self, c: &Client) {
        let Some((back, server)) = self.back.zip(self.server) else { return };
        let p = &self.local.world.config.proxies[back.0];
        let Some(spec) = &p.cookie else { return };
        let cookie = self.local.world.server(back, server).cookie.load();
        let key = cookie.as_deref().unwrap_or_default().as_bytes();
        self.cookie.given = Given::None;
        let found = self.edit_set_cookie(spec, key);
        let insert = spec.mode == CookieMode::Insert
            && !(spec.preserve && found)
            && (!spec.postonly || self.transaction.method == b"POST");
        if !insert {
            return;
        }
        // By its cookie, by `use-server` or by a stick-table: who was sent here will be again.
        let stays = self.cookie.server == Some(server);
        let dated = spec.max_idle.is_some() || spec.max_life.is_some();
        if stays && !dated {
            return;
        }
        if key.is_empty() {
            // Nothing names this server: a stale cookie is taken back.
            if matches!(self.cookie.asked, Asked::None | Asked::Off) {
                return;
            }
            self.add_cookie(spec, b"", b"; Expires=Thu, 01-Jan-1970 00:00:01 GMT");
            self.cookie.given = Given::Deleted;
            return;
        }
        let mut value = key.to_vec();
        if dated {
            let now = (c.origin_at / 1_000_000).cast_unsigned();
            value.push(b'|');
            if spec.max_idle.is_some() {
                to_base30(now, &mut value);
            }
            if spec.max_life.is_some() {
                value.push(b'|');
                to_base30(now, &mut value);
            }
        }
        self.add_cookie(spec, &value, b"");
        self.cookie.given = if stays { Given::Updated } else { Given::Inserted };
        let method = self.transaction.method.as_slice();
        if spec.nocache && cacheable::is_cacheable(method, self.response.status(), &self.response) {
            self.response.add(b"cache-control", b"private");
        }
    }

    fn add_cookie(&mut self, spec: &Cookie, value: &[u8], expires: &[u8]) {
        let mut text = [spec.name.as_bytes(), b"=", value, expires, b"; path=/"].concat();
        for d in &spec.domains {
            text.extend_from_slice(b"; domain=");
            text.extend_from_slice(d.as_bytes());
        }
        if spec.httponly {
            text.extend_from_slice(b"; HttpOnly");
        }
        if spec.secure {
            text.extend_from_slice(b"; Secure");
        }
        for a in &spec.attrs {
            text.extend_from_slice(b"; ");
            text.extend_from_slice(a.as_bytes());
        }
        self.response.add(b"set-cookie", &text);
    }

    /// The server's own cookie of that name: looked at, replaced, prefixed or taken away. Says whether there was one.
    fn edit_set_cookie(&mut self, spec: &Cookie, key: &[u8]) -> bool {
        let mut i = 0;
        while let Some(at) = self.response.find(b"set-cookie", i) {
            i = at + 1;
            let value = self.response.header(at).1.to_vec();
            let pair = cookie::set_cookie(&value);
            if pair.name != spec.name.as_bytes() {
                continue;
            }
            let place = pair.value_at;
            self.cookie.given = Given::Passive;
            match spec.mode {
                CookieMode::Rewrite if !key.is_empty() => {
                    let new = [&value[..place.start], key, &value[place.end..]].concat();
                    self.response.replace_value(at, &new);
                    self.cookie.given = Given::Rewritten;
                }
                CookieMode::Prefix if !key.is_empty() => {
                    let new = [&value[..place.start], key, b"~", &value[place.start..]].concat();
                    self.response.replace_value(at, &new);
                    self.cookie.given = Given::Rewritten;
                }
                CookieMode::Passive if !(spec.indirect && self.cookie.asked == Asked::Valid) => {}
                CookieMode::Insert | CookieMode::Passive if !spec.preserve => {
                    self.response.remove_at(at);
                    self.cookie.given = Given::Deleted;
                }
                _ => {}
            }
            return true;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_go_through_five_digits() {
        let mut out = Vec::new();
        to_base30(1_795_328_697, &mut out);
        assert_eq!(out.len(), 5);
        assert_eq!(base30(&out), Some(1_795_328_697 & ((1 << 30) - 1)));
    }

    #[test]
    fn captured_cookie_is_cut() {
        let spec = CaptureCookie { name: "AS".into(), exact: false, len: 6 };
        let values: [&[u8]; 2] = [b"x=1", b"a=1; ASPX=12345; b=2"];
        assert_eq!(captured(&spec, values.into_iter()), Some(b"ASPX=1".to_vec()));
    }
}

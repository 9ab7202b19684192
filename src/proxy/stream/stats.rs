//! The statistics page of a proxy: who may see it, what it shows, what its form changes.

use std::time::Duration;

use super::{Stop, Stream, Tell};
use crate::expr::acl;
use crate::expr::userlist::constant_time_eq;
use crate::health::state::{Admin, Change};
use crate::http::{Message, uri};
use crate::ir::proxy::{Mode, Proxy, Stats};
use crate::ir::{ProxyId, ServerId};
use crate::proxy::end::{End, When, Who};
use crate::proxy::session::Client;
use crate::proxy::world::{World, lock};
use crate::proxy::{checks, operate, statistics};
use crate::rules::{Answer, AnswerHead, Wait, reply};
use crate::stats::page::{self, Format, Options, Page};
use crate::stats::{csv, json};

/// Where the page is unless `stats uri` says so.
const DEFAULT_URI: &str = "/haproxy?stats";

impl Stream {
    /// Answers when the request is for the page of this proxy.
    pub(super) async fn statistics(&mut self, c: &mut Client, p: &'static Proxy) -> Result<(), Stop> {
        if !p.stats.enabled || p.mode != Mode::Http || !self.is_http {
            return Ok(());
        }
        let base = p.stats.uri.as_deref().unwrap_or(DEFAULT_URI);
        let Some(rest) = asked_for(uri::path_and_query(self.request.uri()), base) else { return Ok(()) };
        let options = Options::parse(&rest);
        self.local_service = true;
        self.service = Some("<STATS>");
        let front = &self.local.world.proxies[c.front.0].front;
        front.intercepted.inc();
        self.stats_rules(c, p).await?;
        if !authorized(&p.stats, &self.request) {
            self.reached_a_service();
            let realm = p.stats.realm.as_deref().unwrap_or("HAProxy Statistics");
            let answer = self.with_scope(c, |scope| reply::challenge(realm, scope));
            return Err(local(answer));
        }
        let is_admin = p.stats.admin.iter().any(|a| self.with_scope(c, |scope| acl::holds(a, &p.acls, scope)));
        let answer = match self.request.method() {
            b"GET" | b"HEAD" => show(self.local.world, p, base, &options, is_admin),
            b"POST" if !is_admin => moved(base, "DENY"),
            b"POST" => self.change(c, base).await?,
            _ => reply::page(405),
        };
        self.reached_a_service();
        self.times.data = self.ms();
        if let AnswerHead::Message(head) = &answer.head {
            self.show_statistics(c, head);
        }
        Err(local(answer))
    }

    /// The form was sent: `s=web1&s=web2&action=drain&b=#2`.
    async fn change(&mut self, c: &mut Client, base: &str) -> Result<Answer, Stop> {
        let began = crate::proxy::clock::now();
        let wait = Wait::Body { time: Duration::from_secs(5), at_least: None };
        while self.wait_for_request(c, wait, began).await? {}
        let body = self.request_data(c);
        if !body.complete {
            return Ok(moved(base, "EXCD"));
        }
        let form = Form::parse(body.bytes);
        Ok(moved(base, form.apply(self.local.world)))
    }
}

/// What follows the page's URI in a target that is the page or one of its variants.
fn asked_for(target: &[u8], base: &str) -> Option<String> {
    let rest = target.strip_prefix(base.as_bytes())?;
    Some(String::from_utf8_lossy(rest).into_owned())
}

fn local(answer: Answer) -> Stop {
    Stop { end: End::new(Who::Local, When::Request), tell: Tell::Answer(Box::new(answer)) }
}

/// Without `stats auth` everybody may; with it, who has one of the pairs.
fn authorized(stats: &Stats, request: &Message) -> bool {
    use base64::Engine as _;
    if stats.auth.is_empty() {
        return true;
    }
    let Some(value) = request.get(b"authorization") else { return false };
    let Some(at) = memchr::memchr(b' ', value).filter(|at| value[..*at].eq_ignore_ascii_case(b"basic")) else {
        return false;
    };
    let Ok(given) = base64::engine::general_purpose::STANDARD.decode(value[at + 1..].trim_ascii()) else {
        return false;
    };
    // Every pair is compared, so that the time taken tells nothing.
    stats
        .auth
        .iter()
        .fold(false, |ok, (user, password)| ok | constant_time_eq(format!("{user}:{password}").as_bytes(), &given))
}

fn show(world: &'static World, p: &Proxy, base: &str, options: &Options, is_admin: bool) -> Answer {
    let in_scope = |name: &str| {
        p.stats.scope.is_empty() || p.stats.scope.iter().any(|s| s == name || (s == "." && name == p.name))
    };
    let rows: Vec<_> =
        statistics::rows(world).into_iter().filter(|r| in_scope(&r.text("pxname")) && options.wants(r)).collect();
    let (kind, body): (&[u8], String) = match options.format {
        Format::Csv => (b"text/plain", csv::render(&rows)),
        Format::Typed => (b"text/plain", csv::typed(&rows)),
        Format::Json => (b"application/json", json::render(&rows)),
        Format::JsonSchema => (b"application/json", json::schema()),
        Format::Html => {
            let facts = statistics::facts(world);
            let page = Page {
                stats: &p.stats,
                uri: base,
                facts: &facts,
                rows: &rows,
                options: options.clone(),
                is_admin,
                outcome: Some(options.outcome.as_str()),
            };
            (b"text/html", page::render(&page))
        }
    };
    let mut answer = reply::bare(200, &[(b"cache-control", b"no-cache"), (b"content-type", kind)]);
    if let AnswerHead::Message(m) = &mut answer.head {
        if let Some(r) = p.stats.refresh.filter(|_| options.format == Format::Html && !options.no_refresh) {
            m.add(b"refresh", r.as_secs().to_string().as_bytes());
        }
        m.add(b"content-length", body.len().to_string().as_bytes());
    }
    answer.body = body.into_bytes().into();
    answer
}

/// Back to the page, with a word about what was done, so that loading it again does not do it again.
fn moved(base: &str, outcome: &str) -> Answer {
    let location = format!("{base};st={outcome}");
    reply::bare(
        303,
        &[
            (b"cache-control", b"no-cache"),
            (b"content-type", b"text/plain"),
            (b"content-length", b"0"),
            (b"location", location.as_bytes()),
        ],
    )
}

/// What the page's form says.
#[derive(Debug, Default)]
struct Form {
    servers: Vec<String>,
    action: String,
    /// A name, or `#` and the number.
    backend: String,
}

impl Form {
    fn parse(body: &[u8]) -> Self {
        let mut form = Self::default();
        for pair in body.split(|b| *b == b'&') {
            let at = memchr::memchr(b'=', pair).unwrap_or(pair.len());
            let decode = |b: &[u8]| {
                crate::expr::converters::encoding::url_decode(b, true).map(|v| String::from_utf8_lossy(&v).into_owned())
            };
            let Some(value) = decode(pair.get(at + 1..).unwrap_or(&[])) else { continue };
            match &pair[..at] {
                b"s" => form.servers.push(value),
                b"action" => form.action = value,
                b"b" => form.backend = value,
                _ => {}
            }
        }
        form
    }

    /// The outcome's code, as the page's address shows it.
    fn apply(&self, world: &'static World) -> &'static str {
        let backend = world.config.proxies.iter().position(|p| match self.backend.strip_prefix('#') {
            Some(n) => n.parse() == Ok(p.id),
            None => p.kind.is_back() && p.name == self.backend,
        });
        let Some(p) = backend.map(ProxyId) else { return "ERRP" };
        let (mut done, mut unknown) = (0, 0);
        for name in &self.servers {
            let Some(s) = world.config.proxies[p.0].servers.find(|x| x.name == *name).map(ServerId) else {
                unknown += 1;
                continue;
            };
            match act(world, p, s, &self.action) {
                Some(true) => done += 1,
                Some(false) => {}
                None => return "ERRP",
            }
        }
        match (done, unknown) {
            (0, 0) => "NONE",
            (_, 0) => "DONE",
            (0, _) => "ERRP",
            _ => "PART",
        }
    }
}

/// One action on one server: whether it changed anything. `None`: there is no such action.
fn act(world: &'static World, p: ProxyId, s: ServerId, action: &str) -> Option<bool> {
    let live = world.server(p, s);
    let checked = world.config.proxies[p.0].servers[s.0].options.check;
    Some(match action {
        "ready" | "enable" => operate::set_state(world, p, s, Admin::Ready),
        "drain" | "stop" => operate::set_state(world, p, s, Admin::Drain),
        "maint" | "disable" => operate::set_state(world, p, s, Admin::Maintenance),
        "hrunn" | "hnolb" | "hdown" if !checked => false,
        "hrunn" => {
            operate::set_health(world, p, s, Change::Up);
            true
        }
        "hnolb" => {
            operate::set_health(world, p, s, Change::Stopping);
            true
        }
        "hdown" => {
            operate::set_health(world, p, s, Change::Down);
            true
        }
        "ehlth" => !live.checks_enabled.swap(true, std::sync::atomic::Ordering::Relaxed),
        "dhlth" => live.checks_enabled.swap(false, std::sync::atomic::Ordering::Relaxed),
        "eagent" => !live.agent_enabled.swap(true, std::sync::atomic::Ordering::Relaxed),
        "dagent" => live.agent_enabled.swap(false, std::sync::atomic::Ordering::Relaxed),
        "arunn" => std::mem::replace(&mut lock(&live.health).agent_down, false),
        "adown" => !std::mem::replace(&mut lock(&live.health).agent_down, true),
        "shutdown" => {
            checks::shut_sessions(world, p, s, Who::Killed);
            true
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_read_whatever_its_order() {
        let f = Form::parse(b"b=%232&s=web1&action=drain&s=web2&x");
        assert_eq!((f.backend.as_str(), f.action.as_str()), ("#2", "drain"));
        assert_eq!(f.servers, ["web1", "web2"]);
    }
}

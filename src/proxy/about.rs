//! What `-v`, `-vv` and `-dL` say. A feature is claimed only when it works.

use super::start::{RELEASE_DATE, VERSION};
use crate::haproxy::conditional::{FEATURES, SERVICES};

/// The only way to wait for sockets, as `-vv` and `-V` show it.
pub const POLLERS: &str = "Available polling systems :
      epoll : pref=300,  test result OK
Total: 1 (1 usable), will use epoll.
";

/// The banner, and with `build` what this program can do.
pub fn text(build: bool) -> String {
    let u = nix::sys::utsname::uname().ok();
    let part = |f: fn(&nix::sys::utsname::UtsName) -> &std::ffi::OsStr| {
        u.as_ref().map(|u| f(u).to_string_lossy().into_owned()).unwrap_or_default()
    };
    let mut out = format!(
        "HAProxy version {VERSION} {RELEASE_DATE} - the language of HAProxy 2.6, spoken by Hawser
Status: young - it is not HAProxy; 'hawser check FILE' tells what a configuration would miss here.
Known bugs: the items that 'hawser book' lists as missing
Running on: {} {} {} {}
",
        part(nix::sys::utsname::UtsName::sysname),
        part(nix::sys::utsname::UtsName::release),
        part(nix::sys::utsname::UtsName::version),
        part(nix::sys::utsname::UtsName::machine)
    );
    if build {
        out.push_str(&details());
    }
    out
}

fn details() -> String {
    let sign = |works: bool| if works { '+' } else { '-' };
    let features: String = FEATURES.iter().map(|(name, works)| format!(" {}{name}", sign(*works))).collect();
    let services = if SERVICES.is_empty() { "none".to_owned() } else { SERVICES.join(" ") };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(64);
    format!(
        "Build options :
  TARGET  = linux-{}
  CPU     = {}
  CC      = rustc
  OPTIONS =
  DEBUG   =

Feature list :{features}

Default settings :
  bufsize = 16384, maxrewrite = 1024, maxpollevents = 200

Built with multi-threading support (MAX_THREADS=64, default={threads}).
Built with transparent proxy support using: IP_TRANSPARENT IPV6_TRANSPARENT IP_FREEBIND

{POLLERS}
Available multiplexer protocols :
(protocols marked as <default> cannot be specified using 'proto' keyword)
  <default> : mode=HTTP  side=FE|BE  mux=H1    flags=
  <default> : mode=TCP   side=FE|BE  mux=PASS  flags=

Available services : {services}
Available filters : none
",
        if cfg!(target_env = "musl") { "musl" } else { "glibc" },
        std::env::consts::ARCH,
    )
}

/// The files that the running program consists of, in the order in which they were loaded (proc(5), `maps`).
pub fn objects() -> String {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let mut files: Vec<&str> = Vec::new();
    for line in maps.lines() {
        let mut fields = line.split_ascii_whitespace();
        let is_code = fields.nth(1).is_some_and(|rights| rights.contains('x'));
        if let Some(path) = fields.nth(3).filter(|p| is_code && p.starts_with('/'))
            && !files.contains(&path)
        {
            files.push(path);
        }
    }
    files.iter().fold(String::from("List of loaded object files:\n"), |out, f| out + f + "\n")
}

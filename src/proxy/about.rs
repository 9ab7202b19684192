//! What `-v`, `-vv` and `-dL` say. A feature is claimed only when it works.

use super::start::{RELEASE_DATE, VERSION};
use crate::haproxy::conditional::FEATURES;
use crate::rules::service::Service;

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
    let services: Vec<&str> = Service::ALL.iter().map(|service| service.name()).collect();
    let services = services.join(" ");
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

/// `-dL`: the files that the running program consists of.
pub fn objects() -> String {
    mapped().iter().fold(String::from("List of loaded object files:\n"), |out, (_, _, f)| out + f + "\n")
}

/// Where each file with code begins and ends in memory, in the order of their addresses (proc(5), `maps`).
pub fn mapped() -> Vec<(u64, u64, String)> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let mut files: Vec<(u64, u64, String, bool)> = Vec::new();
    for line in maps.lines() {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let [range, rights, _, _, _, path] = fields[..] else { continue };
        let bounds = range.split_once('-').map(|(a, b)| (u64::from_str_radix(a, 16), u64::from_str_radix(b, 16)));
        let Some((Ok(from), Ok(to))) = bounds.filter(|_| path.starts_with('/')) else { continue };
        let has_code = rights.contains('x');
        match files.iter_mut().find(|(_, _, name, _)| name == path) {
            Some(known) => (known.1, known.3) = (to, known.3 || has_code),
            None => files.push((from, to, path.to_owned(), has_code)),
        }
    }
    files.into_iter().filter(|f| f.3).map(|(from, to, name, _)| (from, to, name)).collect()
}

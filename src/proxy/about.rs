//! What `-v` and `-vv` say. A feature is claimed only when it works.

use super::start::VERSION;

/// The banner, and with `build` what this program can do.
pub fn text(build: bool) -> String {
    let u = nix::sys::utsname::uname().ok();
    let part = |f: fn(&nix::sys::utsname::UtsName) -> &std::ffi::OsStr| {
        u.as_ref().map(|u| f(u).to_string_lossy().into_owned()).unwrap_or_default()
    };
    let mut out = format!("HAProxy version {VERSION}\n");
    out.push_str("Status: Hawser speaks HAProxy 2.6's language; it is not HAProxy.\n");
    out.push_str(&format!(
        "Running on: {} {} {} {}\n",
        part(nix::sys::utsname::UtsName::sysname),
        part(nix::sys::utsname::UtsName::release),
        part(nix::sys::utsname::UtsName::version),
        part(nix::sys::utsname::UtsName::machine)
    ));
    if build {
        out.push_str("\nFeature list : +ACCEPT4 +EPOLL +GETADDRINFO +LINUX_SPLICE +LINUX_TPROXY +POLL +PRCTL +SYSTEMD +THREAD +TPROXY\n");
        out.push_str("\nDefault settings :\n  bufsize = 16384, maxrewrite = 1024\n");
        out.push_str("\nAvailable polling systems :\n      epoll : pref=300,  test result OK\nTotal: 1 (1 usable), will use epoll.\n");
    }
    out
}

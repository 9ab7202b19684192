//! The part about checkers: one paragraph each, and what its kind adds.

use std::{fmt::Write as _, net::SocketAddr, time::Duration};

use super::{Progress, command, yes};
use crate::{
    ipvs::{
        Director,
        director::{Check, Server, VirtualService},
    },
    ir::failover::{
        Checker, CheckerId, Connection, Probe,
        checker::{Dns, Http, HttpVersion, Misc, Udp, Url},
    },
};

pub(super) fn write(out: &mut String, director: &Director, progress: &dyn Fn(CheckerId) -> Progress) {
    out.push_str("------< Health checkers >------\n");
    for (virtual_server, service) in director.services().iter().enumerate() {
        for (real_server, server) in service.servers.iter().enumerate() {
            for (checker, config) in server.config.checkers.iter().enumerate() {
                let id = CheckerId { virtual_server, real_server, checker };
                write_checker(out, service, server, (config, &server.checkers[checker]), &progress(id));
            }
        }
    }
}

fn write_checker(
    out: &mut String,
    service: &VirtualService,
    server: &Server,
    (config, check): (&Checker, &Check),
    progress: &Progress,
) {
    let _ = writeln!(out, " {} -> {}", service.name, server.name);
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(out, "   {name} = {value}");
    };
    line("Enabled", yes(!service.is_suspended));
    line("Up", yes(check.up));
    line("Has run", yes(check.has_run));
    line("Current weight", &check.difference(server.config.weight).to_string());
    if !matches!(config.probe, Probe::File(_) | Probe::Bfd(_)) {
        pace(config, progress, &mut line);
    }
    line("Log all failures", yes(config.log_all_failures));
    if let Some(connection) = connection(&config.probe) {
        write_connection(out, connection);
    }
    write_kind(out, &config.probe, progress);
}

fn pace(config: &Checker, progress: &Progress, line: &mut dyn FnMut(&str, &str)) {
    let micros = |time: Duration| format!("{} us", time.as_micros());
    line("Alpha", yes(config.alpha));
    line("Delay loop", &micros(config.delay_loop));
    line("Warmup", &micros(config.warmup));
    line("Retries", &config.retry.to_string());
    if config.retry > 0 {
        line("Delay before retry", &micros(config.delay_before_retry));
        line("Retries iterations", &progress.retries.to_string());
    }
    let default = match config.probe {
        Probe::Http(_) => 3,
        Probe::Dns(_) => 0,
        _ => 1,
    };
    line("Default delay before retry", &micros(Duration::from_secs(default)));
}

fn connection(of: &Probe) -> Option<&Connection> {
    match of {
        Probe::Tcp(connection) | Probe::Ping(connection) => Some(connection),
        Probe::Http(http) => Some(&http.connection),
        Probe::Smtp(smtp) => Some(&smtp.connection),
        Probe::Dns(dns) => Some(&dns.connection),
        Probe::Udp(udp) => Some(&udp.connection),
        Probe::Misc(_) | Probe::File(_) | Probe::Bfd(_) => None,
    }
}

fn write_connection(out: &mut String, of: &Connection) {
    let place = |at: SocketAddr| format!("[{}]:{}", at.ip(), at.port());
    let _ = writeln!(out, "   Connection\n     Dest = {}", place(of.to));
    if let Some(from) = of.from {
        let _ = writeln!(out, "     Bind to = {}", place(from));
    }
    if let Some(interface) = &of.interface {
        let _ = writeln!(out, "     Bind i/f = {interface}");
    }
    if of.mark != 0 {
        let _ = writeln!(out, "     Mark = {}", of.mark);
    }
    let _ = writeln!(out, "     Timeout = {:.6}", of.timeout.as_secs_f64());
}

fn write_kind(out: &mut String, probe: &Probe, progress: &Progress) {
    let name = match probe {
        Probe::Tcp(_) => "TCP_CHECK",
        Probe::Http(http) => return write_http(out, http),
        Probe::Smtp(_) => "SMTP_CHECK",
        Probe::Dns(_) => "DNS_CHECK",
        Probe::Udp(_) => "UDP_CHECK",
        Probe::Ping(_) => "PING_CHECK",
        Probe::Misc(_) => "MISC_CHECK",
        Probe::File(_) => "FILE_CHECK",
        Probe::Bfd(_) => "BFD_CHECK",
    };
    let _ = writeln!(out, "   Keepalive method = {name}");
    let _ = match probe {
        Probe::Smtp(smtp) => writeln!(out, "   helo = {}", smtp.helo),
        Probe::Dns(dns) => writeln!(out, "   Type = {}\n   Name = {}", query_type(dns), dns.name),
        Probe::Udp(udp) => write_udp(out, udp),
        Probe::Misc(misc) => write_misc(out, misc, progress),
        Probe::File(file) => writeln!(out, "     Tracked file = {}", file.name),
        Probe::Bfd(name) => writeln!(out, "   Name = {name}"),
        Probe::Tcp(_) | Probe::Http(_) | Probe::Ping(_) => Ok(()),
    };
}

/// RFC 1035 section 3.2.2, RFC 3596.
fn query_type(of: &Dns) -> String {
    let known = [(1, "A"), (2, "NS"), (5, "CNAME"), (6, "SOA"), (15, "MX"), (16, "TXT"), (28, "AAAA")];
    let name = known.into_iter().find(|(number, _)| *number == of.kind);
    name.map_or_else(|| of.kind.to_string(), |(_, name)| name.to_owned())
}

fn write_udp(out: &mut String, of: &Udp) -> std::fmt::Result {
    writeln!(out, "   Payload specified = {}", yes(of.payload.is_some()))?;
    writeln!(out, "   Require reply = {}", yes(of.reply.is_some()))?;
    let Some(reply) = &of.reply else { return Ok(()) };
    writeln!(out, "     Min reply length = {}\n     Max reply length = {}", reply.shortest, reply.longest)?;
    let masked = reply.begins.iter().any(|(_, mask)| *mask != 0xff);
    writeln!(out, "     Reply data len = {}\n     Reply data mask = {}", reply.begins.len(), yes(masked))
}

fn write_misc(out: &mut String, of: &Misc, progress: &Progress) -> std::fmt::Result {
    let written = command(&of.command);
    let (script, owner) = written.rsplit_once(", uid:gid ").unwrap_or((&written, ""));
    writeln!(out, "   script = {script}\n   timeout = {}", of.timeout.map_or(0, |time| time.as_secs()))?;
    writeln!(out, "   dynamic = {}\n   uid:gid = {owner}", if of.dynamic { "YES" } else { "NO" })?;
    if let Some((seconds, date)) = &progress.last_ran {
        writeln!(out, "   Last ran = {seconds:.6} ({date})")?;
    }
    writeln!(out, "   Last status = {}", progress.last_status)
}

fn write_http(out: &mut String, of: &Http) {
    let name = if of.tls.is_some() { "SSL_GET" } else { "HTTP_GET" };
    let version = match of.version {
        HttpVersion::Http10 => "1.0",
        HttpVersion::Http10Close => "1.0C",
        HttpVersion::Http11 => "1.1",
    };
    let _ = writeln!(out, "   Keepalive method = {name}, http protocol {version}");
    if let Some(host) = &of.virtual_host {
        let _ = writeln!(out, "   Virtualhost = {host}");
    }
    let set = |is_set| if is_set { "set" } else { "unset" };
    let _ = writeln!(out, "   Enable SNI {}", set(of.tls.as_ref().is_some_and(|tls| tls.sni)));
    let _ = writeln!(out, "   Fast recovery {}", set(of.fast_recovery));
    for url in &of.urls {
        let _ = write_url(out, url);
    }
}

fn write_url(out: &mut String, of: &Url) -> std::fmt::Result {
    writeln!(out, "   Checked url = {}", of.path)?;
    if let Some(digest) = &of.digest {
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(out, "     digest = {hex}")?;
    }
    if !of.statuses.is_empty() {
        writeln!(out, "     HTTP Status Code(s)")?;
    }
    for (low, high) in &of.statuses {
        if low == high {
            writeln!(out, "       {low}")?;
        } else {
            writeln!(out, "       {low}-{high}")?;
        }
    }
    if let Some(host) = &of.virtual_host {
        writeln!(out, "     Virtual host = {host}")?;
    }
    let Some(pattern) = &of.pattern else { return Ok(()) };
    writeln!(out, "     Regex = \"{}\"", pattern.text)?;
    if pattern.no_match {
        writeln!(out, "     Regex no match")?;
    }
    if let Some(latest) = pattern.max_offset {
        writeln!(out, "     Regex min offset = {}, max_offset = {latest}", pattern.min_offset)?;
    } else if pattern.min_offset > 0 {
        writeln!(out, "     Regex min offset = {}", pattern.min_offset)?;
    }
    let options: String = pattern.options.iter().map(|option| format!(" {option}")).collect();
    writeln!(out, "     Regex options:{options}")
}

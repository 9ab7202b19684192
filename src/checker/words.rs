//! What the log and the mails say of checkers: every line as the original words it, in one table for each occasion.

use std::net::SocketAddr;

use super::outcome::{Checked, Failure, Unready};
use crate::ir::failover::Probe;

/// The sorts of checkers, which differ in words and in a few habits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Tcp,
    /// With and without TLS.
    Http,
    Smtp,
    Dns,
    Udp,
    Ping,
    Misc,
    File,
    Bfd,
}

impl Kind {
    #[must_use]
    pub fn of(probe: &Probe) -> Self {
        match probe {
            Probe::Tcp(_) => Self::Tcp,
            Probe::Http(_) => Self::Http,
            Probe::Smtp(_) => Self::Smtp,
            Probe::Dns(_) => Self::Dns,
            Probe::Udp(_) => Self::Udp,
            Probe::Ping(_) => Self::Ping,
            Probe::Misc(_) => Self::Misc,
            Probe::File(_) => Self::File,
            Probe::Bfd(_) => Self::Bfd,
        }
    }
}

/// Whom the lines are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    pub kind: Kind,
    /// `[192.0.2.1]:tcp:80`
    pub service: String,
    pub virtual_server: String,
    /// What is asked: `[192.0.2.1]:25`, a program, a session's name.
    pub target: String,
    /// SSL_GET rather than HTTP_GET.
    pub tls: bool,
}

impl Subject {
    #[must_use]
    pub fn new(probe: &Probe, service: String, virtual_server: String) -> Self {
        let address = |to: &SocketAddr| format!("[{}]:{}", to.ip(), to.port());
        let (target, tls) = match probe {
            Probe::Tcp(connection) | Probe::Ping(connection) => (address(&connection.to), false),
            Probe::Http(http) => (address(&http.connection.to), http.tls.is_some()),
            Probe::Smtp(smtp) => (address(&smtp.connection.to), false),
            Probe::Dns(dns) => (address(&dns.connection.to), false),
            Probe::Udp(udp) => (address(&udp.connection.to), false),
            Probe::Misc(misc) => {
                let program = misc.command.argv.first().map(|word| String::from_utf8_lossy(word).into_owned());
                (program.unwrap_or_default(), false)
            }
            Probe::File(file) => (file.name.clone(), false),
            Probe::Bfd(name) => (name.clone(), false),
        };
        Self { kind: Kind::of(probe), service, virtual_server, target, tls }
    }

    /// The server is alive, for the first time or again.
    #[must_use]
    pub fn up(&self) -> Option<String> {
        let (service, vs) = (&self.service, &self.virtual_server);
        Some(match self.kind {
            Kind::Tcp => format!("TCP connection to {service} success."),
            Kind::Udp => format!("UDP connection to {service} success."),
            Kind::Ping => format!("ICMP connection to {service} success."),
            Kind::Http => format!("Remote Web server {service} succeed on service."),
            Kind::Smtp => format!("Remote SMTP server {service} succeed on service."),
            Kind::Misc => format!("Misc check for [{service} VS {vs}] by [{}] succeeded.", self.target),
            Kind::Bfd => format!("BFD check of [{}] RS({service}) is UP", self.target),
            Kind::File => format!("({service}): tracked file {} leaving FAULT state", self.target),
            Kind::Dns => return None,
        })
    }

    /// The server is dead. `ran`: it is not the first verdict. `retry`: how often it was asked again.
    #[must_use]
    pub fn down(&self, failure: &Failure, ran: bool, retry: u32) -> Option<String> {
        let (service, vs) = (&self.service, &self.virtual_server);
        let counted = ran && retry > 0;
        Some(match self.kind {
            Kind::Tcp if counted => format!("TCP_CHECK on service {service} failed after {retry} retries."),
            Kind::Tcp => format!("TCP_CHECK on service {service} failed."),
            Kind::Udp if counted => format!("UDP_CHECK on service {service} failed after {retry} retries."),
            Kind::Udp => format!("UDP_CHECK on service {service} failed."),
            Kind::Ping if counted => format!("ICMP CHECK on service {service} of {vs} failed after {retry} retries."),
            Kind::Ping => format!("ICMP CHECK on service {service} failed."),
            Kind::Http if retry > 0 => format!("HTTP_CHECK on service {service} failed after {retry} retries."),
            Kind::Http => format!("HTTP_CHECK on service {service} failed."),
            Kind::Dns if ran => format!("{} after {retry} retries", self.dns(failure)),
            Kind::Dns => self.dns(failure),
            Kind::Smtp => return self.failure(failure),
            Kind::Misc if retry == 0 => self.misc(failure, "with retry disabled"),
            Kind::Misc => self.misc(failure, &format!("after {retry} {}", retries(retry))),
            Kind::Bfd => format!("BFD check of [{}] RS({service}) is DOWN", self.target),
            Kind::File => format!("({service}): tracked file {} now FAULT state", self.target),
        })
    }

    /// One of several failures (`log_all_failures`), the `count`th of at most `retry` more.
    #[must_use]
    pub fn again(&self, failure: &Failure, count: u32, retry: u32) -> Option<String> {
        match self.kind {
            Kind::Misc if count <= 1 => Some(self.misc(failure, &format!(", will do {retry} {}", retries(retry)))),
            Kind::Misc => Some(self.misc(failure, &format!("on retry {}/{retry}", count - 1))),
            _ => self.failure(failure),
        }
    }

    /// A failure by itself. `None` where the original says nothing.
    #[must_use]
    pub fn failure(&self, failure: &Failure) -> Option<String> {
        match self.kind {
            Kind::Tcp => self.tcp(failure),
            Kind::Http => self.http(failure),
            Kind::Smtp => Some(format!("SMTP_CHECK {}", self.smtp(failure))),
            Kind::Dns => Some(self.dns(failure)),
            Kind::Udp => self.udp(failure),
            Kind::Ping => self.ping(failure),
            Kind::Misc | Kind::File | Kind::Bfd => None,
        }
    }

    /// What a mail says of a verdict.
    #[must_use]
    pub fn mail(&self, failure: Option<&Failure>) -> String {
        match (self.kind, failure) {
            (Kind::Tcp, None) => "TCP CHECK succeed on service".into(),
            (Kind::Tcp, Some(_)) => "TCP CHECK failed on service".into(),
            (Kind::Udp, None) => "UDP CHECK succeed on service".into(),
            (Kind::Udp, Some(_)) => "UDP CHECK failed on service".into(),
            (Kind::Ping, None) => "ICMP CHECK succeed on service".into(),
            (Kind::Ping, Some(_)) => "ICMP CHECK failed on service".into(),
            (Kind::Http | Kind::Smtp, None) => "CHECK succeed on service".into(),
            (Kind::Http, Some(_)) => "CHECK failed on service : HTTP request failed".into(),
            (Kind::Smtp, Some(failure)) => format!("CHECK failed on service : {}", self.smtp(failure)),
            (Kind::Dns, None) => "DNS_CHECK: succeed on service".into(),
            (Kind::Dns, Some(_)) => "DNS_CHECK: failed on service".into(),
            (Kind::Misc, None) => "MISC CHECK succeeded on service".into(),
            (Kind::Misc, Some(Failure::Overran)) => "MISC CHECK timed out on service".into(),
            (Kind::Misc, Some(_)) => "MISC CHECK failed on service".into(),
            (Kind::Bfd, None) => format!("BFD CHECK {} succeeded on service", self.target),
            (Kind::Bfd, Some(_)) => format!("BFD CHECK {} failed on service", self.target),
            (Kind::File, None) => format!("FILE CHECK {} succeeded on service", self.target),
            (Kind::File, Some(_)) => format!("FILE CHECK {} failed on service", self.target),
        }
    }

    /// A page was as expected while its server still counted as down.
    #[must_use]
    pub fn page(&self, checked: Checked, path: &str) -> String {
        let what = match checked {
            Checked::Status => "HTTP status code",
            Checked::Digest => "MD5 digest",
            Checked::Pattern => "Regex match",
        };
        format!("{what} success to {} url({path})", self.service)
    }

    /// A page is shorter or longer than it says.
    #[must_use]
    pub fn mismatch(&self, path: &str, said: u64, received: u64) -> String {
        let (service, vs) = (&self.service, &self.virtual_server);
        format!(
            "http_check for RS {service} VS {vs} url {path}: content_length ({said}) does not match received bytes ({received})"
        )
    }

    /// A probe could not begin: what is wrong, and that it will be tried again.
    #[must_use]
    pub fn unready(&self, unready: &Unready) -> [String; 2] {
        let why = match unready {
            Unready::Address(error) => format!("Checker bind failed: {error}"),
            Unready::Device { name, error } => format!("Checker can't bind to device {name}: {error}"),
            Unready::Connection { number, text } => format!("socket connect error {number} - {text}"),
            Unready::Socket(error) => format!("Checker has no socket: {error}"),
        };
        let later = match self.kind {
            Kind::Http => "WEB socket bind failed. Rescheduling".into(),
            Kind::Smtp => "SMTP_CHECK socket bind failed. Rescheduling.".into(),
            Kind::Dns => format!("DNS_CHECK ({}) UDP socket bind failed. Rescheduling.", self.service),
            Kind::Udp => "UDP socket bind failed. Rescheduling.".into(),
            Kind::Ping => "ICMP socket bind failed. Rescheduling.".into(),
            Kind::Tcp | Kind::Misc | Kind::File | Kind::Bfd => "TCP socket bind failed. Rescheduling.".into(),
        };
        [why, later]
    }

    fn tcp(&self, failure: &Failure) -> Option<String> {
        let service = &self.service;
        match failure {
            Failure::Unreachable => None,
            Failure::ConnectTimeout => Some(format!("TCP connection to {service} timeout.")),
            _ => Some(format!("TCP connection to {service} failed.")),
        }
    }

    fn udp(&self, failure: &Failure) -> Option<String> {
        let service = &self.service;
        Some(match failure {
            Failure::Mismatch => format!("UDP check to {service} reply data mismatch."),
            Failure::Socket { number, text } => format!("UDP connect error {number} - {text}"),
            _ => format!("UDP connection to {service} failed."),
        })
    }

    fn ping(&self, failure: &Failure) -> Option<String> {
        let service = &self.service;
        Some(match failure {
            Failure::Unsent => "send ICMP packet fail".into(),
            Failure::Silent => format!("ICMP connection to address {service} timeout."),
            _ => format!("ICMP connection to address {service} failed."),
        })
    }

    fn http(&self, failure: &Failure) -> Option<String> {
        let (service, tls) = (&self.service, self.tls);
        Some(match failure {
            Failure::ConnectTimeout => format!("Timeout connecting server {service}."),
            Failure::Refused => format!("Connection failed server {service}."),
            Failure::Handshake => format!("SSL handshake/communication error connecting to server {service}."),
            Failure::Silent | Failure::Stalled if tls => format!("Timeout SSL read server {service}."),
            Failure::Silent => format!("Timeout WEB read server {service}."),
            Failure::Stalled => format!("Timeout HTTP read server {service}."),
            Failure::Broken => format!("Read error with server {service}."),
            // Two blanks: so it is written.
            Failure::Empty => format!("Read, no data received from  server {service}."),
            Failure::Status => format!("HTTP status code error to server {service}."),
            Failure::Digest => format!("MD5 digest error to server {service}."),
            Failure::Pattern => format!("Regex match failed server {service}."),
            _ => return None,
        })
    }

    fn smtp(&self, failure: &Failure) -> String {
        let server = &self.target;
        match failure {
            Failure::ConnectTimeout => format!("Connection timeout to server {server}"),
            Failure::Silent | Failure::Stalled => format!("Read timeout from server {server}"),
            Failure::Greeting => format!("Bad greeting banner from server {server}"),
            Failure::Helo => format!("Bad HELO response from server {server}"),
            Failure::Refused | Failure::Unreachable => format!("Could not connect to server {server}"),
            _ => format!("Read failure from server {server}"),
        }
    }

    fn dns(&self, failure: &Failure) -> String {
        let service = &self.service;
        match failure {
            Failure::Rcode(code) => format!("DNS_CHECK ({service}) read error occurred. (rcode = {code})"),
            Failure::Socket { number, text } => {
                format!("DNS_CHECK ({service}) failed to read socket; errno {number} ({text})")
            }
            _ => format!("DNS_CHECK ({service}) read timeout from socket"),
        }
    }

    fn misc(&self, failure: &Failure, end: &str) -> String {
        let (service, vs, command) = (&self.service, &self.virtual_server, &self.target);
        let how = match failure {
            Failure::Exit(status) => format!(" (exited with status {status})"),
            Failure::Signal(signal) => format!(" (due to signal {signal})"),
            Failure::NotStarted(error) => format!(" (not started: {error})"),
            _ => String::new(),
        };
        let what = if *failure == Failure::Overran { "timed out" } else { "failed" };
        let gap = if end.starts_with(',') { "" } else { " " };
        format!("Misc check for [{service} VS {vs}] by [{command}] {what}{gap}{end}{how}.")
    }
}

fn retries(count: u32) -> &'static str {
    if count == 1 { "retry" } else { "retries" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(kind: Kind) -> Subject {
        Subject {
            kind,
            service: "[127.0.0.1]:tcp:9001".into(),
            virtual_server: "[10.9.9.9]:tcp:80".into(),
            target: "/s/ok".into(),
            tls: false,
        }
    }

    #[test]
    fn commands_are_told_with_the_retries_that_are_left() {
        let misc = subject(Kind::Misc);
        let line =
            |text: &str| format!("Misc check for [[127.0.0.1]:tcp:9001 VS [10.9.9.9]:tcp:80] by [/s/ok] {text}.");
        let exit = Failure::Exit(1);
        assert_eq!(misc.down(&exit, true, 0), Some(line("failed with retry disabled (exited with status 1)")));
        assert_eq!(misc.down(&exit, true, 2), Some(line("failed after 2 retries (exited with status 1)")));
        assert_eq!(misc.down(&Failure::Overran, false, 1), Some(line("timed out after 1 retry")));
        assert_eq!(misc.again(&exit, 1, 2), Some(line("failed, will do 2 retries (exited with status 1)")));
        assert_eq!(misc.again(&Failure::Overran, 1, 1), Some(line("timed out, will do 1 retry")));
        assert_eq!(misc.again(&Failure::Signal(9), 2, 2), Some(line("failed on retry 1/2 (due to signal 9)")));
    }

    #[test]
    fn the_first_verdict_counts_no_retries_except_for_pages() {
        let down = |kind, ran| subject(kind).down(&Failure::Silent, ran, 2).expect("it says something");
        assert_eq!(down(Kind::Tcp, false), "TCP_CHECK on service [127.0.0.1]:tcp:9001 failed.");
        assert_eq!(down(Kind::Tcp, true), "TCP_CHECK on service [127.0.0.1]:tcp:9001 failed after 2 retries.");
        assert_eq!(down(Kind::Http, false), "HTTP_CHECK on service [127.0.0.1]:tcp:9001 failed after 2 retries.");
        assert_eq!(
            down(Kind::Ping, true),
            "ICMP CHECK on service [127.0.0.1]:tcp:9001 of [10.9.9.9]:tcp:80 failed after 2 retries."
        );
        let dns = "DNS_CHECK ([127.0.0.1]:tcp:9001) read timeout from socket";
        assert_eq!((down(Kind::Dns, false), down(Kind::Dns, true)), (dns.into(), format!("{dns} after 2 retries")));
    }
}

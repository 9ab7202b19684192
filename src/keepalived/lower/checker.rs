//! Checkers with every default filled in: what one does not say its real server says, else the service, else the program.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use super::{ports, virtual_server::Defaults};
use crate::{
    ir::failover::{
        Checker, Connection, Probe,
        checker::{Dns, FileProbe, Http, Misc, Reply, Smtp, TlsProbe, Udp, Url},
    },
    keepalived::draft::virtual_server::{
        CheckerDraft, ConnectionDraft, FileCheckDraft, HttpDraft, PaceDraft, ProbeDraft, RealServerDraft, UdpDraft,
        UrlDraft, VirtualServerDraft,
    },
};

const DELAY_LOOP: Duration = Duration::from_secs(60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const HELO: &str = "smtpchecker.keepalived.org";
/// Status codes that are well when nothing is written, whatever else is expected of the page.
const STATUSES: (u16, u16) = (200, 299);
/// SOA (RFC 1035 section 3.2.2).
const DNS_TYPE: u16 = 6;

/// The checkers of one real server.
pub(super) fn checkers(
    server: &mut RealServerDraft,
    service: &VirtualServerDraft,
    defaults: &Defaults,
) -> Vec<Checker> {
    let drafts = std::mem::take(&mut server.checkers);
    let above = Above {
        address: server.address,
        // Without any port a check asks the port that the kernel sends to. The original asks port 0, where nobody is.
        port: if server.port == 0 { ports::of_server(server, service) } else { server.port },
        pace: server.pace.or(service.pace),
        alpha: server.alpha.unwrap_or(service.alpha),
        virtual_host: server.virtual_host.as_ref().or(service.virtual_host.as_ref()),
        log_all_failures: defaults.log_all_failures,
    };
    drafts.into_iter().flat_map(|draft| above.checkers(draft)).collect()
}

/// What stands above the checkers of one server.
struct Above<'a> {
    address: IpAddr,
    port: u16,
    pace: PaceDraft,
    alpha: bool,
    virtual_host: Option<&'a String>,
    log_all_failures: bool,
}

impl Above<'_> {
    /// One checker, or several: each host of an `SMTP_CHECK` is one more.
    fn checkers(&self, draft: CheckerDraft) -> Vec<Checker> {
        let pace = draft.pace.or(self.pace);
        let delay_loop = pace.delay_loop.unwrap_or(DELAY_LOOP);
        let (retry, delay) = match &draft.probe {
            ProbeDraft::Http(_) => (1, Duration::from_secs(3)),
            ProbeDraft::Dns(_) => (3, delay_loop),
            ProbeDraft::Misc(_) => (0, Duration::from_secs(1)),
            _ => (1, Duration::from_secs(1)),
        };
        let checker = |probe| Checker {
            at: draft.at,
            retry: pace.retry.unwrap_or(retry),
            delay_before_retry: pace.delay_before_retry.unwrap_or(delay),
            delay_loop,
            warmup: pace.warmup.unwrap_or(delay_loop),
            alpha: draft.alpha.unwrap_or(self.alpha),
            log_all_failures: draft.log_all_failures.unwrap_or(self.log_all_failures),
            probe,
        };
        let connection = |written| self.connection(written, pace.connect_timeout);
        let own = connection(draft.connection);
        if let ProbeDraft::Smtp(smtp) = draft.probe {
            let helo = smtp.helo.unwrap_or_else(|| HELO.into());
            let connections = std::iter::once(own).chain(smtp.hosts.into_iter().map(connection));
            let probes = connections.map(|connection| Probe::Smtp(Smtp { connection, helo: helo.clone() }));
            return probes.map(checker).collect();
        }
        self.probe(draft.probe, own).map(checker).into_iter().collect()
    }

    fn probe(&self, draft: ProbeDraft, connection: Connection) -> Option<Probe> {
        Some(match draft {
            ProbeDraft::Tcp => Probe::Tcp(connection),
            ProbeDraft::Ping => Probe::Ping(connection),
            ProbeDraft::Http(http) => Probe::Http(self.http(http, connection)),
            ProbeDraft::Smtp(_) => return None,
            ProbeDraft::Dns(dns) => Probe::Dns(Dns {
                connection,
                kind: dns.kind.unwrap_or(DNS_TYPE),
                name: dns.name.unwrap_or_else(|| ".".into()),
            }),
            ProbeDraft::Udp(udp) => Probe::Udp(self::udp(udp, connection)),
            ProbeDraft::Misc(misc) => {
                Probe::Misc(Misc { command: misc.found?, timeout: misc.timeout, dynamic: misc.dynamic })
            }
            ProbeDraft::File(FileCheckDraft { file, weight }) => {
                let (name, path, own) = file?;
                Probe::File(FileProbe { name, path, weight: weight.unwrap_or(own) })
            }
            ProbeDraft::Bfd(bfd) => Probe::Bfd(bfd.name?),
        })
    }

    fn connection(&self, draft: ConnectionDraft, timeout: Option<Duration>) -> Connection {
        let ip = draft.ip.unwrap_or(self.address);
        Connection {
            to: SocketAddr::new(ip, draft.port.unwrap_or(self.port)),
            from: draft.from(ip),
            interface: draft.interface,
            timeout: timeout.unwrap_or(CONNECT_TIMEOUT),
            mark: draft.mark,
        }
    }

    fn http(&self, draft: HttpDraft, connection: Connection) -> Http {
        let compliant = draft.compliant;
        let tls = TlsProbe { sni: draft.sni, sni_name: draft.sni_name, compliant };
        Http {
            connection,
            tls: draft.tls.then_some(tls),
            version: draft.version,
            virtual_host: draft.virtual_host.or_else(|| self.virtual_host.cloned()),
            fast_recovery: draft.fast_recovery,
            urls: draft.urls.into_iter().map(|draft| url(draft, compliant)).collect(),
        }
    }
}

fn url(draft: UrlDraft, compliant: bool) -> Url {
    let statuses = if draft.statuses.is_empty() { vec![STATUSES] } else { draft.statuses };
    Url {
        at: draft.at,
        path: draft.path.unwrap_or_default(),
        digest: draft.digest,
        statuses,
        virtual_host: draft.virtual_host,
        pattern: draft.pattern,
        compliant: draft.compliant.unwrap_or(compliant),
    }
}

fn udp(draft: UdpDraft, connection: Connection) -> Udp {
    let reply = Reply { begins: draft.begins, shortest: draft.shortest, longest: draft.longest };
    Udp { connection, payload: draft.payload, reply: draft.require_reply.then_some(reply) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keepalived::{load, testing::FakeMachine};

    /// The checkers of the only server of a service.
    fn of(service: &str, server: &str, port: &str) -> Vec<Checker> {
        let text =
            format!("virtual_server 192.0.2.1 80 {{\n{service}\nreal_server 192.0.2.2 {port} {{\n{server}\n}}\n}}\n");
        let mut config = load(&FakeMachine::with("f", &text), "f", "main").config;
        config.virtual_servers.remove(0).real_servers.remove(0).checkers
    }

    fn seconds(checker: &Checker) -> (u32, u64, u64, u64) {
        let [delay, period, warmup] =
            [checker.delay_before_retry, checker.delay_loop, checker.warmup].map(|time| time.as_secs());
        (checker.retry, delay, period, warmup)
    }

    #[test]
    fn nothing_written_is_what_the_original_dumps() {
        let checkers = of(
            "",
            "TCP_CHECK {\n}\nHTTP_GET {\nurl {\npath /\n}\n}\nDNS_CHECK {\n}\nMISC_CHECK {\nmisc_path /bin/true\n}\n\
             PING_CHECK {\n}",
            "80",
        );
        let paces: Vec<_> = checkers.iter().map(seconds).collect();
        assert_eq!(paces, [(1, 1, 60, 60), (1, 3, 60, 60), (3, 60, 60, 60), (0, 1, 60, 60), (1, 1, 60, 60)]);
        let Probe::Http(http) = &checkers[1].probe else { panic!("HTTP_GET") };
        assert_eq!((http.connection.timeout.as_secs(), http.urls[0].statuses.as_slice()), (5, &[(200, 299)][..]));
    }

    #[test]
    fn a_checker_says_it_else_its_server_else_its_service() {
        let service = "retry 4\ndelay_loop 11\nwarmup 15\nalpha";
        let paces = |server: &str| of(service, server, "80").iter().map(seconds).collect::<Vec<_>>();
        assert_eq!(paces("MISC_CHECK {\nmisc_path /bin/true\n}"), [(4, 1, 11, 15)]);
        assert_eq!(paces("retry 5\ndelay_loop 12\nDNS_CHECK {\n}"), [(5, 12, 12, 15)]);
        assert_eq!(paces("retry 5\nTCP_CHECK {\nretry 0\nwarmup 0\n}"), [(0, 1, 11, 0)]);
        let alphas = |server: &str| of(service, server, "80").iter().map(|checker| checker.alpha).collect::<Vec<_>>();
        assert_eq!(alphas("TCP_CHECK {\n}"), [true]);
        assert_eq!(alphas("alpha off\nTCP_CHECK {\n}\nTCP_CHECK {\nalpha\n}"), [false, true]);
    }

    #[test]
    fn without_a_port_a_check_asks_the_one_that_the_kernel_sends_to() {
        let asked = |server: &str, port: &str| match &of("lvs_method DR", server, port)[0].probe {
            Probe::Tcp(connection) => connection.to.to_string(),
            _ => String::new(),
        };
        assert_eq!(asked("TCP_CHECK {\n}", ""), "192.0.2.2:80");
        assert_eq!(asked("TCP_CHECK {\n}", "81"), "192.0.2.2:81", "as written, though the kernel sends to 80");
        assert_eq!(asked("TCP_CHECK {\nconnect_ip 192.0.2.9\nconnect_port 7\n}", "81"), "192.0.2.9:7");
    }

    #[test]
    fn each_host_of_a_mail_check_is_a_checker_more() {
        let checkers = of("", "SMTP_CHECK {\nconnect_port 26\nhost {\nconnect_ip 192.0.2.5\nretry 8\n}\n}", "25");
        let asked: Vec<_> = checkers
            .iter()
            .filter_map(|checker| match &checker.probe {
                Probe::Smtp(smtp) => Some((smtp.connection.to.to_string(), checker.retry)),
                _ => None,
            })
            .collect();
        assert_eq!(asked, [("192.0.2.2:26".to_owned(), 8), ("192.0.2.5:25".to_owned(), 8)]);
    }
}

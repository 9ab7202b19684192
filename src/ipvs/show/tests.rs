//! What the original wrote about the same configurations, without the lines that are left out on purpose.

use std::{path::PathBuf, time::Duration};

use super::*;
use crate::{
    ipvs::{
        Input,
        testing::{failover, real_server, sorry_server, virtual_server},
    },
    ir::failover::{
        Checker, Connection, Failover, Probe, Protocol, Target, VirtualServerGroup, Weight,
        checker::{FileProbe, Http, HttpVersion, Misc, Pattern, Reply, TlsProbe, Udp, Url},
        virtual_server::{AddressRange, Mark, Persistence, Tunnel},
    },
    text::source::Span,
};

fn no_progress(_: CheckerId) -> Progress {
    Progress::default()
}

fn shown(config: &Failover, inputs: Vec<Input<'_>>) -> String {
    let mut director = Director::new(config);
    director.handle(Input::Start);
    inputs.into_iter().for_each(|input| _ = director.handle(input));
    data(&director, (1, 2, 1), &no_progress)
}

/// The text from one line to before another.
fn part<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).unwrap_or_else(|| panic!("{from} in {text}"));
    let end = text[start..].find(to).map_or(text.len(), |end| start + end);
    &text[start..end]
}

#[test]
fn virtual_server_without_quorum_and_its_inhibited_server() {
    let mut of = virtual_server();
    (of.quorum, of.omega, of.sorry_server) = (2, true, Some(sorry_server()));
    of.sorry_server.as_mut().unwrap().inhibit = true;
    of.real_servers = vec![real_server(11, 1)];
    of.real_servers[0].inhibit_on_failure = true;
    let id = CheckerId { virtual_server: 0, real_server: 0, checker: 0 };
    let text = shown(&failover(vec![of]), vec![Input::Checker { id, up: false, says: "" }]);
    let expected = "\
------< LVS Topology >------
 System is compiled with LVS v1.2.1
 ------< Virtual server >------
 VS VIP = 10.0.0.100, VPORT = 80
   Address family = inet
   lvs_sched = wrr
   Hashed = disabled
   flag-1 = disabled
   flag-2 = disabled
   flag-3 = disabled
   One packet scheduling = disabled
   protocol = TCP
   alpha is OFF
   omega is ON
   quorum = 2, hysteresis = 0
   Quorum up notify script = '/bin/true' 'up', uid:gid 0:0
   Quorum down notify script = '/bin/true' 'down', uid:gid 0:0
   Using smtp notification = no
   default forwarding method = NAT
   sorry server = [10.0.0.200]:tcp:80
     forwarding method = NAT
     Inhibit on failure is ON
   alive = 1
   quorum_state_up = 0
   reloaded = 0
   ------< Real server >------
   RIP = 10.0.0.11, RPORT = 80, WEIGHT = 1 EFF WEIGHT = 1
   forwarding method = NAT
   Alpha is OFF
   connection limit range = 0 -> 0
   Inhibit on failure is ON
     RS up notify script = '/bin/true' '11', uid:gid 0:0
     RS down notify script = '/bin/true' '11', uid:gid 0:0
   Using smtp notification = yes
   initial weight = 1
   effective weight = 1
   previous effective_weight = 0
   alive = 0
   num failed checkers = 1
   RS set = 1
   reloaded = 0
";
    assert_eq!(part(&text, "------< LVS", "------< Health"), expected);
}

#[test]
fn groups_count_the_servers_of_their_services() {
    let mut of = virtual_server();
    (of.target, of.scheduler, of.protocol) = (Target::Group("grp".into()), "sh", Protocol::Udp);
    of.flags.scheduler = [true, false, false];
    of.persistence = Some(Persistence { timeout: Duration::from_secs(300), prefix: 24, engine: None });
    of.real_servers = vec![real_server(11, 1), real_server(12, 1)];
    let mut config = failover(vec![of]);
    let ranges =
        [(100, 2), (107, 0)].map(|(last, more)| AddressRange { first: [10, 0, 0, last].into(), more, port: 80 });
    let marks = vec![Mark { mark: 9, family: None }];
    let group = VirtualServerGroup { name: "grp".into(), at: Span::default(), ranges: ranges.to_vec(), marks };
    config.virtual_server_groups = vec![group];
    let text = shown(&config, vec![Input::Reload(Box::new(config.clone()))]);
    let expected = " ------< Virtual server group >------
 Virtual Server Group = grp, IPv4 = yes, IPv6 = no
   VIP Range = 10.0.0.100-10.0.0.102, VPORT = 80
     Alive: 0 tcp, 2 udp, 0 sctp
     reloaded = True
   VIP = 10.0.0.107, VPORT = 80
     Alive: 0 tcp, 2 udp, 0 sctp
     reloaded = True
   FWMARK = 9
     Alive: 2 IPv4, 0 IPv6
     reloaded = True
";
    assert_eq!(part(&text, " ------< Virtual server group", " ------< Virtual server >"), expected);
    let service = " VS GROUP = [grp]:0
   Address family = inet
   lvs_sched = sh
   Hashed = disabled
   sh-port = disabled
   sh-fallback = enabled
   One packet scheduling = disabled
   persistence timeout = 300
   persistence granularity = 255.255.255.0
   protocol = UDP
";
    assert_eq!(part(&text, " VS GROUP", "   alpha"), service);
    assert!(text.contains("   previous effective_weight = 1\n"));
}

#[test]
fn marks_have_no_protocol_and_cannot_schedule_packets() {
    let mut of = virtual_server();
    (of.target, of.flags.one_packet, of.protocol) = (Target::Mark(7), true, Protocol::Udp);
    let text = shown(&failover(vec![of]), Vec::new());
    let expected = "   One packet scheduling = enabled (inactive due to not UDP)\n   protocol = none\n";
    assert_eq!(part(&text, "   One packet", "   alpha"), expected);
    assert!(text.contains(" VS FWMARK = 7\n"));
}

#[test]
fn tunnels_name_their_envelope() {
    let tunnel = |kind, checksum| forwarding(Forwarding::Tunnel(Tunnel { kind, checksum }));
    assert_eq!(tunnel(TunnelKind::IpIp, TunnelChecksum::None), "TUN, type = IPIP");
    assert_eq!(tunnel(TunnelKind::Gue(6080), TunnelChecksum::None), "TUN, type = GUE, port = 6080, no checksum");
    assert_eq!(tunnel(TunnelKind::Gre, TunnelChecksum::Full), "TUN, type = GRE, checksum");
}

fn only_checker(probe: Probe, change: impl Fn(&mut Checker)) -> String {
    let mut of = virtual_server();
    of.real_servers = vec![real_server(11, 1)];
    let checker = &mut of.real_servers[0].checkers[0];
    checker.probe = probe;
    change(checker);
    let text = shown(&failover(vec![of]), Vec::new());
    part(&text, " [10.0.0.100]", "------< end").to_owned()
}

fn connection() -> Connection {
    let to = ([10, 0, 0, 11], 80).into();
    Connection { to, from: None, interface: None, timeout: Duration::from_secs(5), mark: 0 }
}

#[test]
fn checker_of_connections() {
    let from = Some(([10, 0, 0, 1], 7777).into());
    let connection = Connection { from, interface: Some("eth0".into()), mark: 5, ..connection() };
    let text = only_checker(Probe::Tcp(connection), |checker| {
        (checker.retry, checker.alpha, checker.log_all_failures) = (3, true, true);
    });
    let expected = " [10.0.0.100]:tcp:80 -> [10.0.0.11]:tcp:80
   Enabled = yes
   Up = no
   Has run = no
   Current weight = 0
   Alpha = yes
   Delay loop = 1000000 us
   Warmup = 1000000 us
   Retries = 3
   Delay before retry = 1000000 us
   Retries iterations = 0
   Default delay before retry = 1000000 us
   Log all failures = yes
   Connection
     Dest = [10.0.0.11]:80
     Bind to = [10.0.0.1]:7777
     Bind i/f = eth0
     Mark = 5
     Timeout = 5.000000
   Keepalive method = TCP_CHECK
";
    assert_eq!(text, expected);
}

#[test]
fn checker_of_pages() {
    let pattern = Pattern {
        text: "ab.*".into(),
        options: vec!["caseless".into()],
        no_match: true,
        min_offset: 3,
        max_offset: Some(99),
    };
    let url = Url {
        at: Span::default(),
        path: "/a".into(),
        digest: Some(*b"\x9b\x3a\x0c\x85\xa8\x87\xa2\x56\xd6\x93\x9d\xa8\x8a\xab\xd8\xcd"),
        statuses: vec![(200, 299), (404, 404)],
        virtual_host: Some("u.h".into()),
        pattern: Some(pattern),
        compliant: false,
    };
    let http = Http {
        connection: connection(),
        tls: Some(TlsProbe { sni: true, ..TlsProbe::default() }),
        version: HttpVersion::Http11,
        virtual_host: Some("v.h".into()),
        fast_recovery: true,
        urls: vec![url],
    };
    let text = only_checker(Probe::Http(http), |_| {});
    let expected = "   Keepalive method = SSL_GET, http protocol 1.1
   Virtualhost = v.h
   Enable SNI set
   Fast recovery set
   Checked url = /a
     digest = 9b3a0c85a887a256d6939da88aabd8cd
     HTTP Status Code(s)
       200-299
       404
     Virtual host = u.h
     Regex = \"ab.*\"
     Regex no match
     Regex min offset = 3, max_offset = 99
     Regex options: caseless
";
    assert_eq!(part(&text, "   Keepalive method", "\n\n"), expected);
}

#[test]
fn checkers_of_datagrams_commands_and_files() {
    let reply = Some(Reply { begins: vec![(1, 0xff), (0, 0)], shortest: 3, longest: 9 });
    let udp = only_checker(Probe::Udp(Udp { connection: connection(), payload: None, reply }), |_| {});
    let expected = "   Keepalive method = UDP_CHECK
   Payload specified = no
   Require reply = yes
     Min reply length = 3
     Max reply length = 9
     Reply data len = 2
     Reply data mask = yes
";
    assert_eq!(part(&udp, "   Keepalive method", "\n\n"), expected);
    let command = crate::ipvs::testing::command("true a");
    let misc = only_checker(Probe::Misc(Misc { command, timeout: None, dynamic: true }), |_| {});
    let expected = "   Keepalive method = MISC_CHECK
   script = '/bin/true' 'a'
   timeout = 0
   dynamic = YES
   uid:gid = 0:0
   Last status = 0
";
    assert_eq!(part(&misc, "   Keepalive method", "\n\n"), expected);
    let weight = Weight { value: 2, reverse: true };
    let file = only_checker(Probe::File(FileProbe { name: "f1".into(), path: PathBuf::new(), weight }), |_| {});
    let expected = " [10.0.0.100]:tcp:80 -> [10.0.0.11]:tcp:80
   Enabled = yes
   Up = yes
   Has run = no
   Current weight = 0
   Log all failures = no
   Keepalive method = FILE_CHECK
     Tracked file = f1
";
    assert_eq!(file, expected);
}

//! What the lab must have so that the given files find the world they speak of: interfaces, servers, ports, addresses.
//!
//! The files' words are looked at, no more: whether they are valid is the programs' business, which the story asks them.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
};

/// What one balancer's files need.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Interfaces that keepalived.conf names, in its order.
    pub interfaces: Vec<String>,
    /// The node's own addresses that keepalived.conf names (`unicast_src_ip`, `mcast_src_ip`).
    pub own_addresses: BTreeSet<Ipv4Addr>,
    /// Other nodes' addresses (`unicast_peer`).
    pub peers: BTreeSet<Ipv4Addr>,
    /// Servers that haproxy.cfg names, in its order: host name or address, and port.
    pub servers: Vec<(String, u16)>,
    /// Ports that visitors may ask in clear text, in the file's order.
    pub front_ports: Vec<u16>,
}

impl Needs {
    /// Looks through both files.
    #[must_use]
    pub fn of(haproxy_cfg: &str, keepalived_conf: &str) -> Self {
        let mut needs = Self::default();
        needs.look_at_keepalived(keepalived_conf);
        needs.look_at_haproxy(haproxy_cfg);
        needs
    }

    fn look_at_keepalived(&mut self, text: &str) {
        let mut in_peers = false;
        for line in text.lines() {
            let words: Vec<&str> = line.split(['#', '!']).next().unwrap_or_default().split_whitespace().collect();
            let address = |at: usize| words.get(at).and_then(|word| word.parse::<Ipv4Addr>().ok());
            match words.first().copied() {
                Some("interface") => self.add_interface(words.get(1)),
                Some("unicast_src_ip" | "mcast_src_ip") => self.own_addresses.extend(address(1)),
                Some("unicast_peer") => in_peers = true,
                Some("}") => in_peers = false,
                _ if in_peers => self.peers.extend(address(0)),
                // Addresses and routes name theirs: `192.0.2.1/24 dev eth2`.
                _ => {
                    let device = words.iter().position(|word| *word == "dev");
                    device.into_iter().for_each(|at| self.add_interface(words.get(at + 1)));
                }
            }
        }
    }

    fn add_interface(&mut self, name: Option<&&str>) {
        // Longer names, and those with a slash, no interface can have: keepalived will say so.
        let Some(name) = name.filter(|name| name.len() < 16 && !name.contains('/') && **name != "lo") else { return };
        if !self.interfaces.iter().any(|known| known == name) {
            self.interfaces.push((*name).to_owned());
        }
    }

    fn look_at_haproxy(&mut self, text: &str) {
        for line in text.lines() {
            let words: Vec<&str> = line.split('#').next().unwrap_or_default().split_whitespace().collect();
            match words.as_slice() {
                ["bind", address, rest @ ..] if !rest.contains(&"ssl") => {
                    for address in address.split(',') {
                        let port = address.rsplit(':').next().and_then(|port| port.split('-').next());
                        let port: Option<u16> = port.and_then(|port| port.parse().ok());
                        self.front_ports.extend(port.filter(|_| !address.starts_with('/')));
                    }
                }
                ["server", _, address, rest @ ..] => {
                    let Some((host, port)) = address.rsplit_once(':') else { continue };
                    let host = host.trim_start_matches("ipv4@").trim_start_matches("tcp4@");
                    if let (Ok(port), false) =
                        (port.parse(), rest.contains(&"ssl") || host.contains(['/', '[', '@', '$']))
                    {
                        self.servers.push((host.to_owned(), port));
                    }
                }
                _ => {}
            }
        }
    }

    /// The port that a visitor asks: 80 if the file listens there, else its first.
    #[must_use]
    pub fn visited_port(&self) -> u16 {
        if self.front_ports.contains(&80) { 80 } else { self.front_ports.first().copied().unwrap_or(80) }
    }
}

/// Which web server stands for which server of the file: in turn, so that taking one away leaves the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Servers {
    /// Addresses beyond its own that each of the two web servers gets.
    pub addresses: [BTreeSet<Ipv4Addr>; 2],
    /// Host names that mean each of them.
    pub names: [BTreeSet<String>; 2],
    /// Ports on which both listen.
    pub ports: BTreeSet<u16>,
    /// Servers that nobody stands for: on the balancer itself, which the lab leaves empty.
    pub absent: BTreeSet<String>,
}

impl Servers {
    /// Deals the servers of all files out. `own` are the web servers' addresses in the lab.
    #[must_use]
    pub fn deal<'a>(needs: impl IntoIterator<Item = &'a Needs>, own: [Ipv4Addr; 2]) -> Self {
        let mut dealt = Self { ports: BTreeSet::from([80]), ..Self::default() };
        let mut turns: BTreeMap<&str, usize> = BTreeMap::new();
        for (host, port) in needs.into_iter().flat_map(|needs| &needs.servers) {
            if host == "localhost" || host.starts_with("127.") {
                dealt.absent.insert(format!("{host}:{port}"));
                continue;
            }
            dealt.ports.insert(*port);
            let next = turns.len() % 2;
            let turn = *turns.entry(host).or_insert(next);
            match host.parse::<Ipv4Addr>() {
                Ok(address) if own.contains(&address) => {}
                Ok(address) => drop(dealt.addresses[turn].insert(address)),
                Err(_) => drop(dealt.names[turn].insert(host.clone())),
            }
        }
        dealt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_and_addresses_are_taken_from_keepalived_conf() {
        let conf = "vrrp_instance A {\n interface ens3 # first\n unicast_src_ip 10.0.0.2\n unicast_peer {\n  10.0.0.3\n }\n \
                    virtual_ipaddress {\n  10.0.0.9/24 dev ens4 label ens4:1\n }\n}\n";
        let needs = Needs::of("", conf);
        assert_eq!(needs.interfaces, ["ens3", "ens4"]);
        assert_eq!(needs.own_addresses, BTreeSet::from([Ipv4Addr::new(10, 0, 0, 2)]));
        assert_eq!(needs.peers, BTreeSet::from([Ipv4Addr::new(10, 0, 0, 3)]));
    }

    #[test]
    fn servers_and_ports_are_taken_from_haproxy_cfg() {
        let cfg = "frontend f\n bind *:8080\n bind :443 ssl crt x\n bind /run/s.sock\nbackend b\n server a 10.1.1.1:8000 check\n \
                   server b app.example:8000\n server c [::1]:1\n server d 10.1.1.3:443 ssl\n";
        let needs = Needs::of(cfg, "");
        assert_eq!(needs.front_ports, [8080]);
        assert_eq!(needs.visited_port(), 8080);
        assert_eq!(needs.servers, [("10.1.1.1".to_owned(), 8000), ("app.example".to_owned(), 8000)]);
    }

    #[test]
    fn servers_are_dealt_out_in_turn() {
        let own = [Ipv4Addr::new(192, 168, 56, 21), Ipv4Addr::new(192, 168, 56, 22)];
        let needs =
            Needs::of("server a 10.0.0.1:81\nserver b 10.0.0.2:81\nserver c c.lan:82\nserver d 127.0.0.1:83\n", "");
        let dealt = Servers::deal([&needs, &needs], own);
        assert_eq!(dealt.addresses[0], BTreeSet::from([Ipv4Addr::new(10, 0, 0, 1)]));
        assert_eq!(dealt.addresses[1], BTreeSet::from([Ipv4Addr::new(10, 0, 0, 2)]));
        assert_eq!(dealt.names[0], BTreeSet::from(["c.lan".to_owned()]));
        assert_eq!(dealt.ports, BTreeSet::from([80, 81, 82]));
        assert_eq!(dealt.absent, BTreeSet::from(["127.0.0.1:83".to_owned()]));
    }
}

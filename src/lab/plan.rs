//! What is rehearsed: the hosts with their addresses, the files and the programs of each.

pub mod needs;

use super::{accounts, article, options::Options};
use needs::{Needs, Servers};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
};

/// The lab's network: a /24 with one interface per host.
pub const NETWORK: &str = "192.168.56.0/24";
/// The interface's name on every host whose files name no other.
pub const INTERFACE: &str = "eth1";

/// What a host is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Asks the pair, as visitors do.
    Client,
    /// Runs haproxy and keepalived; the index says which of the two.
    Balancer(usize),
    /// Answers for the website.
    Web,
}

/// One host of the lab.
#[derive(Debug, Clone, Copy)]
pub struct Host {
    /// Its name, and its hostname.
    pub name: &'static str,
    /// What it is for.
    pub role: Role,
    /// Its own address.
    pub address: Ipv4Addr,
    /// Its interface's hardware address.
    pub mac: [u8; 6],
}

/// The five hosts.
pub const HOSTS: [Host; 5] = [
    host("client", Role::Client, 1, [0x0a, 0x00, 0x27, 0x00, 0x00, 0x00]),
    host("hap1", Role::Balancer(0), 11, [0x08, 0x00, 0x27, 0x79, 0xc5, 0xdf]),
    host("hap2", Role::Balancer(1), 12, [0x08, 0x00, 0x27, 0x17, 0x29, 0xf3]),
    host("web1", Role::Web, 21, [0x08, 0x00, 0x27, 0x00, 0x56, 0x21]),
    host("web2", Role::Web, 22, [0x08, 0x00, 0x27, 0x00, 0x56, 0x22]),
];

const fn host(name: &'static str, role: Role, last: u8, mac: [u8; 6]) -> Host {
    Host { name, role, address: Ipv4Addr::new(192, 168, 56, last), mac }
}

/// The host called `name`.
#[must_use]
pub fn host_called(name: &str) -> Option<&'static Host> {
    HOSTS.iter().find(|host| host.name == name)
}

/// The files and programs of one balancer.
#[derive(Debug, Clone)]
pub struct Balancer {
    /// Text of /etc/haproxy/haproxy.cfg.
    pub haproxy_cfg: String,
    /// Text of /etc/keepalived/keepalived.conf.
    pub keepalived_conf: String,
    /// The program that becomes /usr/sbin/haproxy.
    pub haproxy: PathBuf,
    /// The program that becomes /usr/sbin/keepalived.
    pub keepalived: PathBuf,
}

/// A whole rehearsal.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The two balancers.
    pub balancers: [Balancer; 2],
    /// Whether the files are the user's own: then nothing is known of their stats page.
    pub own_files: bool,
    /// What each balancer's files need.
    pub needs: [Needs; 2],
    /// Who stands for the servers of the files.
    pub servers: Servers,
    /// The folder beside the user's haproxy.cfg, whose other files it may name.
    pub beside_haproxy_cfg: PathBuf,
}

impl Plan {
    /// Reads every file that the options name. The error is a sentence for the user.
    pub fn read(options: &Options) -> Result<Self, String> {
        let pick = |given: &[PathBuf], node: usize| given.get(node).or_else(|| given.first()).cloned();
        let balancer = |node: usize| -> Result<Balancer, String> {
            Ok(Balancer {
                haproxy_cfg: match &options.haproxy_cfg {
                    Some(path) => read(path)?,
                    None => article::HAPROXY_CFG.to_owned(),
                },
                keepalived_conf: match pick(&options.keepalived_conf, node) {
                    Some(path) => read(&path)?,
                    None => article::keepalived_conf([101, 100][node]),
                },
                haproxy: program(pick(&options.haproxy, node), "haproxy")?,
                keepalived: program(pick(&options.keepalived, node), "keepalived")?,
            })
        };
        let beside =
            options.haproxy_cfg.as_ref().and_then(|path| path.canonicalize().ok()?.parent().map(Path::to_owned));
        let balancers = [balancer(0)?, balancer(1)?];
        let needs = [0, 1].map(|node| Needs::of(&balancers[node].haproxy_cfg, &balancers[node].keepalived_conf));
        let servers = Servers::deal(&needs, [HOSTS[3].address, HOSTS[4].address]);
        Ok(Self {
            balancers,
            needs,
            servers,
            own_files: options.haproxy_cfg.is_some() || !options.keepalived_conf.is_empty(),
            beside_haproxy_cfg: beside.unwrap_or_else(|| PathBuf::from("/etc/haproxy")),
        })
    }

    /// The accounts that any of the files names.
    #[must_use]
    pub fn accounts(&self) -> BTreeSet<String> {
        let mut all: BTreeSet<String> = self
            .balancers
            .iter()
            .flat_map(|node| [accounts::named(&node.haproxy_cfg), accounts::named(&node.keepalived_conf)])
            .flatten()
            .collect();
        all.insert("keepalived_script".to_owned()); // asked for by keepalived itself, in vain on most machines
        all
    }

    /// The interfaces of a host; the first has its address.
    #[must_use]
    pub fn interfaces(&self, host: &Host) -> Vec<String> {
        let named = match host.role {
            Role::Balancer(node) => self.needs[node].interfaces.clone(),
            _ => Vec::new(),
        };
        if named.is_empty() { vec![INTERFACE.to_owned()] } else { named }
    }

    /// Addresses beyond the lab's own that a host has because the files name them.
    #[must_use]
    pub fn given_addresses(&self, host: &Host) -> BTreeSet<Ipv4Addr> {
        let own = |address: &Ipv4Addr| HOSTS.iter().all(|host| host.address != *address);
        let all = match host.role {
            Role::Client => BTreeSet::new(),
            Role::Balancer(node) => self.needs[node].own_addresses.clone(),
            Role::Web => self.servers.addresses[usize::from(host.name == "web2")].clone(),
        };
        all.into_iter().filter(own).collect()
    }

    /// What a host must know to build its own file system: see [`super::root::build`].
    #[must_use]
    pub fn setup(&self, host: &Host, one_uid: bool) -> Value {
        let mut files = vec![json!({"path": "/etc/hosts", "text": self.hosts_file()})];
        let mut programs = Vec::new();
        if let Role::Balancer(node) = host.role {
            let node = &self.balancers[node];
            files.push(json!({"path": "/etc/haproxy/haproxy.cfg", "text": node.haproxy_cfg}));
            files.push(json!({"path": "/etc/keepalived/keepalived.conf", "text": node.keepalived_conf}));
            programs.push(json!({"name": "haproxy", "from": node.haproxy}));
            programs.push(json!({"name": "keepalived", "from": node.keepalived}));
        }
        if one_uid {
            let machine = |path: &str| fs::read_to_string(path).unwrap_or_default();
            let (passwd, group) = (machine("/etc/passwd"), machine("/etc/group"));
            let (passwd, group) = accounts::one_uid_files(&passwd, &group, &self.accounts());
            files.push(json!({"path": "/etc/passwd", "text": passwd}));
            files.push(json!({"path": "/etc/group", "text": group}));
            files
                .push(json!({"path": "/etc/nsswitch.conf", "text": "passwd: files\ngroup: files\nhosts: files dns\n"}));
        }
        json!({
            "name": host.name,
            "address": host.address.to_string(),
            "interfaces": self.interfaces(host),
            "given": self.given_addresses(host),
            "ports": self.servers.ports,
            "files": files,
            "programs": programs,
            "beside_haproxy_cfg": self.beside_haproxy_cfg,
        })
    }

    fn hosts_file(&self) -> String {
        let mut text = String::from("127.0.0.1 localhost\n::1 localhost\n");
        for host in HOSTS {
            text.push_str(&format!("{} {}", host.address, host.name));
            if host.role == Role::Web {
                let named = &self.servers.names[usize::from(host.name == "web2")];
                text.extend(named.iter().map(|name| format!(" {name}")));
            }
            text.push('\n');
        }
        text
    }
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The program given, or the one of this name beside the running `hawser`.
fn program(given: Option<PathBuf>, name: &str) -> Result<PathBuf, String> {
    let path = match given {
        Some(path) => path,
        None => {
            let own = std::env::current_exe().map_err(|error| format!("where am I: {error}"))?;
            let beside = own.with_file_name(name);
            // Installed, the operator's tool lives in bin and the daemons in sbin.
            let sbin = own.parent().and_then(Path::parent).map(|prefix| prefix.join("sbin").join(name));
            if beside.exists() { beside } else { sbin.filter(|path| path.exists()).unwrap_or(beside) }
        }
    };
    path.canonicalize().map_err(|error| format!("{}: {error} (--{name} BINARY names another)", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_hosts_have_an_address_of_their_own_in_the_network() {
        let mut seen = BTreeSet::new();
        for host in HOSTS {
            assert_eq!(host.address.octets()[..3], [192, 168, 56]);
            assert!(seen.insert(host.address), "{} shares its address", host.name);
        }
    }
}

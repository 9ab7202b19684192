//! Rules for nftables, written to the kernel as one transaction (linux/netfilter/nf_tables.h): one table of each family, made
//! anew with every change.
//!
//! What is in it: packets to and from addresses that the host must not use itself are dropped (`no_accept`), and reports of
//! multicast groups that would leave by an interface with a virtual MAC address leave by the one below it, since switches
//! would else see that address in several places.

mod message;

use std::{collections::BTreeSet, io, net::IpAddr};

use rtnetlink::sys::{Socket, SocketAddr};

use self::message::{Batch, Expression, Hook};
use crate::ir::failover::Family;

/// The protocol number of netfilter's netlink sockets.
const NETLINK_NETFILTER: isize = 12;

const IGMP: u8 = 2;
const ICMP_V6: u8 = 58;
/// Types of ICMPv6 (RFC 4861, RFC 3810).
const ROUTER_SOLICITATION: u8 = 133;
const NEIGHBOUR_SOLICITATION: u8 = 135;
const NEIGHBOUR_ADVERTISEMENT: u8 = 136;
const GROUP_REPORT: u8 = 143;

/// Everything that the tables say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ruleset {
    /// Addresses that the host does not use; those of a link with the number of its interface.
    pub closed: BTreeSet<(IpAddr, Option<u32>)>,
    /// Interfaces with virtual MAC addresses: family, number, and number of the one below.
    pub moved: BTreeSet<(Family, u32, u32)>,
}

/// How the tables are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    pub table: String,
    pub priority: i32,
    /// Each rule counts what it catches.
    pub counters: bool,
}

/// Makes the tables say this and nothing else; without any rule there is no table.
///
/// # Errors
/// No nftables in the kernel, or no right to change it.
pub fn apply(style: &Style, rules: &Ruleset) -> io::Result<()> {
    let mut batch = Batch::new();
    for family in [Family::V4, Family::V6] {
        let chains = [(Hook::Input, input(rules, family)), (Hook::Output, output(rules, family))];
        // A table has to be there to be deleted.
        batch.add_table(family, &style.table);
        batch.delete_table(family, &style.table);
        if chains.iter().all(|(_, rules)| rules.is_empty()) {
            continue;
        }
        batch.add_table(family, &style.table);
        for (hook, rules) in chains.into_iter().filter(|(_, rules)| !rules.is_empty()) {
            batch.add_chain(family, &style.table, hook, style.priority);
            for mut rule in rules {
                if style.counters {
                    rule.insert(rule.len() - 1, Expression::Counter);
                }
                batch.add_rule(family, &style.table, hook, &rule);
            }
        }
    }
    send(&batch.finish())
}

fn send(bytes: &[u8]) -> io::Result<()> {
    let mut socket = Socket::new(NETLINK_NETFILTER)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    socket.send(bytes, 0)?;
    socket.set_non_blocking(true)?;
    // The kernel has answered before send() returns.
    while let Ok((answers, _)) = socket.recv_from_full() {
        if let Some(code) = message::first_error(&answers) {
            return Err(io::Error::from_raw_os_error(code));
        }
    }
    Ok(())
}

type Rule = Vec<Expression>;

fn input(rules: &Ruleset, family: Family) -> Vec<Rule> {
    let (offset, interface) = if family == Family::V4 { (16, None) } else { (24, Some(Expression::InputInterface)) };
    closed(rules, family, offset, interface)
}

fn output(rules: &Ruleset, family: Family) -> Vec<Rule> {
    let (offset, interface) = if family == Family::V4 { (12, None) } else { (8, Some(Expression::OutputInterface)) };
    let mut all = closed(rules, family, offset, interface);
    for (_, made, below) in rules.moved.iter().filter(|(of, ..)| *of == family) {
        all.push(moved(family, *made, *below));
        if family == Family::V6 {
            all.push([icmp_v6(ROUTER_SOLICITATION), leaving(*made), vec![Expression::Drop]].concat());
        }
    }
    all
}

/// Drops packets whose address at `offset` of the header is closed. Finding out who has an address must stay possible.
fn closed(rules: &Ruleset, family: Family, offset: u32, interface: Option<Expression>) -> Vec<Rule> {
    let here: Vec<_> = rules.closed.iter().filter(|(ip, _)| Family::of(*ip) == family).collect();
    if here.is_empty() {
        return Vec::new();
    }
    let kept = [NEIGHBOUR_SOLICITATION, NEIGHBOUR_ADVERTISEMENT].into_iter().filter(|_| family == Family::V6);
    let mut all: Vec<Rule> = kept.map(|kind| [icmp_v6(kind), vec![Expression::Accept]].concat()).collect();
    for (ip, index) in here {
        let bytes = match ip {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        let length = u32::try_from(bytes.len()).unwrap_or(0);
        let mut rule = vec![Expression::Network { offset, length }, Expression::Equals(bytes)];
        if let (Some(index), Some(interface)) = (index, &interface) {
            rule.extend([interface.clone(), Expression::Equals(index.to_ne_bytes().to_vec())]);
        }
        rule.push(Expression::Drop);
        all.push(rule);
    }
    all
}

/// A report of groups leaves by the interface below.
fn moved(family: Family, made: u32, below: u32) -> Rule {
    let (reports, offset, length) = match family {
        Family::V4 => (vec![Expression::Network { offset: 9, length: 1 }, Expression::Equals(vec![IGMP])], 16, 4),
        Family::V6 => (icmp_v6(GROUP_REPORT), 24, 16),
    };
    let copied = vec![Expression::Network { offset, length }, Expression::Duplicate { below }, Expression::Drop];
    [reports, leaving(made), copied].concat()
}

fn leaving(index: u32) -> Rule {
    vec![Expression::OutputInterface, Expression::Equals(index.to_ne_bytes().to_vec())]
}

fn icmp_v6(kind: u8) -> Rule {
    vec![
        Expression::Protocol,
        Expression::Equals(vec![ICMP_V6]),
        Expression::Transport { offset: 0, length: 1 },
        Expression::Equals(vec![kind]),
    ]
}

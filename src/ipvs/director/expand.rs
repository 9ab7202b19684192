//! One virtual server may be many services of the kernel: each address of each range of its group, and each mark.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use crate::{
    ipvs::table::{Destination, Service, ServiceKey},
    ir::failover::{
        Family, Forwarding, Target, VirtualServer, VirtualServerGroup,
        virtual_server::{AddressRange, Mark},
    },
};

/// All keys of a virtual server, in the order of the configuration, each once.
pub(super) fn keys(of: &VirtualServer, groups: &[VirtualServerGroup]) -> Vec<ServiceKey> {
    let all: Vec<_> = match &of.target {
        Target::Address { address, port } => vec![address_key(of, *address, *port)],
        Target::Mark(mark) => vec![ServiceKey::Mark { mark: *mark, family: of.family }],
        Target::Group(name) => group(name, groups).map(|group| members(of, group)).unwrap_or_default(),
    };
    let mut seen = BTreeSet::new();
    all.into_iter().filter(|key| seen.insert(*key)).collect()
}

pub(super) fn group<'a>(name: &str, groups: &'a [VirtualServerGroup]) -> Option<&'a VirtualServerGroup> {
    groups.iter().find(|group| group.name == name)
}

fn members(of: &VirtualServer, group: &VirtualServerGroup) -> Vec<ServiceKey> {
    let ranges = group.ranges.iter().flat_map(|range| range_keys(of, range));
    ranges.chain(group.marks.iter().map(|mark| mark_key(of, mark))).collect()
}

/// The services of one range.
pub(super) fn range_keys(of: &VirtualServer, range: &AddressRange) -> impl Iterator<Item = ServiceKey> {
    let (first, port) = (range.first, range.port);
    (0..=range.more).map(move |step| address_key(of, later(first, step), port))
}

pub(super) fn mark_key(of: &VirtualServer, mark: &Mark) -> ServiceKey {
    ServiceKey::Mark { mark: mark.mark, family: mark.family.unwrap_or(of.family) }
}

fn address_key(of: &VirtualServer, address: IpAddr, port: u16) -> ServiceKey {
    ServiceKey::Address { protocol: of.protocol, address, port }
}

/// The last address of a range.
#[must_use]
pub fn last_of(range: &AddressRange) -> IpAddr {
    later(range.first, range.more)
}

/// The address so many steps behind another.
fn later(first: IpAddr, steps: u32) -> IpAddr {
    match first {
        IpAddr::V4(ip) => Ipv4Addr::from_bits(ip.to_bits().wrapping_add(steps)).into(),
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits().wrapping_add(steps.into())).into(),
    }
}

/// What the kernel is told of one service.
pub(super) fn service(of: &VirtualServer, key: ServiceKey) -> Service {
    let persistence = of.persistence.as_ref();
    let full = |family| if family == Family::V4 { 32 } else { 128 };
    let all = full(key.family());
    // A group may hold services of both families: what is every bit for one is every bit for the other.
    let prefix = persistence.map(|one| one.prefix).filter(|prefix| *prefix != full(of.family)).unwrap_or(all);
    Service {
        key,
        scheduler: of.scheduler.to_owned(),
        flags: of.flags,
        timeout: persistence.map_or(0, |one| u32::try_from(one.timeout.as_secs()).unwrap_or(u32::MAX)),
        prefix: prefix.min(all),
        engine: persistence.and_then(|one| one.engine.clone()),
    }
}

/// A server within one service. Only address translation can change the port: other packets arrive at that of the service.
pub(super) fn destination(key: &ServiceKey, server: &Destination) -> Destination {
    let own = match key {
        ServiceKey::Address { port, .. } => *port,
        ServiceKey::Mark { .. } => 0,
    };
    let port = if server.forwarding == Forwarding::Nat && server.port != 0 { server.port } else { own };
    Destination { port, ..*server }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ipvs::testing;

    #[test]
    fn group_is_every_address_of_its_ranges_and_every_mark() {
        let mut of = testing::virtual_server();
        of.target = Target::Group("g".into());
        let first = IpAddr::from([10, 0, 0, 254]);
        let ranges = vec![AddressRange { first, more: 2, port: 80 }, AddressRange { first, more: 0, port: 80 }];
        let marks = vec![Mark { mark: 9, family: Some(Family::V6) }, Mark { mark: 9, family: None }];
        let group = VirtualServerGroup { name: "g".into(), at: of.at, ranges, marks };
        let at = |address: [u8; 4]| address_key(&of, address.into(), 80);
        let mark = |family| ServiceKey::Mark { mark: 9, family };
        let expected =
            [at([10, 0, 0, 254]), at([10, 0, 0, 255]), at([10, 0, 1, 0]), mark(Family::V6), mark(Family::V4)];
        assert_eq!(keys(&of, &[group]), expected);
        assert_eq!(keys(&of, &[]), []);
    }

    #[test]
    fn only_translated_packets_change_their_port() {
        let server = testing::destination(8080, 1);
        let direct = Destination { forwarding: Forwarding::Direct, ..server };
        let http = ServiceKey::Address {
            protocol: crate::ir::failover::Protocol::Tcp,
            address: IpAddr::from([10, 0, 0, 1]),
            port: 80,
        };
        let mark = ServiceKey::Mark { mark: 1, family: Family::V4 };
        assert_eq!((destination(&http, &server).port, destination(&http, &direct).port), (8080, 80));
        assert_eq!((destination(&mark, &server).port, destination(&mark, &direct).port), (8080, 0));
        assert_eq!(destination(&http, &Destination { port: 0, ..server }).port, 80);
    }
}

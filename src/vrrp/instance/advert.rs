//! Sending adverts.

use std::net::IpAddr;

use super::{Moment, VirtualRouter};
use crate::{
    ir::failover::{Auth, Hmac, Transport},
    vrrp::{
        ah,
        hmac::{self, Stamp},
        ip::TTL,
        output::{Level, Output, Packet, TimerKind},
        packet::{self, Advert, OLD_DESTINATION},
        track::source,
    },
};

impl VirtualRouter {
    /// An advert as master, and the timer for the next.
    pub(super) fn send_regular(&mut self, moment: &mut Moment<'_>) {
        self.send_advert(moment, self.priority());
        self.last_sent = moment.now;
        let at = moment.now + self.config.advert_interval;
        moment.out.push(Output::Arm { timer: self.timer(TimerKind::Advert), at });
    }

    /// "I stop": others take over after their skew time.
    pub(super) fn send_zero(&mut self, moment: &mut Moment<'_>) {
        if self.send_advert(moment, 0) {
            self.stats.pri_zero_sent += 1;
            moment.log(Level::Detail, format!("({}) sent 0 priority", self.config.name));
        }
    }

    /// One advert to the group or to each peer. Whether there was an address to send from.
    pub(super) fn send_advert(&mut self, moment: &mut Moment<'_>, priority: u8) -> bool {
        let link = moment.watched.links.get(self.config.source_interface());
        let Some(source) = source(&self.config, link).filter(|_| link.is_some_and(|link| link.up)) else {
            return false;
        };
        let (destinations, ttl): (Vec<IpAddr>, u8) = match &self.config.transport {
            Transport::Multicast { group } => (vec![*group], TTL),
            Transport::Unicast { peers, ttl, .. } => (peers.iter().map(|peer| peer.ip).collect(), *ttl),
        };
        let addresses: Vec<IpAddr> = self.config.addresses.iter().map(|address| address.ip).collect();
        let advert = Advert {
            version: self.config.version,
            vrid: self.config.vrid,
            priority,
            interval: self.config.advert_interval,
            auth: self.config.auth,
            addresses: &addresses,
            sums_ends: self.config.sums_ends(),
        };
        if matches!(self.config.auth, Auth::Ah(_)) {
            // One number for all peers: they count in step with what each of them hears, so a number spent on another peer
            // would make an answer to this one look old, and two masters would never hear each other.
            self.sequence = self.sequence.wrapping_add(1);
        }
        self.stamps.sent = Stamp::next(moment.wall(), self.stamps.sent);
        for destination in destinations {
            let payload = self.signed(source, advert.encode(source, self.summed(destination)));
            let (protocol, payload) = self.sealed(ttl, source, destination, payload);
            moment.out.push(Output::Send(Packet {
                interface: self.config.advert_interface().to_owned(),
                source,
                destination,
                ttl,
                id: self.next_id,
                protocol,
                payload,
            }));
            self.next_id = self.next_id.checked_add(1).unwrap_or(1);
        }
        self.stats.advert_sent += 1;
        true
    }

    /// The destination that the checksum of version 3 covers.
    fn summed(&self, destination: IpAddr) -> IpAddr {
        if self.old_checksum && destination.is_ipv4() { OLD_DESTINATION } else { destination }
    }

    /// With a signature behind it, if that is wanted.
    fn signed(&self, source: IpAddr, advert: Vec<u8>) -> Vec<u8> {
        match self.config.hmac.as_ref().and_then(Hmac::signing_key) {
            Some(key) => hmac::sign(key, self.stamps.sent, source, advert),
            None => advert,
        }
    }

    /// With an authentication header, if that is wanted.
    fn sealed(&self, ttl: u8, source: IpAddr, destination: IpAddr, advert: Vec<u8>) -> (u8, Vec<u8>) {
        match (self.config.auth, source, destination) {
            (Auth::Ah(key), IpAddr::V4(source), IpAddr::V4(destination)) => {
                let ends = (source, destination);
                (ah::PROTOCOL, ah::seal(key, self.sequence, (self.next_id, ttl), ends, &advert))
            }
            _ => (packet::PROTOCOL, advert),
        }
    }
}

//! The sockets that the routers need: one pair for each interface and family, opened as they are needed.

use std::{collections::BTreeMap, net::IpAddr, rc::Rc, time::Duration};

use tokio::{sync::mpsc::Sender as Queue, task::JoinHandle, time::sleep};

use super::log::Logger;
use crate::{
    ir::failover::{Auth, Failover, Family, Instance, Transport, global::ReceivePolicy},
    net::{
        announce::Announcer,
        vrrp::{Receiver, Sender},
    },
    vrrp::{
        ah,
        input::Link,
        ip::Datagram,
        output::{Announce, Packet},
        packet,
    },
};

/// The largest message there is: 255 addresses of IPv6, with room for options of IPv4.
const LARGEST: usize = 4500;

/// A datagram that came in.
#[derive(Debug)]
pub struct Arrival {
    pub interface: String,
    pub source: IpAddr,
    pub destination: IpAddr,
    pub ttl: u8,
    pub header: Vec<u8>,
    pub payload: Vec<u8>,
}

impl Arrival {
    #[must_use]
    pub fn datagram(&self) -> Datagram<'_> {
        Datagram {
            source: self.source,
            destination: self.destination,
            ttl: self.ttl,
            header: &self.header,
            payload: &self.payload,
        }
    }
}

/// Everything open.
pub struct Sockets {
    pairs: BTreeMap<(String, Family), Pair>,
    announcer: Option<Rc<Announcer>>,
    arrivals: Queue<Arrival>,
}

struct Pair {
    index: u32,
    sender: Sender,
    /// One for each protocol.
    tasks: Vec<JoinHandle<()>>,
    protocols: Vec<u8>,
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Sockets {
    #[must_use]
    pub fn new(arrivals: Queue<Arrival>) -> Self {
        Self { pairs: BTreeMap::new(), announcer: None, arrivals }
    }

    /// Opens what a configuration needs on the interfaces that exist, closes what it does not need.
    pub fn configure(&mut self, config: &Failover, links: &BTreeMap<String, Link>, log: &Logger) {
        let wanted = |interface: &str, family: Family, index: u32| {
            config.instances.iter().any(|item| item.advert_interface() == interface && item.family == family)
                && links.get(interface).is_some_and(|link| link.index == index)
        };
        self.pairs.retain(|(interface, family), pair| {
            wanted(interface, *family, pair.index) && protocols(config, interface, *family) == pair.protocols
        });
        for instance in &config.instances {
            let key = (instance.advert_interface().to_owned(), instance.family);
            let Some(link) = links.get(instance.advert_interface()).filter(|_| !self.pairs.contains_key(&key)) else {
                continue;
            };
            match self.open(config, instance.family, link, buffer(config, instance, link)) {
                Ok(pair) => {
                    for protocol in &pair.protocols {
                        let family = instance.family.name();
                        log.detail(&format!(
                            "VRRP sockpool: [ifindex({:>3}), family({family}), proto({protocol})]",
                            link.index
                        ));
                    }
                    self.pairs.insert(key, pair);
                }
                Err(error) => log.info(&format!("Unable to open VRRP sockets on {}: {error}", link.name)),
            }
        }
        if self.announcer.is_none() {
            match Announcer::open() {
                Ok(announcer) => self.announcer = Some(Rc::new(announcer)),
                Err(error) => log.info(&format!("Unable to open a packet socket: {error}")),
            }
        }
    }

    fn open(&self, config: &Failover, family: Family, link: &Link, buffer: Option<usize>) -> std::io::Result<Pair> {
        let (mut tasks, protocols) = (Vec::new(), protocols(config, &link.name, family));
        for &protocol in &protocols {
            let receiver = Receiver::open(protocol, family, &link.name, link.index, buffer)?;
            for instance in
                config.instances.iter().filter(|item| item.advert_interface() == link.name && item.family == family)
            {
                if let Transport::Multicast { group } = instance.transport {
                    receiver.join(group)?;
                }
            }
            tasks.push(tokio::task::spawn_local(listen(receiver, link.name.clone(), self.arrivals.clone())));
        }
        let sender = Sender::open(family, &link.name, link.index)?;
        Ok(Pair { index: link.index, sender, tasks, protocols })
    }

    /// Sends an advert.
    ///
    /// # Errors
    /// The interface is down, or has no socket.
    pub fn send(&mut self, packet: &Packet) -> std::io::Result<()> {
        let key = (packet.interface.clone(), Family::of(packet.source));
        match self.pairs.get_mut(&key) {
            Some(pair) => pair.sender.send(packet),
            None => Err(std::io::ErrorKind::NotConnected.into()),
        }
    }

    /// Sends announcements; with a pause between them they go out by and by.
    pub fn announce(&self, announce: &Announce, link: &Link, log: &Rc<Logger>) {
        let (Some(announcer), Some(mac)) = (self.announcer.clone(), link.mac) else { return };
        let (ip, index, log) = (announce.ip, link.index, Rc::clone(log));
        let what = if ip.is_ipv4() { "gratuitous ARP" } else { "unsolicited Neighbour Advert" };
        let line = format!("Sending {what} on {} for {ip}", link.name);
        let once = move || {
            log.detail(&line);
            // An interface that just went down cannot send; the router hears of that by itself.
            let _ = announcer.send(index, mac, ip);
        };
        if announce.pause.is_zero() {
            (0..announce.count).for_each(|_| once());
        } else {
            let (count, pause) = (announce.count, announce.pause);
            tokio::task::spawn_local(async move {
                for _ in 0..count {
                    once();
                    sleep(pause).await;
                }
            });
        }
    }
}

/// What arrives for the routers of an interface: adverts, and authentication headers only where somebody wants them.
fn protocols(config: &Failover, interface: &str, family: Family) -> Vec<u8> {
    let mut here = config.instances.iter().filter(|item| item.advert_interface() == interface && item.family == family);
    let sealed = here.any(|item| matches!(item.auth, Auth::Ah(_)));
    std::iter::once(packet::PROTOCOL).chain(sealed.then_some(ah::PROTOCOL)).collect()
}

/// Bytes that the kernel may keep for the routers of an interface; its own choice when `None`.
fn buffer(config: &Failover, instance: &Instance, link: &Link) -> Option<usize> {
    let global = &config.global;
    let here =
        config.instances.iter().filter(|item| item.advert_interface() == link.name && item.family == instance.family);
    let each = |bytes: fn(&Instance, &Link) -> usize| {
        Some(here.map(|item| bytes(item, link) * global.receive_multiplier).sum::<usize>())
    };
    instance.receive_buffer.or_else(|| match global.receive_policy {
        ReceivePolicy::System => None,
        ReceivePolicy::Bytes(bytes) => Some(bytes),
        ReceivePolicy::Mtu => each(|_, link| usize::try_from(link.mtu).unwrap_or(0)),
        ReceivePolicy::Advert => each(|item, _| packet::length(item) + 20),
    })
}

async fn listen(receiver: Receiver, interface: String, arrivals: Queue<Arrival>) {
    let mut buffer = vec![0; LARGEST];
    loop {
        let mut arrival = None;
        let result = receiver
            .receive(&mut buffer, |datagram| {
                arrival = Some(Arrival {
                    interface: interface.clone(),
                    source: datagram.source,
                    destination: datagram.destination,
                    ttl: datagram.ttl,
                    header: datagram.header.to_vec(),
                    payload: datagram.payload.to_vec(),
                });
            })
            .await;
        // A full queue makes the kernel drop what comes faster than it can be judged.
        if let Some(arrival) = arrival
            && arrivals.send(arrival).await.is_err()
        {
            return;
        }
        if result.is_err() {
            // An interface that goes down reports it once; it may come back.
            sleep(Duration::from_millis(50)).await;
        }
    }
}

//! Tells the story, at once, which addresses come to and go from this host, as the kernel announces them.

use super::say;
use crate::lab::clock;
use futures_util::StreamExt as _;
use rtnetlink::{
    MulticastGroup, new_multicast_connection,
    packet_core::NetlinkPayload,
    packet_route::{
        RouteNetlinkMessage as Message,
        address::{AddressAttribute, AddressMessage},
    },
};
use serde_json::json;
use std::io;

/// Starts watching, on the runtime of the caller.
pub fn watch() -> io::Result<()> {
    let (connection, handle, mut messages) =
        new_multicast_connection(&[MulticastGroup::Ipv4Ifaddr, MulticastGroup::Ipv6Ifaddr])?;
    tokio::spawn(connection);
    tokio::spawn(async move {
        let _keep_open = handle;
        while let Some((message, _)) = messages.next().await {
            let (held, address) = match message.payload {
                NetlinkPayload::InnerMessage(Message::NewAddress(address)) => (true, address),
                NetlinkPayload::InnerMessage(Message::DelAddress(address)) => (false, address),
                _ => continue,
            };
            if let Some(text) = show(&address) {
                say(&json!({"event": "address", "held": held, "address": text, "at": clock::now()}));
            }
        }
    });
    Ok(())
}

fn show(message: &AddressMessage) -> Option<String> {
    let own = |attribute: &AddressAttribute| match attribute {
        AddressAttribute::Local(ip) => Some(*ip),
        _ => None,
    };
    let any = |attribute: &AddressAttribute| match attribute {
        AddressAttribute::Address(ip) => Some(*ip),
        _ => None,
    };
    let ip = message.attributes.iter().find_map(own).or_else(|| message.attributes.iter().find_map(any))?;
    Some(format!("{ip}/{}", message.header.prefix_len))
}

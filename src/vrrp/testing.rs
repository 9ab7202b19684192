//! Small configurations that the tests of this room share.

use std::{net::IpAddr, time::Duration};

use super::input::Link;
use crate::{
    ir::failover::{Address, Command, Instance, RunAs, Script, Weight},
    text::source::Span,
};

/// The article's router: VRID 51 on eth1 with one address.
pub(crate) fn router_51(priority: u8) -> Instance {
    Instance {
        interface: "eth1".into(),
        vrid: 51,
        priority,
        addresses: vec![Address::host(IpAddr::from([192, 168, 56, 10]))],
        ..Instance::new("VI_1")
    }
}

pub(crate) fn link(name: &str, address: &str) -> Link {
    let addresses = vec![address.parse().expect("tests write addresses")];
    Link { name: name.into(), index: 2, up: true, addresses, mac: Some([8, 0, 0x27, 0x79, 0xc5, 0xdf]), mtu: 1500 }
}

pub(crate) fn script(name: &str) -> Script {
    Script {
        name: name.into(),
        at: Span::default(),
        command: Command {
            argv: vec![b"true".to_vec()],
            path: "/bin/true".into(),
            run_as: RunAs::default(),
            at: Span::default(),
        },
        interval: Duration::from_secs(1),
        timeout: None,
        weight: Weight::default(),
        rise: 1,
        fall: 1,
        init_fail: false,
    }
}

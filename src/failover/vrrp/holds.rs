//! Changes of interfaces that count only when they last (`interface_up_down_delays`).

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::Process;
use crate::{net::links::Change, vrrp::input::Link};

/// Interfaces whose new state does not count yet: when it will, and the interface as it is.
pub(super) type Holds = BTreeMap<String, (Instant, Link)>;

impl Process<'_> {
    /// What of a change counts now. The state of an interface that must last first is kept as it was.
    pub(super) fn hold(&mut self, change: Change) -> Option<Change> {
        let Change::Link(mut link) = change else { return Some(change) };
        let config = self.router.config();
        // An interface with a virtual MAC address follows the one below it.
        let links = config.instances.iter().flat_map(|instance| instance.virtual_links());
        let below = links.into_iter().find(|made| made.name == link.name).map_or(&link.name, |made| &made.base);
        let delays = config.global.delays.iter().find(|(name, _)| name == below).map(|(_, delays)| *delays);
        let before = self.links.get(&link.name).map(|known| known.up);
        let (Some(delays), Some(before)) = (delays, before) else { return Some(Change::Link(link)) };
        let wait = if link.up { delays.up } else { delays.down };
        if before == link.up || wait.is_zero() {
            self.holds.remove(&link.name);
            return Some(Change::Link(link));
        }
        let at = self.holds.get(&link.name).map_or_else(|| Instant::now() + wait, |(at, _)| *at);
        self.holds.insert(link.name.clone(), (at, link.clone()));
        link.up = before;
        Some(Change::Link(link))
    }

    /// Lets the changes count whose time has come.
    pub(super) async fn release(&mut self) {
        let now = Instant::now();
        let due: Vec<String> =
            self.holds.iter().filter(|(_, (at, _))| *at <= now).map(|(name, _)| name.clone()).collect();
        for name in due {
            if let Some((_, link)) = self.holds.remove(&name) {
                self.change(Change::Link(link)).await;
            }
        }
    }
}

//! `keepalived.stats`: counters of every router.

use std::fmt::Write as _;

use crate::vrrp::Router;

/// The whole file.
#[must_use]
pub fn stats(router: &Router) -> String {
    let mut out = String::new();
    for item in router.routers() {
        let stats = &item.stats;
        let _ = write!(
            out,
            "VRRP Instance: {}\n\
             \x20 Advertisements:\n    Received: {}\n    Sent: {}\n\
             \x20 Became master: {}\n  Released master: {}\n\
             \x20 Packet Errors:\n    Length: {}\n    TTL: {}\n    Invalid Type: {}\n\
             \x20   Advertisement Interval: {}\n    Address List: {}\n\
             \x20 Authentication Errors:\n    Invalid Type: {}\n    Type Mismatch: {}\n    Failure: {}\n\
             \x20 Priority Zero:\n    Received: {}\n    Sent: {}\n",
            item.config.name,
            stats.advert_rcvd,
            stats.advert_sent,
            stats.become_master,
            stats.release_master,
            stats.packet_len_err,
            stats.ip_ttl_err,
            stats.invalid_type_rcvd,
            stats.advert_interval_err,
            stats.addr_list_err,
            stats.invalid_authtype,
            stats.authtype_mismatch,
            stats.auth_failure,
            stats.pri_zero_rcvd,
            stats.pri_zero_sent,
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ir::failover::Failover,
        vrrp::{Timing, testing::router_51},
    };

    #[test]
    fn counters_stand_where_exporters_look_for_them() {
        let config = Failover { instances: vec![router_51(101)], ..Failover::default() };
        let expected = "VRRP Instance: VI_1\n  Advertisements:\n    Received: 0\n    Sent: 0\n  Became master: 0\n  \
                        Released master: 0\n  Packet Errors:\n    Length: 0\n    TTL: 0\n    Invalid Type: 0\n    \
                        Advertisement Interval: 0\n    Address List: 0\n  Authentication Errors:\n    Invalid Type: \
                        0\n    Type Mismatch: 0\n    Failure: 0\n  Priority Zero:\n    Received: 0\n    Sent: 0\n";
        assert_eq!(stats(&Router::new(config, Timing::Prompt)), expected);
    }
}

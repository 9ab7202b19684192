//! Keywords that are known and not implemented, one line each: name, blocks, what it would do.
//!
//! `missing`: `-t` warns, and a start is refused. `extra`: a start warns and goes on, because no address depends on it.
//! `tuning`: accepted, and honestly without effect here. Implementing one means moving it into the file of its block.

use crate::keepalived::{
    keyword::{Block, Keyword, extra, missing, newer, tuning},
    report::Pass,
};

const GLOBAL_PASS: &[Pass] = &[Pass::Global];

/// Outside any block.
pub(super) const TOP: &[Keyword] =
    &[tuning("namespace_with_ipsets", &[Block::Top], "Allow ipsets in namespaces on kernels <3.13.")
        .in_passes(GLOBAL_PASS)];

/// `global_defs`.
pub(super) const GLOBAL: &[Keyword] = &[
    tuning("bfd_no_swap", &[Block::Global], "Mlock the BFD child."),
    extra("snmp_socket", &[Block::Global], "AgentX master socket."),
    extra("enable_traps", &[Block::Global], "Send SNMP traps."),
    extra("enable_snmp_vrrp", &[Block::Global], "Serve vrrp part of KEEPALIVED-MIB."),
    extra("enable_snmp_keepalived", &[Block::Global], "Deprecated synonym of enable_snmp_vrrp."),
    extra("enable_snmp_rfc", &[Block::Global], "Serve both RFC VRRP MIBs."),
    extra("enable_snmp_rfcv2", &[Block::Global], "Serve RFC2787 VRRP MIB."),
    extra("enable_snmp_rfcv3", &[Block::Global], "Serve RFC6527 VRRPv3 MIB."),
    extra("enable_snmp_checker", &[Block::Global], "Serve checker part of KEEPALIVED-MIB."),
    extra("enable_dbus", &[Block::Global], "Expose instances on system D-Bus."),
    extra("dbus_service_name", &[Block::Global], "D-Bus service name."),
    extra("config_save_dir", &[Block::Global], "Save configuration and state around reloads."),
];

/// `vrrp_instance` and its like.
pub(super) const INSTANCE: &[Keyword] = &[
    missing("use_ipvlan", &[Block::Instance], "Run on an ipvlan interface."),
    missing("vrf", &[Block::Instance], "VRF when unicast without interface."),
];

/// Only in later versions.
pub(super) const NEWER: &[Keyword] = &[
    newer("use_symlink_paths", &[Block::Global], "Do not resolve symlinks in script paths."),
    newer("set_supplementary_groups", &[Block::Global], "Scripts also get user's supplementary groups."),
    newer("v3_checksum_as_v2", &[Block::Global], "VRRPv3 IPv4 checksum without pseudo-header (RFC9568)."),
    newer("vrrp_ipsets", &[Block::Global], "Ipset names used with vrrp_iptables."),
    newer("snmp_vs_stats_update_interval", &[Block::Global], "Cache time of VS kernel statistics."),
    newer("snmp_rs_stats_update_interval", &[Block::Global], "Cache time of RS kernel statistics."),
    newer("dbus_no_interface_name", &[Block::Global], "D-Bus path element for instances without interface."),
    newer("vrrp_delay_after_boot", &[Block::Global], "Delay instances until N seconds after boot."),
    newer("vrrp_owner_ignore_adverts", &[Block::Global], "Priority-255 instance ignores received adverts."),
    newer("iproute_usr_dir", &[Block::Global], "Iproute2 name tables, distribution part."),
    newer("iproute_etc_dir", &[Block::Global], "Iproute2 name tables, local part."),
    newer("no_virtual_ipaddress", &[Block::Instance], "Accept an instance without VIPs silently."),
    newer("v3_checksum_as_v2", &[Block::Instance], "No pseudo-header in v3 IPv4 checksum."),
    newer("timer_expired_backup", &[Block::Instance], "Nopreempt: go BACKUP when scheduled too late."),
    newer("thread_timer_expired", &[Block::Instance], "Alias of timer_expired_backup."),
    newer("owner_ignore_adverts", &[Block::Instance], "Priority 255 ignores received adverts."),
    newer("auth_hmac", &[Block::Instance], "HMAC-SHA256 trailer block (keepalived 2.4).").opening(Block::AuthHmac),
    newer("key", &[Block::AuthHmac], "Signing key, 32..64 bytes."),
    newer("active_key", &[Block::AuthHmac], "Key id used for sending."),
    newer("time_window", &[Block::AuthHmac], "Freshness window."),
    newer("anti_replay", &[Block::AuthHmac], "Freshness window or strictly growing sequence."),
    newer("mode", &[Block::AuthHmac], "Migration mode."),
    newer("multihop", &[Block::Bfd], "Use RFC5883 port 4784."),
];

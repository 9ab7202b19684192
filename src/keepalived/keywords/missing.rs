//! Keywords that are known and not implemented, one line each: name, blocks, what it would do.
//!
//! `missing`: `-t` warns, and a start is refused. `extra`: a start warns and goes on, because no address depends on it.
//! `tuning`: accepted, and honestly without effect here. Implementing one means moving it into the file of its block.

use crate::keepalived::{
    keyword::{Block, Keyword, extra, tuning},
    report::Pass,
};

const GLOBAL_PASS: &[Pass] = &[Pass::Global];

/// Outside any block.
pub(super) const TOP: &[Keyword] =
    &[tuning("namespace_with_ipsets", &[Block::Top], "Allow ipsets in namespaces on kernels <3.13.")
        .in_passes(GLOBAL_PASS)];

/// `global_defs`.
pub(super) const GLOBAL: &[Keyword] = &[
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
    extra("snmp_vs_stats_update_interval", &[Block::Global], "How old statistics of services in SNMP may be."),
    extra("snmp_rs_stats_update_interval", &[Block::Global], "The same of real servers."),
    extra("dbus_no_interface_name", &[Block::Global], "Name on D-Bus of routers without an interface."),
    extra(
        "config_save_dir",
        &[Block::Global],
        "Keep what was read at the start and at each reload, and dumps from before and behind each, for those who look for faults.",
    ),
];

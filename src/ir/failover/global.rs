//! Settings of the whole daemon (`global_defs`).

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    path::PathBuf,
    time::Duration,
};

use super::{Command, Garp, RunAs, Version};

/// `global_defs` and the few settings that stand outside any block.
#[derive(Debug, Clone, PartialEq)]
pub struct Global {
    /// `router_id`; the host's name when `None`.
    pub router_id: Option<String>,
    pub mail: Mail,
    pub script_security: bool,
    pub script_user: Option<RunAs>,
    pub version: Version,
    pub garp: Garp,
    pub group4: Ipv4Addr,
    pub group6: Ipv6Addr,
    /// Missed adverts before the master counts as down.
    pub down_timer_adverts: u32,
    pub lower_prio_no_advert: bool,
    pub higher_prio_send_advert: bool,
    pub check_unicast_src: bool,
    pub skip_check_adv_addr: bool,
    pub strict: bool,
    pub notify_priority_changes: bool,
    pub fifo_states_on_reload: bool,
    /// `notify_fifo` and `vrrp_notify_fifo`, each with the script that reads it.
    pub fifos: Vec<Fifo>,
    pub startup_script: Option<Timed>,
    pub shutdown_script: Option<Timed>,
    /// Time to wait after start before the first router begins.
    pub startup_delay: Duration,
    pub child_wait: Duration,
    pub log_unknown_vrids: bool,
    /// `use_pid_dir`: pid files live in their own directory.
    pub pid_dir: bool,
    /// `instance`: goes into the names of the pid files.
    pub daemon_name: Option<String>,
    pub net_namespace: Option<String>,
    pub default_interface: Option<String>,
    pub umask: Option<u32>,
    pub json_version: u8,
    pub state_dump_file: Option<PathBuf>,
    pub stats_dump_file: Option<PathBuf>,
    pub json_dump_file: Option<PathBuf>,
    pub process_priority: Option<i32>,
    pub realtime_priority: Option<u32>,
    pub no_swap: bool,
    /// What names of interfaces with virtual MAC addresses begin with; `vrrp` when `None`.
    pub vmac_prefix: Option<String>,
    /// The same for those that only hold addresses; as the others when `None`.
    pub vmac_addr_prefix: Option<String>,
}

/// Where mail about changes goes, and how.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mail {
    pub to: Vec<String>,
    pub from: Option<String>,
    /// Name or address, and port; this host's port 25 when `None`.
    pub server: Option<(String, u16)>,
    pub helo: Option<String>,
    /// 30 s when `None`.
    pub timeout: Option<Duration>,
    /// `no_email_faults`: changes to FAULT are kept quiet.
    pub no_faults: bool,
}

/// A named pipe that receives a line for each change.
#[derive(Debug, Clone, PartialEq)]
pub struct Fifo {
    pub path: PathBuf,
    pub script: Option<Command>,
}

/// A command with a limit on its time.
#[derive(Debug, Clone, PartialEq)]
pub struct Timed {
    pub command: Command,
    pub timeout: Duration,
}

impl Default for Global {
    fn default() -> Self {
        Self {
            router_id: None,
            mail: Mail::default(),
            script_security: false,
            script_user: None,
            version: Version::V2,
            garp: Garp::default(),
            group4: Ipv4Addr::new(224, 0, 0, 18),
            group6: Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12),
            down_timer_adverts: 3,
            lower_prio_no_advert: false,
            higher_prio_send_advert: false,
            check_unicast_src: false,
            skip_check_adv_addr: false,
            strict: false,
            notify_priority_changes: false,
            fifo_states_on_reload: false,
            fifos: Vec::new(),
            startup_script: None,
            shutdown_script: None,
            startup_delay: Duration::ZERO,
            child_wait: Duration::from_secs(5),
            log_unknown_vrids: false,
            pid_dir: false,
            daemon_name: None,
            net_namespace: None,
            default_interface: None,
            umask: None,
            json_version: 1,
            state_dump_file: None,
            stats_dump_file: None,
            json_dump_file: None,
            process_priority: None,
            realtime_priority: None,
            no_swap: false,
            vmac_prefix: None,
            vmac_addr_prefix: None,
        }
    }
}

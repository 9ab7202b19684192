//! Settings of the whole daemon (`global_defs`).

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    path::PathBuf,
    time::Duration,
};

use super::{Command, Garp, Lvs, RunAs, Version};

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
    pub owner_ignores_adverts: bool,
    /// `v3_checksum_as_v2` of routers that say nothing.
    pub bare_checksum: bool,
    pub notify_priority_changes: bool,
    pub fifo_states_on_reload: bool,
    /// `notify_fifo` and `vrrp_notify_fifo`, each with the script that reads it.
    pub fifos: Vec<Fifo>,
    pub startup_script: Option<Timed>,
    pub shutdown_script: Option<Timed>,
    /// Time to wait after start before the first router begins.
    pub startup_delay: Duration,
    /// The first router begins no sooner than so long after the machine's boot.
    pub delay_after_boot: Duration,
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
    /// `process_names`: the VRRP process is called `keepalived_vrrp`.
    pub process_names: bool,
    pub process_name: Option<String>,
    pub vrrp_process_name: Option<String>,
    /// Numbers of the processors that the VRRP process runs on; all when empty.
    pub processors: Vec<usize>,
    /// RLIMIT_RTTIME of the VRRP process.
    pub realtime_limit: Option<Duration>,
    /// The highest realtime priority that lateness may lead to; 0 for none.
    pub auto_priority: u32,
    /// What counts as late.
    pub auto_priority_delay: Duration,
    pub netlink_requests: Buffer,
    pub netlink_changes: Buffer,
    pub receive_policy: ReceivePolicy,
    pub receive_multiplier: usize,
    /// `reload_check_config`, and the file that faults are written to.
    pub reload_check: Option<Option<PathBuf>>,
    /// `reload_file`, and its name if it has one.
    pub reload_file: Option<Option<PathBuf>>,
    pub reload_time_file: Option<PathBuf>,
    pub reload_repeat: bool,
    pub data_use_instance: bool,
    pub disable_local_igmp: bool,
    /// `nftables`, and the name of the tables if it has one.
    pub nftables: Option<Option<String>>,
    pub nftables_priority: i32,
    pub nftables_counters: bool,
    /// Interfaces whose changes count only after a while, by name.
    pub delays: Vec<(String, Delays)>,
    pub lvs: Lvs,
    pub bfd: BfdProcess,
    /// `iproute_etc_dir`: where iproute2's names are looked for first.
    pub iproute_etc: Option<PathBuf>,
    /// `iproute_usr_dir`: where they are looked for then.
    pub iproute_usr: Option<PathBuf>,
}

/// What is asked for the process that the original runs BFD sessions in. Here they run in the VRRP process, which takes the better
/// of both settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BfdProcess {
    /// Counts if there are no routers.
    pub name: Option<String>,
    /// Nice value.
    pub priority: Option<i32>,
    pub realtime_priority: Option<u32>,
    pub no_swap: bool,
    /// RLIMIT_RTTIME.
    pub realtime_limit: Option<Duration>,
    /// Numbers of processors; all when empty.
    pub processors: Vec<usize>,
}

/// What the kernel may keep of its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Buffer {
    /// The kernel's own choice when `None`.
    pub bytes: Option<usize>,
    /// Whatever the limit for everybody is.
    pub force: bool,
}

/// How much the kernel may keep of adverts (`vrrp_rx_bufs_policy`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReceivePolicy {
    /// The kernel's choice.
    #[default]
    System,
    Mtu,
    Advert,
    Bytes(usize),
}

/// How long an interface must be in a state before that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delays {
    pub down: Duration,
    pub up: Duration,
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
            owner_ignores_adverts: false,
            bare_checksum: false,
            notify_priority_changes: false,
            fifo_states_on_reload: false,
            fifos: Vec::new(),
            startup_script: None,
            shutdown_script: None,
            startup_delay: Duration::ZERO,
            delay_after_boot: Duration::ZERO,
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
            process_names: false,
            process_name: None,
            vrrp_process_name: None,
            processors: Vec::new(),
            realtime_limit: None,
            auto_priority: 0,
            auto_priority_delay: Duration::from_secs(1),
            netlink_requests: Buffer::default(),
            netlink_changes: Buffer::default(),
            receive_policy: ReceivePolicy::System,
            receive_multiplier: 3,
            reload_check: None,
            reload_file: None,
            reload_time_file: None,
            reload_repeat: false,
            data_use_instance: false,
            disable_local_igmp: false,
            nftables: None,
            nftables_priority: -1,
            nftables_counters: false,
            delays: Vec::new(),
            lvs: Lvs::default(),
            bfd: BfdProcess::default(),
            iproute_etc: None,
            iproute_usr: None,
        }
    }
}

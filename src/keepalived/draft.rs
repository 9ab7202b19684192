//! A configuration as written: what each block says, before defaults are filled in and references are followed.

pub mod virtual_server;

use std::{net::IpAddr, path::PathBuf, time::Duration};

use super::{report::Report, system::System};
use crate::{
    ir::failover::{
        Address, Global, MissingFeature, Notify, OldChecksum, Peer, ProcessMatch, Role, RunAs, TrackGroup, Version,
        VirtualServer, VirtualServerGroup, Weight,
        global::{Delays, Fifo},
        hmac::{AntiReplay, HmacMode, Key},
        notify::Command,
        routing::{Route, Rule},
        vmac::Among,
    },
    text::source::Span,
};
use virtual_server::{
    CheckerDraft, ConnectionDraft, PaceDraft, ProbeDraft, RealServerDraft, SmtpDraft, VirtualServerDraft,
};

/// Everything read so far. The block being read is the last of its kind.
#[derive(Debug, Default)]
pub struct Draft {
    pub global: GlobalDraft,
    pub instances: Vec<InstanceDraft>,
    pub groups: Vec<GroupDraft>,
    pub scripts: Vec<ScriptDraft>,
    pub processes: Vec<ProcessDraft>,
    pub files: Vec<FileDraft>,
    pub bfds: Vec<BfdDraft>,
    pub garp_groups: Vec<GarpGroupDraft>,
    pub static_addresses: Vec<Address>,
    pub static_routes: Vec<Route>,
    pub static_rules: Vec<Rule>,
    pub delays: Vec<(String, Delays)>,
    pub track_groups: Vec<TrackGroup>,
    pub virtual_servers: Vec<VirtualServerDraft>,
    pub virtual_server_groups: Vec<VirtualServerGroup>,
    /// What the virtual servers mean, settled when the process that they concern has read everything.
    pub services: Vec<VirtualServer>,
    /// How many rules had no preference: of IPv4, of IPv6.
    pub unwritten_preferences: [u32; 2],
    pub missing: Vec<MissingFeature>,
    /// The name that complaints about the open block carry.
    pub open: Open,
    /// A named interface does not exist, which ends the original's checks early.
    pub missing_interface: bool,
    /// Set by a keyword whose block is to be passed over.
    pub skip: bool,
}

/// Which kind of block is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Open {
    #[default]
    Nothing,
    Instance,
    Group,
    Script,
    Process,
    File,
    Bfd,
    VirtualServer,
    RealServer,
    Checker,
}

/// `global_defs`: what has no default of its own, and what later defaults come from.
#[derive(Debug, Default)]
pub struct GlobalDraft {
    pub settings: Global,
    /// Who runs commands that do not say, once that was asked; `None` inside when there is nobody.
    pub default_user: Option<Option<RunAs>>,
    /// The script user could not be found.
    pub bad_script_user: bool,
    /// Interfaces need not exist.
    pub dynamic_interfaces: bool,
    pub smtp_alert: Option<bool>,
    pub smtp_alert_vrrp: Option<bool>,
    pub smtp_alert_checker: Option<bool>,
    pub checker_log_all_failures: bool,
    pub notify_fifo: FifoDraft,
    pub vrrp_notify_fifo: FifoDraft,
    pub lvs_notify_fifo: FifoDraft,
    pub garp: GarpDraft,
}

/// A pipe and its reader, which may be written in any order.
#[derive(Debug, Default, Clone)]
pub struct FifoDraft {
    pub path: Option<PathBuf>,
    pub script: Option<Command>,
}

impl FifoDraft {
    /// A reader without a pipe is nothing.
    #[must_use]
    pub fn pipe(self) -> Option<Fifo> {
        Some(Fifo { path: self.path?, script: self.script })
    }
}

impl GlobalDraft {
    /// The pipe of a keyword.
    pub fn fifo(&mut self, keyword: &str) -> &mut FifoDraft {
        match keyword {
            "vrrp_notify_fifo" => &mut self.vrrp_notify_fifo,
            "lvs_notify_fifo" => &mut self.lvs_notify_fifo,
            _ => &mut self.notify_fifo,
        }
    }
}

/// One `vrrp_instance`. `None` means not written.
#[derive(Debug, Default)]
pub struct InstanceDraft {
    pub name: String,
    pub at: Span,
    pub interface: Option<(String, Span)>,
    pub role: Option<Role>,
    pub vrid: Option<u8>,
    pub priority: Option<u8>,
    pub version: Option<Version>,
    pub advert_interval: Option<Duration>,
    pub auth: AuthDraft,
    pub hmac: Option<HmacDraft>,
    pub unicast: bool,
    pub peers: Vec<Peer>,
    pub unicast_ttl: Option<u8>,
    pub check_unicast_src: Option<bool>,
    pub source: Option<IpAddr>,
    pub track_source: bool,
    pub group: Option<IpAddr>,
    pub addresses: Vec<Address>,
    pub excluded: Vec<Address>,
    pub routes: Vec<Route>,
    pub rules: Vec<Rule>,
    pub native_ipv6: bool,
    pub nopreempt: bool,
    pub preempt_delay: Duration,
    pub garp: GarpDraft,
    pub down_timer_adverts: Option<u32>,
    pub lower_prio_no_advert: Option<bool>,
    pub higher_prio_send_advert: Option<bool>,
    pub skip_check_adv_addr: Option<bool>,
    pub strict: Option<bool>,
    pub accept: Option<bool>,
    pub dont_track_primary: bool,
    pub promote_secondaries: bool,
    pub tracking: TrackingDraft,
    pub notify: Notify,
    pub notify_priority_changes: Option<bool>,
    pub smtp_alert: Option<bool>,
    pub receive_buffer: Option<usize>,
    pub vmac: Option<VmacDraft>,
    pub ipvlan: Option<IpvlanDraft>,
    pub vrf: Option<String>,
    pub vmac_addresses: bool,
    pub xmit_base: bool,
    pub old_checksum: Option<OldChecksum>,
    /// FAULT without peers.
    pub needs_peers: bool,
    pub bare_checksum: Option<bool>,
    pub owner_ignores_adverts: Option<bool>,
    pub yields_when_late: Option<u8>,
    /// That it has no address is meant.
    pub no_address: bool,
}

/// `use_vmac`.
#[derive(Debug, Default)]
pub struct VmacDraft {
    pub name: Option<String>,
    /// The last byte is the router's identifier unless it is written.
    pub mac: Option<([u8; 5], Option<u8>)>,
}

/// `use_ipvlan`.
#[derive(Debug, Default)]
pub struct IpvlanDraft {
    pub name: Option<String>,
    /// With its prefix length, if one is written.
    pub source: Option<(IpAddr, Option<u8>)>,
    pub among: Option<Among>,
}

/// `auth_hmac`.
#[derive(Debug, Default)]
pub struct HmacDraft {
    pub at: Span,
    pub keys: Vec<Key>,
    pub active: Option<u8>,
    pub window: Option<Duration>,
    pub replay: AntiReplay,
    pub mode: HmacMode,
}

#[derive(Debug, Default)]
pub struct AuthDraft {
    pub kind: Option<AuthKind>,
    pub password: Option<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthKind {
    Pass,
    Ah,
}

/// Timings of announcements, each only if written.
#[derive(Debug, Default, Clone)]
pub struct GarpDraft {
    pub delay: Option<Duration>,
    pub repeat: Option<u32>,
    pub refresh: Option<Duration>,
    pub refresh_repeat: Option<u32>,
    pub lower_prio_delay: Option<Duration>,
    pub lower_prio_repeat: Option<u32>,
    pub interval: Option<Duration>,
    pub na_interval: Option<Duration>,
    /// The period, and whether it is for all interfaces.
    pub elsewhere: Option<(Duration, bool)>,
}

/// One `garp_group`.
#[derive(Debug, Default, Clone)]
pub struct GarpGroupDraft {
    pub interfaces: Vec<String>,
    pub interval: Option<Duration>,
    pub na_interval: Option<Duration>,
}

/// References to watched things, with the weight only if written.
#[derive(Debug, Default, Clone)]
pub struct TrackingDraft {
    pub interfaces: Vec<TrackedDraft>,
    pub scripts: Vec<TrackedDraft>,
    pub processes: Vec<TrackedDraft>,
    pub files: Vec<TrackedDraft>,
    pub bfds: Vec<TrackedDraft>,
}

#[derive(Debug, Clone)]
pub struct TrackedDraft {
    pub name: String,
    pub weight: Option<Weight>,
    /// `reverse` or `noreverse` without a weight of its own.
    pub reverse: Option<bool>,
    pub at: Span,
}

#[derive(Debug, Default)]
pub struct GroupDraft {
    pub smtp_alert: Option<bool>,
    pub name: String,
    pub at: Span,
    pub members: Vec<String>,
    pub tracking: TrackingDraft,
    pub notify: Notify,
    pub tracking_weight: bool,
    pub notify_priority_changes: Option<bool>,
}

#[derive(Debug, Default)]
pub struct ScriptDraft {
    pub name: String,
    pub at: Span,
    pub command: Option<(Vec<Vec<u8>>, Span)>,
    pub interval: Option<Duration>,
    pub timeout: Option<Duration>,
    pub weight: Weight,
    pub rise: u32,
    pub fall: u32,
    pub run_as: Option<RunAs>,
    pub init_fail: bool,
    /// Its user is unknown.
    pub bad_user: bool,
}

#[derive(Debug, Default)]
pub struct ProcessDraft {
    pub name: String,
    pub at: Span,
    pub program: Option<Vec<Vec<u8>>>,
    pub compare: Option<ProcessMatch>,
    pub full_command: bool,
    pub weight: Weight,
    pub quorum: Option<u32>,
    pub quorum_max: Option<u32>,
    pub terminate_delay: Duration,
    pub fork_delay: Duration,
}

#[derive(Debug, Default)]
pub struct FileDraft {
    pub name: String,
    pub at: Span,
    pub path: Option<String>,
    pub weight: Option<Weight>,
    pub init: Option<(i64, bool)>,
}

/// One `bfd_instance`, as far as the process that reads it looks.
#[derive(Debug, Default)]
pub struct BfdDraft {
    pub name: String,
    pub at: Span,
    pub neighbour: Option<IpAddr>,
    pub source: Option<IpAddr>,
    pub min_rx: Option<Duration>,
    pub min_tx: Option<Duration>,
    pub idle_tx: Option<Duration>,
    pub multiplier: Option<u8>,
    pub passive: bool,
    pub ttl: Option<u8>,
    /// The inner `None` is any number.
    pub max_hops: Option<Option<u8>>,
    pub multihop: bool,
    pub weight: Weight,
    pub vrrp: bool,
    pub checker: bool,
    /// Something is wrong with it; its other lines are passed over.
    pub ignored: bool,
}

impl BfdDraft {
    /// Whether the virtual routers hear of it: without a word on who does, everybody.
    #[must_use]
    pub fn tells_routers(&self) -> bool {
        self.vrrp || !self.checker
    }

    /// Whether checkers hear of it.
    #[must_use]
    pub fn tells_checkers(&self) -> bool {
        self.checker || !self.vrrp
    }
}

impl Draft {
    /// Who runs commands that do not say: the user of `script_user`, else one made for it, else we, unless script security
    /// forbids that. `None`, with a word about it, when there is nobody.
    pub fn default_user(&mut self, system: &dyn System, report: &mut Report, at: Span) -> Option<RunAs> {
        if self.global.bad_script_user {
            return None;
        }
        let settings = &self.global.settings;
        if let Some(user) = &settings.script_user {
            return Some(user.clone());
        }
        // Looked for once, and said once.
        let user = self.global.default_user.get_or_insert_with(|| {
            let own = || (!settings.script_security).then(|| system.own());
            let user = system.user("keepalived_script").or_else(own);
            if user.is_none() {
                report.at("no-user", at, "Unable to set default user keepalived_script for script");
            }
            user
        });
        user.clone()
    }

    /// The service being read. Keywords of its block are only met inside one.
    pub fn virtual_server(&mut self) -> &mut VirtualServerDraft {
        self.virtual_servers.last_mut().expect("virtual_server keywords stand inside a virtual_server")
    }

    pub fn real_server(&mut self) -> &mut RealServerDraft {
        self.virtual_server().servers.last_mut().expect("real_server keywords stand inside a real_server")
    }

    pub fn checker(&mut self) -> &mut CheckerDraft {
        self.real_server().checkers.last_mut().expect("keywords of checkers stand inside a checker")
    }

    /// The open real server, as complaints name it.
    pub fn server_name(&mut self) -> String {
        let service = self.virtual_server();
        service.servers.last().map(|server| service.name_of(server.address, server.port)).unwrap_or_default()
    }

    /// How often the open checker asks, or those of the open server or service that do not say.
    pub fn pace(&mut self) -> &mut PaceDraft {
        match self.open {
            Open::Checker => &mut self.checker().pace,
            Open::RealServer => &mut self.real_server().pace,
            _ => &mut self.virtual_server().pace,
        }
    }

    /// Whom the open checker, or the open host of an `SMTP_CHECK`, speaks to.
    pub fn connection(&mut self) -> &mut ConnectionDraft {
        let CheckerDraft { connection, probe, .. } = self.checker();
        match probe {
            ProbeDraft::Smtp(SmtpDraft { hosts, in_host: true, .. }) => hosts.last_mut().unwrap_or(connection),
            _ => connection,
        }
    }

    /// The router being read. Keywords of its block are only met inside one.
    pub fn instance(&mut self) -> &mut InstanceDraft {
        self.instances.last_mut().expect("vrrp_instance keywords stand inside a vrrp_instance")
    }

    /// The router before the one being read that wants an interface of this name made.
    #[must_use]
    pub fn other_owner_of_link(&self, name: &str) -> Option<&str> {
        let (_, others) = self.instances.split_last()?;
        let wants = |other: &&InstanceDraft| {
            let vmac = other.vmac.as_ref().and_then(|vmac| vmac.name.as_deref());
            vmac.or_else(|| other.ipvlan.as_ref().and_then(|ipvlan| ipvlan.name.as_deref())) == Some(name)
        };
        others.iter().find(wants).map(|other| other.name.as_str())
    }

    pub fn group(&mut self) -> &mut GroupDraft {
        self.groups.last_mut().expect("vrrp_sync_group keywords stand inside a vrrp_sync_group")
    }

    pub fn script(&mut self) -> &mut ScriptDraft {
        self.scripts.last_mut().expect("vrrp_script keywords stand inside a vrrp_script")
    }

    pub fn process(&mut self) -> &mut ProcessDraft {
        self.processes.last_mut().expect("vrrp_track_process keywords stand inside a vrrp_track_process")
    }

    pub fn garp_group(&mut self) -> &mut GarpGroupDraft {
        self.garp_groups.last_mut().expect("garp_group keywords stand inside a garp_group")
    }

    pub fn file(&mut self) -> &mut FileDraft {
        self.files.last_mut().expect("track_file keywords stand inside a track_file")
    }

    /// The commands of whichever block is open.
    pub fn notify(&mut self) -> &mut Notify {
        match self.open {
            Open::Group => &mut self.group().notify,
            _ => &mut self.instance().notify,
        }
    }

    /// The references of whichever block is open.
    pub fn tracking(&mut self) -> &mut TrackingDraft {
        match self.open {
            Open::Group => &mut self.group().tracking,
            _ => &mut self.instance().tracking,
        }
    }

    /// The name of the open block.
    #[must_use]
    pub fn owner(&self) -> String {
        let name = match self.open {
            Open::Nothing => None,
            Open::Instance => self.instances.last().map(|item| &item.name),
            Open::Group => self.groups.last().map(|item| &item.name),
            Open::Script => self.scripts.last().map(|item| &item.name),
            Open::Process => self.processes.last().map(|item| &item.name),
            Open::File => self.files.last().map(|item| &item.name),
            Open::Bfd => self.bfds.last().map(|item| &item.name),
            Open::VirtualServer | Open::RealServer | Open::Checker => None,
        };
        name.cloned().unwrap_or_default()
    }
}

/// A command whose program has not been looked for.
#[must_use]
pub fn unchecked(argv: Vec<Vec<u8>>, run_as: RunAs, at: Span) -> Command {
    Command { argv, path: PathBuf::new(), run_as, at }
}

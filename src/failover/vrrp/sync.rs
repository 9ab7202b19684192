//! IPVS' connection synchronisation, as the routers say (`lvs_sync_daemon`).

use super::Process;
use crate::{
    failover::checkers::kernel::Table,
    ipvs::{Change, table},
    vrrp::sync_daemon::Daemon,
};

impl Process<'_> {
    pub(super) fn start_sync(&mut self, daemon: &Daemon) {
        let settings = &daemon.settings;
        self.change_sync(&Change::StartDaemon(table::Daemon {
            master: daemon.tells,
            interface: settings.interface.clone(),
            id: daemon.id.into(),
            max_length: settings.max_length,
            group: settings.group,
            port: settings.port,
            ttl: settings.ttl,
        }));
    }

    pub(super) fn stop_sync(&mut self, daemon: &Daemon) {
        self.change_sync(&Change::StopDaemon { master: daemon.tells, id: daemon.id.into() });
    }

    /// The way to the kernel is opened with the first change. Where there is none, that is said once.
    fn change_sync(&mut self, change: &Change) {
        let lvs = &self.router.config().global.lvs;
        let table = self.ipvs.get_or_insert_with(|| {
            self.log.info("Initializing ipvs");
            Table::open(lvs, &self.log)
        });
        table.apply(change, &self.log);
    }
}

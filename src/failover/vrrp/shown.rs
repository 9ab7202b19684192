//! What the process shows of itself: dumps by signal, and metrics.

use std::{path::Path, time::Duration};

use tokio::sync::oneshot;

use super::{Process, asked::Asked};
use crate::{
    failover::dump,
    process::local_time::LocalTime,
    vrrp::{Input, show},
};

impl Process<'_> {
    pub(super) async fn asked(&mut self, asked: Asked) {
        let pid = nix::unistd::getpid();
        let global = &self.router.config().global;
        match asked {
            Asked::Reload => self.reload().await,
            Asked::Clear => {
                self.log.info(&format!("Clearing VRRP stats for process({pid}) on signal"));
                self.handle(Input::ClearStats).await;
            }
            Asked::Data => {
                self.log.info(&format!("Printing VRRP data for process({pid}) on signal"));
                let path = global.state_dump_file.clone().unwrap_or_else(|| dump::path("keepalived", global));
                self.dump(&path, &self.with_epoch(|epoch| dump::data(&self.router, epoch)));
                self.tasks.dump_sessions(dump::path("keepalived_bfd", &self.router.config().global));
            }
            Asked::Stats => {
                self.log.info(&format!("Printing VRRP stats for process({pid}) on signal"));
                let path = global.stats_dump_file.clone().unwrap_or_else(|| "/tmp/keepalived.stats".into());
                self.dump(&path, &dump::stats(&self.router));
            }
            Asked::Json => {
                self.log.info(&format!("Printing VRRP as json for process({pid}) on signal"));
                let path = global.json_dump_file.clone().unwrap_or_else(|| "/tmp/keepalived.json".into());
                self.dump(&path, &self.with_epoch(|epoch| dump::json(&self.router, epoch, self.options.secrets)));
            }
            Asked::Stop => {}
        }
    }

    pub(super) fn with_epoch(&self, show: impl FnOnce(&dump::Epoch<'_>) -> String) -> String {
        let now = LocalTime::now();
        let present = now.epoch as f64 + f64::from(now.microsecond) / 1e6;
        let write = |seconds: f64| {
            let since = Duration::try_from_secs_f64(seconds).unwrap_or_default();
            LocalTime::of(std::time::UNIX_EPOCH + since).ctime()
        };
        show(&dump::Epoch { zero: present - self.now().as_secs_f64(), write: &write })
    }

    fn dump(&self, path: &Path, text: &str) {
        if let Err(error) = dump::write(path, text) {
            self.log.info(&format!("Can't open {}: {error}", path.display()));
        }
    }

    pub(super) fn tell_metrics(&self, question: oneshot::Sender<String>) {
        // Whoever asked may have gone.
        let _ = question.send(self.with_epoch(|epoch| show::metrics(&self.router, &self.runs, epoch)));
    }
}

//! A new configuration: read and judged here first, then by every process for itself.

use std::io;

use super::{super::machine::Machine, Supervisor, refuse, reload_file};
use crate::{
    keepalived::{self, Checked, report::Pass},
    process::sd_notify,
};

impl Supervisor<'_> {
    pub(super) fn reload(&mut self) -> io::Result<()> {
        let _ = sd_notify::notify("RELOADING=1");
        self.log.info("Reloading ...");
        self.log.info(&format!("Configuration file {}", self.options.file));
        let reading = reload_file(&self.checked.config.global);
        if let Some(error) = reading.as_ref().and_then(|path| std::fs::write(path, "").err()) {
            self.log.info(&format!("Unable to write the reload file: {error}"));
        }
        let done = || reading.as_ref().is_some_and(|path| std::fs::remove_file(path).is_ok());
        let checked = keepalived::load(&Machine, &self.options.file, &self.options.config_id());
        for line in checked.report.log_lines(&checked.sources, Pass::Global) {
            self.log.info(&line);
        }
        if !self.is_valid(&checked)
            || self.is_mistyped(&checked)
            || refuse(&checked, &self.log).is_some()
            || checked.report.unread()
        {
            done();
            self.log.info("Reload refused; the old configuration goes on");
            let _ = sd_notify::notify("READY=1");
            return Ok(());
        }
        self.checked = checked;
        if self.children.is_empty() {
            done();
        }
        self.send(libc::SIGHUP);
        self.start_missing()?;
        self.log.info("Reload complete");
        let _ = sd_notify::notify("READY=1");
        Ok(())
    }

    /// The original takes what is left of a file with a typing error, and a router whose priority got lost that way may come out
    /// as the owner of its addresses. Faults that the present file has too stop nobody.
    fn is_mistyped(&self, checked: &Checked) -> bool {
        let faults: Vec<String> =
            checked.report.new_faults(&self.checked.report).map(|fault| fault.message.clone()).collect();
        faults.iter().for_each(|fault| self.log.info(&format!("New in this configuration: {fault}")));
        !faults.is_empty()
    }

    /// `reload_check_config`: a file with any fault is none.
    fn is_valid(&self, checked: &Checked) -> bool {
        let Some(log_file) = &self.checked.config.global.reload_check else { return true };
        self.log.info("validate conf before Reload");
        if checked.report.exit_code() == 0 {
            return true;
        }
        let text: String = checked.report.lines(&checked.sources).map(|line| line + "\n").collect();
        match log_file {
            Some(path) => {
                if let Err(error) = std::fs::write(path, text) {
                    self.log.info(&format!("Unable to write {}: {error}", path.display()));
                }
                self.log.info(&format!("New config failed validation, see {} for details", path.display()));
            }
            None => {
                text.lines().for_each(|line| self.log.info(line));
                self.log.info("New config failed validation");
            }
        }
        false
    }
}

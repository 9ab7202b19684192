//! Outputs in the making: every deed of the director goes through here, in order.

use super::{
    ledger::{Holder, Ledger},
    words::{self, Quorum},
};
use crate::{
    ipvs::{
        output::{Line, Output},
        table::{Change, Destination, Service, ServiceKey},
    },
    ir::failover::{Command, VirtualServer},
};

/// What one event brings about, and what the kernel was told so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Deeds {
    pub(super) ledger: Ledger,
    /// Goes into the subjects of mails.
    pub(super) router_id: String,
    outputs: Vec<Output>,
    last: Holder,
}

impl Deeds {
    /// Somebody who may want something of the kernel.
    pub(super) fn holder(&mut self) -> Holder {
        self.last += 1;
        self.last
    }

    pub(super) fn finish(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.outputs)
    }

    pub(super) fn log(&mut self, text: String) {
        self.outputs.push(Output::Log(Line { detail: false, text }));
    }

    /// What the original does in silence is said only with `-D`.
    pub(super) fn detail(&mut self, text: String) {
        self.outputs.push(Output::Log(Line { detail: true, text }));
    }

    pub(super) fn fifo(&mut self, line: String) {
        self.outputs.push(Output::Fifo(line));
    }

    pub(super) fn run(&mut self, command: Option<&Command>) {
        self.outputs.extend(command.cloned().map(Output::Run));
    }

    pub(super) fn mail(&mut self, (subject, body): (String, String)) {
        let subject = format!("[{}] {subject}", self.router_id);
        self.outputs.push(Output::Mail { subject, body });
    }

    pub(super) fn checks(&mut self, virtual_server: usize, run: bool) {
        self.outputs.push(Output::Checks { virtual_server, run });
    }

    pub(super) fn kernel(&mut self, changes: impl IntoIterator<Item = Change>) {
        self.outputs.extend(changes.into_iter().map(Output::Kernel));
    }

    pub(super) fn hold(&mut self, holder: Holder, services: &[Service]) {
        let changes = self.ledger.hold(holder, services);
        self.kernel(changes);
    }

    pub(super) fn release(&mut self, holder: Holder, kept: &[ServiceKey]) {
        let changes = self.ledger.release(holder, kept);
        self.kernel(changes);
    }

    pub(super) fn place(&mut self, holder: Holder, wanted: &[(ServiceKey, Destination)]) {
        let changes = self.ledger.place(holder, wanted);
        self.kernel(changes);
    }

    /// Tells everybody of a quorum that came or went.
    pub(super) fn quorum(&mut self, how: Quorum, of: &VirtualServer, weights: i64, name: &str) {
        let up = matches!(how, Quorum::Gained | Quorum::BeginsUp);
        self.fifo(words::service_fifo(name, up));
        self.run(if up { of.quorum_up.as_ref() } else { of.quorum_down.as_ref() });
        if of.smtp_alert {
            self.mail(words::quorum_mail(how, of, weights, name));
        }
    }
}

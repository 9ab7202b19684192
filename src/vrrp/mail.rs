//! What a mail about a change says, in the original's words.

use super::output::{Event, Notification, Subject};

/// Subject and text; `None` for what no mail is sent about.
#[must_use]
pub fn compose(notification: &Notification, router_id: &str) -> Option<(String, &'static str)> {
    let state = match notification.event {
        Event::Master | Event::Backup | Event::Fault if notification.mail => notification.event.word(),
        _ => return None,
    };
    let (kind, text) = match (notification.kind, notification.event) {
        (Subject::Instance, Event::Master) => ("Instance", "=> VRRP Instance is now owning VRRP VIPs <="),
        (Subject::Instance, _) => ("Instance", "=> VRRP Instance is no longer owning VRRP VIPs <="),
        (Subject::Group, Event::Master) => ("Group", "=> All VRRP group instances are now in MASTER state <="),
        (Subject::Group, Event::Backup) => ("Group", "=> All VRRP group instances are now in BACKUP state <="),
        (Subject::Group, _) => ("Group", "=> All VRRP group instances are now in FAULT state <="),
    };
    Some((format!("[{router_id}] VRRP {kind} {} - Entering {state} state", notification.name), text))
}

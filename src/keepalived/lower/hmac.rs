//! `auth_hmac` with its defaults, once the router's interval is known.

use std::time::Duration;

use crate::{
    ir::failover::{Hmac, Instance, hmac::HmacMode},
    keepalived::{draft::HmacDraft, report::Report},
};

/// The least window, if none is written.
const WINDOW: Duration = Duration::from_secs(5);

/// Signing of one router. Adverts that nobody could sign or check are no protection: the router is refused.
pub(super) fn hmac(draft: Option<HmacDraft>, instance: &Instance, report: &mut Report) -> Option<Hmac> {
    let draft = draft?;
    let name = &instance.name;
    let Some(active) = draft.active.or_else(|| draft.keys.first().map(|key| key.id).filter(|_| draft.keys.len() == 1))
    else {
        report.refuse("no-key", format!("({name}) auth_hmac needs a key, and says with active_key which one signs"));
        return None;
    };
    if !draft.keys.iter().any(|key| key.id == active) {
        report.refuse("no-key", format!("({name}) auth_hmac has no key {active}, which active_key names"));
        return None;
    }
    let mut mode = draft.mode;
    if instance.strict && mode != HmacMode::Enforce {
        report.general("strict", format!("({name}) strict mode takes auth_hmac only with mode enforce - setting it"));
        mode = HmacMode::Enforce;
    }
    let window = draft.window.unwrap_or_else(|| WINDOW.max(instance.advert_interval * 3));
    Some(Hmac { keys: draft.keys, active, window, replay: draft.replay, mode })
}

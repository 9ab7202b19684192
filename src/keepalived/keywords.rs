//! The list of lists: every keyword of the language, by the file that defines it.
//!
//! To add one, write its `const` in the file of its block and name it in that file's list. Nothing else has to change: the
//! walk finds it, errors and suggestions know it, the documentation is printed from it.

mod address;
mod bfd;
mod checkers;
mod garp;
mod global;
mod group;
mod instance;
mod interfaces;
mod missing;
mod notify;
mod process;
mod routes;
mod rules;
mod script;
mod shared;
mod top;
mod track;
mod track_group;
mod virtual_server;

use std::{collections::BTreeMap, sync::LazyLock};

use super::keyword::{Block, Keyword};
use crate::text::nearest;

/// Every list.
pub const ALL: &[&[Keyword]] = &[
    top::KEYWORDS,
    global::mail::KEYWORDS,
    global::scripts::KEYWORDS,
    global::routers::KEYWORDS,
    global::garp::KEYWORDS,
    global::process::KEYWORDS,
    global::dumps::KEYWORDS,
    global::vmac::KEYWORDS,
    global::names::KEYWORDS,
    global::iproute::KEYWORDS,
    global::limits::KEYWORDS,
    global::buffers::KEYWORDS,
    global::reload::KEYWORDS,
    global::firewall::KEYWORDS,
    global::lvs::KEYWORDS,
    global::sync_daemon::KEYWORDS,
    interfaces::KEYWORDS,
    instance::identity::KEYWORDS,
    instance::adverts::KEYWORDS,
    instance::transport::KEYWORDS,
    instance::auth::KEYWORDS,
    instance::hmac::KEYWORDS,
    instance::garp::KEYWORDS,
    instance::vmac::KEYWORDS,
    instance::ipvlan::KEYWORDS,
    address::KEYWORDS,
    garp::KEYWORDS,
    routes::KEYWORDS,
    rules::KEYWORDS,
    track::KEYWORDS,
    track_group::KEYWORDS,
    notify::KEYWORDS,
    group::KEYWORDS,
    script::KEYWORDS,
    process::KEYWORDS,
    bfd::KEYWORDS,
    virtual_server::block::KEYWORDS,
    virtual_server::group::KEYWORDS,
    virtual_server::service::KEYWORDS,
    virtual_server::forwarding::KEYWORDS,
    virtual_server::persistence::KEYWORDS,
    virtual_server::quorum::KEYWORDS,
    virtual_server::server::KEYWORDS,
    virtual_server::pace::KEYWORDS,
    virtual_server::tls::KEYWORDS,
    checkers::open::KEYWORDS,
    checkers::common::KEYWORDS,
    checkers::connection::KEYWORDS,
    checkers::http::KEYWORDS,
    checkers::url::KEYWORDS,
    checkers::regex::KEYWORDS,
    checkers::smtp::KEYWORDS,
    checkers::dns::KEYWORDS,
    checkers::udp::KEYWORDS,
    checkers::misc::KEYWORDS,
    checkers::tracked::KEYWORDS,
    missing::TOP,
    missing::GLOBAL,
];

static INDEX: LazyLock<BTreeMap<(Block, &'static str), &'static Keyword>> = LazyLock::new(|| {
    let all = ALL.iter().copied().flatten();
    all.flat_map(|keyword| keyword.blocks.iter().map(move |block| ((*block, keyword.name), keyword))).collect()
});

/// Every keyword once.
pub fn all() -> impl Iterator<Item = &'static Keyword> {
    ALL.iter().copied().flatten()
}

/// The keyword of a block by name.
#[must_use]
pub fn find(block: Block, name: &str) -> Option<&'static Keyword> {
    INDEX.get(&(block, name)).copied()
}

/// The keyword that an unknown word was probably meant to be.
#[must_use]
pub fn nearest(block: Block, word: &str) -> Option<&'static str> {
    nearest::nearest(word, INDEX.keys().filter(|(of, _)| *of == block).map(|(_, name)| *name))
}

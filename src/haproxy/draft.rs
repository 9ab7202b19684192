//! The configuration while it is being read: what is known so far, and where the next line belongs.

use std::collections::HashMap;

use crate::ir::Config;
use crate::ir::expr::{PatternSet, PatternSetId};
use crate::ir::proxy::{Proxy, ProxyKind};
use crate::text::source::Span;

/// The section that lines go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Current {
    /// Before the first section.
    None,
    Global,
    /// Index into [`Draft::defaults`].
    Defaults(usize),
    /// Index into the configuration's proxies.
    Proxy(usize),
    Userlist(usize),
    HttpErrors(usize),
    Program(usize),
    Ring(usize),
    LogForward(usize),
    /// A section that is not implemented: reported once, its lines passed over.
    Skipped(&'static str),
    /// An unknown section keyword, or a section whose head was wrong.
    Broken,
}

/// Everything read so far.
#[derive(Debug)]
pub struct Draft {
    pub config: Config,
    pub defaults: Vec<Proxy>,
    /// Whether a frontend and a backend have inherited from the section of the same index.
    pub heirs: Vec<Heirs>,
    /// The unnamed or last `defaults`, which the next proxy inherits.
    pub last_defaults: Option<usize>,
    pub current: Current,
    /// The section as messages call it (`cursection`).
    pub section: String,
    /// Pattern sets that come from files, shared by all who name them.
    pub files: HashMap<(String, String), PatternSetId>,
    /// `setenv` and its like: `None` is unset.
    pub environment: HashMap<String, Option<String>>,
    pub seen: Seen,
    /// `expose-experimental-directives`
    pub experimental: bool,
    /// What the original would only find out once everything is read.
    pub late: crate::text::diag::Diagnostics,
}

/// Who has inherited from a `defaults` section.
#[derive(Debug, Default, Clone, Copy)]
pub struct Heirs {
    pub front: bool,
    pub back: bool,
}

/// What order warnings need to know about the current proxy.
#[derive(Debug, Default, Clone)]
pub struct Seen {
    pub has_switching: bool,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            config: Config::default(),
            defaults: Vec::new(),
            heirs: Vec::new(),
            last_defaults: None,
            current: Current::None,
            section: String::new(),
            files: HashMap::new(),
            environment: HashMap::new(),
            seen: Seen::default(),
            experimental: false,
            late: crate::text::diag::Diagnostics::default(),
        }
    }
}

impl Draft {
    /// The proxy or `defaults` that lines go to.
    ///
    /// # Panics
    /// Outside of such a section: keywords of proxies are only looked up inside one.
    pub fn proxy(&mut self) -> &mut Proxy {
        match self.current {
            Current::Proxy(i) => &mut self.config.proxies[i],
            Current::Defaults(i) => &mut self.defaults[i],
            _ => unreachable!("a proxy keyword was found in a section that has none"),
        }
    }

    /// Adds a set of patterns and gives its number.
    pub fn add_patterns(&mut self, set: PatternSet) -> PatternSetId {
        self.config.patterns.push(set);
        PatternSetId(self.config.patterns.len() - 1)
    }

    /// A new proxy with everything that its `defaults` say.
    pub fn inherit(&self, name: &str, kind: ProxyKind, at: Span, defaults: Option<usize>) -> Proxy {
        let Some(d) = defaults.and_then(|i| self.defaults.get(i)) else { return Proxy::new(name, kind, at) };
        let mut p = d.clone();
        p.name = name.to_owned();
        p.kind = kind;
        p.at = at;
        p.defaults = (!d.name.is_empty()).then(|| d.name.clone());
        for acl in &mut p.acls {
            acl.inherited = true;
        }
        (p.checks.inherited_http, p.checks.inherited_tcp) = (true, true);
        p
    }
}

//! Where our timeline differs from the original's, and the switch that gives the original's.

/// Which timeline a router follows. Both speak the same bytes, so a pair may mix them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Timing {
    /// The default. Three differences, each of which only shortens a time without service:
    /// * a master whose priority changes says so at once, not with its next advert;
    /// * a backup that hears its master fall below its own priority takes over after a quarter of its skew time, not after
    ///   the rest of the master-down interval (the skew keeps several backups in order);
    /// * a master that yields sends one advert after it removed its addresses, so that the winner announces them again and
    ///   no neighbour keeps a stale entry.
    #[default]
    Prompt,
    /// `--original-timing`, and routers under `vrrp_strict`.
    Original,
}

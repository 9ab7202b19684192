//! The servers of a backend as a balancer sees them, and the choice among them (HAProxy manual 4.2 `balance`).
//!
//! | algorithm | state | who is skipped |
//! |---|---|---|
//! | roundrobin | places of a round ([`Rotation`]) | servers that are full |
//! | static-rr | a place on a map of all weights, which moves on by one | servers that are full |
//! | leastconn | none: load against weight, then how long it is so | servers that are full |
//! | first | none: the first with a free slot | servers that are full |
//! | hashes | a map of all weights, or a ring (`hash-type consistent`) | nobody: the request waits |
//! | hashes of what is not there | a place on the same map or ring, which moves on by one | servers that are full |
//! | random | the ring, with a few draws, of which the least loaded wins | nobody: who draws only full ones waits for any |
//!
//! Backup servers count only when no other is usable: the first of them, or all with `option allbackups`.

use super::hash;
use super::rotation::Rotation;
use crate::ir::proxy::{Balance, HashType};

/// What the balancer must know of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// In sixteenths, so that a slow start can begin small; 0 takes no new sessions.
    pub weight: u32,
    pub backup: bool,
    pub usable: bool,
    /// The server's number in the configuration, which consistent hashing keys on.
    pub id: u32,
}

/// What it must know at the moment of choice.
#[derive(Debug, Clone, Copy, Default)]
pub struct Load {
    /// Sessions on the server and in its queue.
    pub sessions: u32,
    /// Those on the server.
    pub served: u32,
    /// Another session would have to wait.
    pub full: bool,
    /// When its load or its state changed last, as a count of such changes: `leastconn` takes the longest unchanged of
    /// equals.
    pub since: u64,
}

/// Sixteenths in one unit of weight.
pub const SCALE: u32 = 16;

#[derive(Debug)]
pub struct Farm {
    algorithm: Algorithm,
    consistent: bool,
    allbackups: bool,
    members: Vec<Member>,
    /// Indices of the servers in use.
    used: Vec<usize>,
    /// Of those that are no backup, and of those that are.
    turns: [Rotation; 2],
    /// Server by weighted place, for hashes without a ring.
    map: Vec<usize>,
    /// (key, server), sorted.
    ring: Vec<(u32, usize)>,
    /// Where the rotation on the map or ring stands.
    turn: usize,
    /// `hash-balance-factor`: percent of its share that a server of the ring may have; 0 is no limit.
    factor: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    RoundRobin,
    StaticRr,
    LeastConn,
    First,
    Hash,
    Random(u32),
}

impl Farm {
    pub fn new(balance: &Balance, hash_type: HashType, allbackups: bool, members: Vec<Member>) -> Self {
        let algorithm = match balance {
            Balance::RoundRobin => Algorithm::RoundRobin,
            Balance::StaticRr => Algorithm::StaticRr,
            Balance::LeastConn => Algorithm::LeastConn,
            Balance::First => Algorithm::First,
            Balance::Random { draws } => Algorithm::Random((*draws).max(1)),
            Balance::None => Algorithm::First,
            _ => Algorithm::Hash,
        };
        let mut farm = Self {
            algorithm,
            consistent: hash_type.consistent,
            allbackups,
            turns: [false, true].map(|backup| Rotation::new(members.iter().map(|m| share(m, backup)))),
            members,
            used: Vec::new(),
            map: Vec::new(),
            ring: Vec::new(),
            turn: 0,
            factor: 0,
        };
        farm.rebuild();
        farm
    }

    /// With a limit to what one server may get of a consistent hash, in percent of its share; 0 is none.
    #[must_use]
    pub fn bounded(self, factor: u32) -> Self {
        Self { factor, ..self }
    }

    /// A server came, went, or changed its weight.
    pub fn set(&mut self, server: usize, member: Member) {
        if self.members[server] != member {
            self.members[server] = member;
            for (turns, backup) in self.turns.iter_mut().zip([false, true]) {
                turns.set(server, share(&member, backup));
            }
            self.rebuild();
        }
    }

    /// One more server.
    pub fn push(&mut self, member: Member) {
        self.members.push(member);
        for (turns, backup) in self.turns.iter_mut().zip([false, true]) {
            turns.add(share(&member, backup));
        }
        self.rebuild();
    }

    pub fn member(&self, server: usize) -> Member {
        self.members[server]
    }

    /// Nobody can be chosen.
    pub fn is_empty(&self) -> bool {
        self.used.is_empty()
    }

    /// Indices of the servers in use.
    pub fn used(&self) -> &[usize] {
        &self.used
    }

    fn rebuild(&mut self) {
        let fit = |backup: bool| move |(_, m): &(usize, &Member)| m.usable && m.weight > 0 && m.backup == backup;
        self.used = self.members.iter().enumerate().filter(fit(false)).map(|(i, _)| i).collect();
        if self.used.is_empty() {
            self.used = self.members.iter().enumerate().filter(fit(true)).map(|(i, _)| i).collect();
            if !self.allbackups {
                self.used.truncate(1);
            }
        }
        self.map.clear();
        self.ring.clear();
        match self.algorithm {
            Algorithm::Random(_) => self.build_ring(),
            Algorithm::Hash if self.consistent => self.build_ring(),
            Algorithm::Hash | Algorithm::StaticRr => self.build_map(),
            _ => {}
        }
    }

    /// Each server stands in the map as often as its weight says, spread as the rotation would spread it.
    fn build_map(&mut self) {
        let weight = |m: &Member| u64::from(m.weight.div_ceil(SCALE));
        // Of all servers, so that the map keeps its scale when some of them go.
        let divisor = self.members.iter().map(weight).fold(0, gcd).max(1);
        let weights: Vec<i64> = self.used.iter().map(|&i| (weight(&self.members[i]) / divisor).cast_signed()).collect();
        let total: i64 = weights.iter().sum();
        let mut score = vec![0i64; weights.len()];
        for _ in 0..total {
            let mut best: Option<(usize, i64)> = None;
            for (i, w) in weights.iter().enumerate() {
                score[i] += w;
                let level = (score[i] + total) / total;
                if best.is_none_or(|(_, l)| level > l) {
                    best = Some((i, level));
                }
            }
            let Some((i, _)) = best else { return };
            score[i] -= total;
            self.map.push(self.used[i]);
        }
    }

    fn build_ring(&mut self) {
        const PLACES: u32 = 4096;
        for &i in &self.used {
            let m = self.members[i];
            for node in 0..m.weight {
                let key = hash::avalanche(m.id.wrapping_mul(PLACES).wrapping_add(node));
                self.ring.push((key, i));
            }
        }
        self.ring.sort_unstable();
    }

    /// Chooses a server. `key` is the hash of what the algorithm looks at, when that is there; `avoid` has just failed
    /// and is taken only when nobody else can be. `None`: everybody is full, or nobody is usable.
    pub fn pick(
        &mut self,
        key: Option<u32>,
        avoid: Option<usize>,
        chance: &mut dyn FnMut() -> u32,
        load: &dyn Fn(usize) -> Load,
    ) -> Option<usize> {
        match (self.algorithm, key) {
            (Algorithm::Hash, Some(key)) => self.by_hash(key, avoid, load),
            (Algorithm::Random(draws), _) => self.by_chance(draws, avoid, chance, load),
            (Algorithm::LeastConn, _) => self.least_loaded(avoid, load),
            (Algorithm::First, _) => self.first_free(avoid, load),
            (Algorithm::Hash, None) | (Algorithm::StaticRr, _) => self.next_place(avoid, load),
            (Algorithm::RoundRobin, _) => self.rotate(avoid, load),
        }
    }

    fn by_hash(&self, key: u32, avoid: Option<usize>, load: &dyn Fn(usize) -> Load) -> Option<usize> {
        if !self.consistent {
            let n = u32::try_from(self.map.len()).ok().filter(|&n| n > 0)?;
            return Some(self.map[(key % n) as usize]);
        }
        let n = self.ring.len();
        let next = self.ring.partition_point(|&(k, _)| k < key) % n.max(1);
        let (after, before) = (*self.ring.get(next)?, self.ring[(next + n - 1) % n]);
        // The nearer of the two neighbours, the lower one when both are equally near.
        let near = if key.wrapping_sub(before.0) <= after.0.wrapping_sub(key) { (next + n - 1) % n } else { next };
        let onward = (0..n).map(|i| self.ring[(near + i) % n].1);
        let share = (self.factor > 0).then(|| self.shares(load));
        let fits = |s: usize| share.as_ref().is_none_or(|share| load(s).served < share[s]);
        let willing = onward.clone().filter(|&s| Some(s) != avoid);
        willing.clone().find(|&s| fits(s)).or_else(|| willing.clone().next()).or(avoid)
    }

    /// How many sessions each server may have now that one more comes: its part, by weight, of all of them times the factor.
    fn shares(&self, load: &dyn Fn(usize) -> Load) -> Vec<u32> {
        let all: u64 = (0..self.members.len()).map(|s| u64::from(load(s).served)).sum();
        let slots = ((all + 1) * u64::from(self.factor)).div_ceil(100);
        let total: u64 = self.used.iter().map(|&s| u64::from(self.members[s].weight)).sum::<u64>().max(1);
        let (whole, rest) = (slots / total, slots % total);
        let mut shares = vec![0; self.members.len()];
        let mut before = 0;
        for &s in &self.used {
            let weight = u64::from(self.members[s].weight);
            // What is left over is parted so that it adds up.
            let part = (before + weight) * rest / total - before * rest / total;
            shares[s] = u32::try_from(weight * whole + part).unwrap_or(u32::MAX).max(1);
            before += weight;
        }
        shares
    }

    fn by_chance(
        &self,
        draws: u32,
        avoid: Option<usize>,
        chance: &mut dyn FnMut() -> u32,
        load: &dyn Fn(usize) -> Load,
    ) -> Option<usize> {
        let mut best: Option<(usize, Load)> = None;
        for _ in 0..draws {
            let s = self.on_ring(chance(), avoid)?;
            let l = load(s);
            if best.is_none_or(|(b, bl)| self.is_lighter((s, l), (b, bl))) {
                best = Some((s, l));
            }
        }
        best.filter(|(_, l)| !l.full).map(|(s, _)| s)
    }

    fn on_ring(&self, key: u32, avoid: Option<usize>) -> Option<usize> {
        let n = self.ring.len();
        let at = self.ring.partition_point(|&(k, _)| k < key);
        (0..n).map(|i| self.ring[(at + i) % n].1).find(|&s| Some(s) != avoid).or_else(|| self.used.first().copied())
    }

    /// `a` has less load for its weight than `b`.
    fn is_lighter(&self, a: (usize, Load), b: (usize, Load)) -> bool {
        let cost = |x: (usize, Load), y: usize| u64::from(x.1.sessions) * u64::from(self.members[y].weight);
        cost(a, b.0) < cost(b, a.0)
    }

    /// Walks the map or the ring, from the place behind the last.
    fn next_place(&mut self, avoid: Option<usize>, load: &dyn Fn(usize) -> Load) -> Option<usize> {
        let ring = self.algorithm == Algorithm::Hash && self.consistent;
        let n = if ring { self.ring.len() } else { self.map.len() };
        let at = |place: usize| if ring { self.ring[place].1 } else { self.map[place] };
        // The end is noticed late: a map that grew meanwhile goes on behind it.
        let start = if self.turn < n { self.turn } else { 0 };
        let places = (0..n).map(|i| (start + i) % n).filter(|&p| !load(at(p)).full);
        let place = places.clone().find(|&p| Some(at(p)) != avoid).or_else(|| places.clone().next())?;
        self.turn = place + 1;
        Some(at(place))
    }

    /// The least loaded, and of equals the one whose load has not changed for longest.
    fn least_loaded(&self, avoid: Option<usize>, load: &dyn Fn(usize) -> Load) -> Option<usize> {
        let rank = |&s: &usize| {
            let l = load(s);
            (!l.full).then(|| (Some(s) == avoid, self.burden(s, l), l.since, s))
        };
        self.used.iter().filter_map(rank).min().map(|r| r.3)
    }

    /// What another session would make of its load, in 256ths of a unit of weight; an idle server has none, whatever
    /// its weight.
    fn burden(&self, s: usize, load: Load) -> u64 {
        let largest = u64::from(256 * SCALE);
        let weight = u64::from(self.members[s].weight.max(1));
        if load.sessions == 0 { 0 } else { (u64::from(load.sessions) + 1) * largest / weight }
    }

    fn first_free(&self, avoid: Option<usize>, load: &dyn Fn(usize) -> Load) -> Option<usize> {
        let free = |s: &usize| !load(*s).full;
        let mut order: Vec<usize> = self.used.clone();
        order.sort_by_key(|&i| self.members[i].id);
        let all = order.iter().copied();
        all.clone().filter(|&s| Some(s) != avoid).find(free).or_else(|| all.clone().find(free))
    }

    /// Whose turn it is.
    fn rotate(&mut self, avoid: Option<usize>, load: &dyn Fn(usize) -> Load) -> Option<usize> {
        let first = *self.used.first()?;
        let backup = self.members[first].backup;
        if backup && !self.allbackups {
            return Some(first).filter(|&s| !load(s).full);
        }
        let turns = &mut self.turns[usize::from(backup)];
        turns.pick(avoid, &|s| !load(s).full)
    }
}

/// The weight of a server among those that are, or are no, backup.
fn share(m: &Member, backup: bool) -> u32 {
    if m.usable && m.backup == backup { m.weight } else { 0 }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn farm(balance: &Balance, weights: &[u32]) -> Farm {
        let members = weights
            .iter()
            .enumerate()
            .map(|(i, w)| Member { weight: w * SCALE, backup: false, usable: true, id: i as u32 + 1 })
            .collect();
        Farm::new(balance, HashType::default(), false, members)
    }

    fn picks(f: &mut Farm, n: usize) -> Vec<usize> {
        (0..n).filter_map(|_| f.pick(None, None, &mut || 0, &|_| Load::default())).collect()
    }

    #[test]
    fn equal_servers_take_turns_from_the_first() {
        assert_eq!(picks(&mut farm(&Balance::RoundRobin, &[1, 1, 1]), 7), [0, 1, 2, 0, 1, 2, 0]);
    }

    #[test]
    fn weights_are_spread_evenly() {
        let got = picks(&mut farm(&Balance::RoundRobin, &[5, 1, 1]), 7);
        assert_eq!(got.iter().filter(|&&s| s == 0).count(), 5);
        assert!(got.windows(4).all(|w| w.contains(&0)), "{got:?}");
    }

    #[test]
    fn full_servers_are_passed_over_and_none_is_none() {
        let mut f = farm(&Balance::RoundRobin, &[1, 1]);
        for _ in 0..3 {
            assert_eq!(f.pick(None, None, &mut || 0, &|s| Load { full: s == 0, ..Load::default() }), Some(1));
        }
        assert_eq!(f.pick(None, None, &mut || 0, &|_| Load { full: true, ..Load::default() }), None);
    }

    #[test]
    fn failed_server_is_taken_only_alone() {
        let mut f = farm(&Balance::RoundRobin, &[1, 1]);
        assert_eq!(f.pick(None, Some(0), &mut || 0, &|_| Load::default()), Some(1));
        let mut f = farm(&Balance::RoundRobin, &[1]);
        assert_eq!(f.pick(None, Some(0), &mut || 0, &|_| Load::default()), Some(0));
    }

    #[test]
    fn backups_serve_when_nobody_else_does() {
        let mut f = farm(&Balance::RoundRobin, &[1, 1, 1]);
        for s in 1..3 {
            f.set(s, Member { backup: true, ..f.member(s) });
        }
        assert_eq!(picks(&mut f, 2), [0, 0]);
        f.set(0, Member { usable: false, ..f.member(0) });
        assert_eq!(picks(&mut f, 2), [1, 1]);
        f.set(1, Member { weight: 0, ..f.member(1) });
        f.set(2, Member { usable: false, ..f.member(2) });
        assert!(f.is_empty());
    }

    #[test]
    fn least_loaded_counts_weights_and_of_equals_the_longest_unchanged_is_taken() {
        let mut f = farm(&Balance::LeastConn, &[1, 2]);
        let load = |s: usize| Load { sessions: [2, 3][s], ..Load::default() };
        assert_eq!(f.pick(None, None, &mut || 0, &load), Some(1));
        let mut f = farm(&Balance::LeastConn, &[1, 1, 1]);
        let load = |s: usize| Load { since: [7, 5, 6][s], ..Load::default() };
        assert_eq!(f.pick(None, None, &mut || 0, &load), Some(1));
    }

    #[test]
    fn without_a_key_the_map_is_walked() {
        let mut f = farm(&Balance::Source, &[1, 3, 2, 10]);
        let by_key: Vec<_> = (0..16).map(|h| f.pick(Some(h), None, &mut || 0, &|_| Load::default())).collect();
        let walked: Vec<_> = (0..16).map(|_| f.pick(None, None, &mut || 0, &|_| Load::default())).collect();
        assert_eq!(walked, by_key);
    }

    #[test]
    fn map_follows_the_weights_in_lowest_terms() {
        let mut f = farm(&Balance::Source, &[20, 10]);
        let got: Vec<_> = (0..6).map(|h| f.pick(Some(h), None, &mut || 0, &|_| Load::default())).collect();
        assert_eq!(got.iter().filter(|s| **s == Some(0)).count(), 4);
        assert_eq!(got[..3], got[3..]);
    }

    #[test]
    fn ring_moves_only_the_keys_of_the_server_that_went() {
        let mut f = farm(&Balance::Source, &[1, 1, 1]);
        f.consistent = true;
        f.rebuild();
        let all = |f: &mut Farm| -> Vec<_> {
            (0..1000u32)
                .map(|i| f.pick(Some(hash::avalanche(i)), None, &mut || 0, &|_| Load::default()).expect("someone"))
                .collect()
        };
        let before = all(&mut f);
        f.set(1, Member { usable: false, ..f.member(1) });
        for (b, a) in before.iter().zip(all(&mut f)) {
            assert!(*b == a || *b == 1);
        }
    }
}

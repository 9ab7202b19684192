//! Turns that follow weights, in the order in which HAProxy 2.6.12 gives them (manual 4.2 `balance roundrobin`).
//!
//! A round has as many places as the weights add up to, and a server's places lie a round divided by its weight apart. Each
//! turn takes the next place:
//!
//! ```text
//!             due: its place is reached      nobody is due: by weight           nobody waits either
//!  scheduled ───────────────────────▶ turn ◀──────────────────────── waiting    the nearest place counts
//!      ▲                               │                                ▲
//!      └── next place lies in the round ┴── it lies behind it ─▶ later ──┘ once all have had their places
//! ```
//! Nobody ever has to be searched for: three ordered sets hold the servers. The order, also what a change of weight does
//! to it, was found by comparing sequences of the original under thousands of changes.

use std::collections::BTreeSet;

use super::farm::SCALE;

#[derive(Debug, Default)]
pub struct Rotation {
    turns: Vec<Turn>,
    /// Waiting for their first place of the round: the heaviest first, then as they came.
    waiting: BTreeSet<ByWeight>,
    scheduled: BTreeSet<ByPlace>,
    later: BTreeSet<ByWeight>,
    /// Turns of this round so far.
    place: i64,
    /// Sum of all weights, and what it was when the round began.
    total: i64,
    total_at_start: i64,
    /// Numbers the entries of the sets.
    arrivals: u64,
}

/// (weight against, arrival, server)
type ByWeight = (i64, u64, usize);
/// (place, rest against weight, arrival, server)
type ByPlace = (i64, i64, u64, usize);

#[derive(Debug, Default, Clone, Copy)]
struct Turn {
    /// 0: takes no turns.
    weight: i64,
    last: i64,
    next: i64,
    /// What is left over of places that are no whole numbers, in parts of the weight.
    rest: i64,
    arrival: u64,
    at: At,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum At {
    #[default]
    Nowhere,
    Waiting,
    Scheduled,
    Later,
}

impl Rotation {
    /// Servers with these weights; 0 takes no turns.
    pub fn new(weights: impl Iterator<Item = u32>) -> Self {
        let mut r = Self::default();
        for (i, weight) in weights.enumerate() {
            r.turns.push(Turn { weight: weight.into(), ..Turn::default() });
            r.total += i64::from(weight);
            if weight > 0 {
                r.put(i, At::Waiting);
            }
        }
        r.total_at_start = r.total;
        r
    }

    /// One more server.
    pub fn add(&mut self, weight: u32) {
        self.turns.push(Turn::default());
        self.set(self.turns.len() - 1, weight);
    }

    /// A server's weight changes, comes or goes.
    pub fn set(&mut self, server: usize, weight: u32) {
        let (old, weight) = (self.turns[server].weight, i64::from(weight));
        if old == weight {
            return;
        }
        let was = self.take(server);
        self.total += weight - old;
        let (place, total) = (self.place, self.total);
        let t = &mut self.turns[server];
        t.weight = weight;
        if weight == 0 {
            return;
        }
        match was {
            At::Waiting => return self.put(server, At::Waiting),
            At::Nowhere => {
                t.last = place;
                t.next = place + (total - place).div_euclid(weight);
            }
            At::Scheduled | At::Later => {
                let step = total / weight;
                t.next = t.next.min(t.last + step);
                t.rest = 0;
                if t.next < place + 2 {
                    t.next = place + step;
                }
            }
        }
        self.schedule(server);
    }

    /// The next server for which `fits` holds; `avoid` only when nobody else does. Whoever is passed over has had its turn.
    pub fn pick(&mut self, avoid: Option<usize>, fits: &dyn Fn(usize) -> bool) -> Option<usize> {
        let (mut passed, mut avoided, mut began) = (Vec::new(), None, false);
        let found = loop {
            let Some(server) = self.nearest() else {
                if began {
                    break None;
                }
                began = true;
                self.begin_round();
                continue;
            };
            self.have_turn(server);
            if fits(server) {
                if Some(server) != avoid {
                    break Some(server);
                }
                avoided = avoid;
            }
            passed.push(server);
        };
        let chosen = found.or(avoided);
        if let Some(server) = chosen {
            self.schedule(server);
        }
        for server in passed.into_iter().rev().filter(|s| chosen != Some(*s)) {
            // In a new round a place that nobody took is lost.
            if began { self.put(server, At::Waiting) } else { self.schedule(server) }
        }
        chosen
    }

    /// Whose turn it is in this round.
    fn nearest(&self) -> Option<usize> {
        let scheduled = self.scheduled.first().map(|e| (e.0, e.3));
        let due = scheduled.filter(|(next, _)| *next <= self.place);
        let waiting = || self.waiting.first().map(|e| e.2);
        due.map(|(_, s)| s).or_else(waiting).or_else(|| scheduled.map(|(_, s)| s))
    }

    /// Takes a server out of its set and moves its place on.
    fn have_turn(&mut self, server: usize) {
        let was = self.take(server);
        let (place, total) = (self.place, self.total);
        let t = &mut self.turns[server];
        if was == At::Waiting {
            (t.next, t.rest) = (place, 0);
        }
        t.last = t.next;
        t.next += total / t.weight;
        t.rest += total % t.weight;
        if t.rest >= t.weight {
            t.rest -= t.weight;
            t.next += 1;
        }
        self.place += 1;
    }

    fn begin_round(&mut self) {
        let all = std::mem::take(&mut self.later);
        all.iter().for_each(|e| self.turns[e.2].at = At::Waiting);
        self.waiting = all;
        self.place = 0;
        self.total_at_start = self.total;
    }

    fn schedule(&mut self, server: usize) {
        let end = self.total.min(self.total_at_start);
        self.put(server, if self.turns[server].next >= end { At::Later } else { At::Scheduled });
    }

    fn put(&mut self, server: usize, at: At) {
        self.arrivals += 1;
        let t = &mut self.turns[server];
        (t.at, t.arrival) = (at, self.arrivals);
        let t = *t;
        match at {
            At::Waiting => self.waiting.insert(by_weight(&t, server)),
            At::Later => self.later.insert(by_weight(&t, server)),
            At::Scheduled => self.scheduled.insert(by_place(&t, server)),
            At::Nowhere => false,
        };
    }

    /// Takes a server out of its set and says which that was.
    fn take(&mut self, server: usize) -> At {
        let t = self.turns[server];
        match t.at {
            At::Waiting => self.waiting.remove(&by_weight(&t, server)),
            At::Later => self.later.remove(&by_weight(&t, server)),
            At::Scheduled => self.scheduled.remove(&by_place(&t, server)),
            At::Nowhere => false,
        };
        self.turns[server].at = At::Nowhere;
        t.at
    }
}

fn by_weight(t: &Turn, server: usize) -> ByWeight {
    (-t.weight, t.arrival, server)
}

fn by_place(t: &Turn, server: usize) -> ByPlace {
    // Whole units decide; the parts that a slow start gives do not.
    (t.next, (t.rest - t.weight).div_euclid(SCALE.into()), t.arrival, server)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(r: &mut Rotation, n: usize) -> String {
        (0..n).filter_map(|_| r.pick(None, &|_| true)).map(|s| s.to_string()).collect()
    }

    fn rotation(weights: &[u32]) -> Rotation {
        Rotation::new(weights.iter().map(|w| w * 16))
    }

    /// Each was recorded from HAProxy 2.6.12.
    #[test]
    fn order_is_the_originals() {
        for (weights, order) in [
            (&[1, 1, 1][..], "012012012012"),
            (&[1, 2, 3], "212021212021212021"),
            (&[5, 1, 1], "000100200010020001002"),
            (&[1, 5], "111110111110"),
            (&[7, 3, 2, 5], "030130203103001320301302031030013203013020310300132030130203"),
            (&[2, 3, 5, 7, 11], "434214342340431243424314342043421434234043124342431434204342"),
            (&[13, 1, 18, 14], "232032032120320320322032302302320230232032023023203203212032"),
            (&[11, 3, 10, 12, 10, 16], "530524305124350523405325403524105352043520435502345130254350"),
        ] {
            assert_eq!(turns(&mut rotation(weights), order.len()), order, "{weights:?}");
        }
    }

    /// Weights, the turns at first, and then: (server, its new weight, what follows).
    type Course = (&'static [u32], &'static str, &'static [(usize, u32, &'static str)]);

    /// So was this.
    #[test]
    fn order_after_changes_is_the_originals() {
        let cases: [Course; 5] = [
            (&[1, 1, 1], "01201", &[(0, 2, "20102010201020102010"), (0, 1, "21021021021021021021")]),
            (&[1, 1, 1], "0120", &[(1, 0, "2020202020"), (1, 1, "20120120120120120120")]),
            (
                &[3, 2, 1],
                "0102010",
                &[
                    (2, 5, "102201202210220120221022012022"),
                    (0, 0, "1221221222"),
                    (0, 3, "120201220212020122021202012202"),
                ],
            ),
            (&[1, 2, 3], "21202", &[(2, 0, "111101101101"), (2, 3, "120212120212120212120212120212")]),
            (&[256, 1], "00000000000000000000", &[(1, 256, "01010101010101010101")]),
        ];
        for (weights, before, changes) in cases {
            let mut r = rotation(weights);
            assert_eq!(turns(&mut r, before.len()), before, "{weights:?}");
            for (server, weight, after) in changes {
                r.set(*server, weight * 16);
                assert_eq!(turns(&mut r, after.len()), *after, "{weights:?} {server} {weight}");
            }
        }
    }

    #[test]
    fn whoever_does_not_fit_is_passed_over() {
        let mut r = rotation(&[1, 1, 1]);
        for _ in 0..200 {
            assert_ne!(r.pick(None, &|s| s != 1), Some(1));
        }
        assert_eq!(r.pick(None, &|_| false), None);
    }
}

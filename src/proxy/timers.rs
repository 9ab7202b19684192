//! Deadlines of one thread: a wheel of lists, so that arming is cheap and thousands of timers cost one sleeping task.
//!
//! A timer fires at the first tick behind its deadline: 0 to [`TICK`] late, never early. Moving a deadline further away
//! only writes it down; the wheel finds out when the old place comes up. A [`Timer`] belongs to one waiting task.
//!
//! ```text
//!   level 0: 256 ticks of 8 ms = 2 s     level 1: 256 × 2 s = 9 min     level 2: 256 × 9 min = 37 h (the furthest place)
//! ```

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::clock::{self, Moment};

/// Resolution of the wheel.
pub const TICK: Duration = Duration::from_millis(8);
const TICK_NANOS: u64 = TICK.as_nanos() as u64;
const LEVELS: usize = 3;
const SLOTS: usize = 256;
const NIL: u32 = u32::MAX;

struct Entry {
    /// Tick at which it is due; `u64::MAX` when disarmed.
    due: u64,
    /// Where it is linked: level * SLOTS + slot, or `NIL`.
    place: u32,
    prev: u32,
    next: u32,
    waker: Option<Waker>,
}

struct Wheel {
    start: Moment,
    /// Every tick up to this one has been served.
    served: u64,
    entries: slab::Slab<Entry>,
    heads: Vec<u32>,
    occupied: [[u64; SLOTS / 64]; LEVELS],
    /// Tick that the driver sleeps towards.
    sleeping_until: u64,
    driver: Option<Waker>,
}

/// The wheel of a thread.
#[derive(Clone)]
pub struct Timers(Rc<RefCell<Wheel>>);

/// One deadline of one task. Disarmed when made, gone when dropped.
pub struct Timer {
    wheel: Timers,
    key: u32,
    due: Cell<u64>,
}

impl Default for Timers {
    fn default() -> Self {
        Self::new()
    }
}

impl Timers {
    pub fn new() -> Self {
        Self(Rc::new(RefCell::new(Wheel {
            start: clock::now(),
            served: 0,
            entries: slab::Slab::new(),
            heads: vec![NIL; LEVELS * SLOTS],
            occupied: [[0; SLOTS / 64]; LEVELS],
            sleeping_until: u64::MAX,
            driver: None,
        })))
    }

    pub fn timer(&self) -> Timer {
        let entry = Entry { due: u64::MAX, place: NIL, prev: NIL, next: NIL, waker: None };
        let key = self.0.borrow_mut().entries.insert(entry) as u32;
        Timer { wheel: self.clone(), key, due: Cell::new(u64::MAX) }
    }

    /// Serves the wheel for ever; one such task a thread.
    pub async fn drive(self) {
        loop {
            let next = self.0.borrow_mut().serve(clock::refresh());
            let sleep = async {
                match next {
                    Some(at) => tokio::time::sleep(at.since(clock::now())).await,
                    None => std::future::pending().await,
                }
            };
            let mut sleep = std::pin::pin!(sleep);
            std::future::poll_fn(|cx| {
                let mut wheel = self.0.borrow_mut();
                if wheel.sleeping_until == 0 {
                    return Poll::Ready(());
                }
                if !wheel.driver.as_ref().is_some_and(|w| w.will_wake(cx.waker())) {
                    wheel.driver = Some(cx.waker().clone());
                }
                drop(wheel);
                sleep.as_mut().poll(cx)
            })
            .await;
        }
    }

    /// Wakes every waiting task, so that it looks at what changed (the process stops, sessions are shut).
    pub fn wake_all(&self) {
        let wakers: Vec<Waker> = self.0.borrow().entries.iter().filter_map(|(_, e)| e.waker.clone()).collect();
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Wheel {
    fn tick_of(&self, at: Moment) -> u64 {
        at.nanos_since(self.start).div_ceil(TICK_NANOS)
    }

    fn moment_of(&self, tick: u64) -> Moment {
        self.start + Duration::from_micros(tick * TICK.as_micros() as u64)
    }

    /// Wakes what is due and says when to come again.
    fn serve(&mut self, now: Moment) -> Option<Moment> {
        let now_tick = now.nanos_since(self.start) / TICK_NANOS;
        while self.served < now_tick {
            let Some(next) = self.next_occupied() else {
                self.served = now_tick;
                break;
            };
            if next > now_tick {
                self.served = now_tick;
                break;
            }
            self.served = next;
            self.turn(next);
        }
        let next = self.next_occupied();
        self.sleeping_until = next.unwrap_or(u64::MAX);
        next.map(|t| self.moment_of(t))
    }

    /// The next tick at which some list has to be looked at.
    fn next_occupied(&self) -> Option<u64> {
        (0..LEVELS)
            .filter_map(|level| {
                let shift = 8 * level as u32;
                let base = self.served >> shift;
                let slot = self.next_bit(level, (base as usize + 1) % SLOTS)?;
                let ahead = (slot + SLOTS - (base as usize + 1) % SLOTS) % SLOTS;
                Some((base + 1 + ahead as u64) << shift)
            })
            .min()
    }

    fn next_bit(&self, level: usize, from: usize) -> Option<usize> {
        let words = &self.occupied[level];
        (0..=words.len()).find_map(|i| {
            let at = (from / 64 + i) % words.len();
            let mut word = words[at];
            if i == 0 {
                word &= u64::MAX << (from % 64);
            } else if i == words.len() {
                word &= !(u64::MAX << (from % 64));
            }
            (word != 0).then(|| at * 64 + word.trailing_zeros() as usize)
        })
    }

    /// Empties the lists that tick `t` brings up: wakes what is due, moves the rest closer.
    fn turn(&mut self, t: u64) {
        for level in (0..LEVELS).rev() {
            let shift = 8 * level as u32;
            if t & ((1 << shift) - 1) != 0 {
                continue;
            }
            let place = level * SLOTS + (t >> shift) as usize % SLOTS;
            while self.heads[place] != NIL {
                let key = self.heads[place];
                self.unlink(key);
                let entry = &mut self.entries[key as usize];
                if entry.due <= t {
                    if let Some(w) = entry.waker.take() {
                        w.wake();
                    }
                } else if entry.due != u64::MAX {
                    self.link(key);
                }
            }
        }
    }

    fn link(&mut self, key: u32) {
        let due = self.entries[key as usize].due;
        let ahead = due.saturating_sub(self.served).max(1);
        let level = (0..LEVELS - 1).find(|l| ahead < (SLOTS as u64) << (8 * l)).unwrap_or(LEVELS - 1);
        let shift = 8 * level as u32;
        // The furthest place is looked at again when it comes up.
        let units = (due.max(self.served + 1) >> shift).min((self.served >> shift) + SLOTS as u64 - 1);
        let slot = units as usize % SLOTS;
        let place = level * SLOTS + slot;
        let head = self.heads[place];
        let entry = &mut self.entries[key as usize];
        (entry.place, entry.prev, entry.next) = (place as u32, NIL, head);
        if head != NIL {
            self.entries[head as usize].prev = key;
        }
        self.heads[place] = key;
        self.occupied[level][slot / 64] |= 1 << (slot % 64);
        let at = units << shift;
        if at < self.sleeping_until {
            self.sleeping_until = 0;
            if let Some(w) = &self.driver {
                w.wake_by_ref();
            }
        }
    }

    fn unlink(&mut self, key: u32) {
        let entry = &mut self.entries[key as usize];
        let (place, prev, next) = (entry.place, entry.prev, entry.next);
        if place == NIL {
            return;
        }
        entry.place = NIL;
        if next != NIL {
            self.entries[next as usize].prev = prev;
        }
        if prev != NIL {
            self.entries[prev as usize].next = next;
            return;
        }
        let place = place as usize;
        self.heads[place] = next;
        if next == NIL {
            self.occupied[place / SLOTS][place % SLOTS / 64] &= !(1 << (place % 64));
        }
    }
}

impl Timer {
    /// Sets the deadline; `None` is never.
    pub fn arm(&self, at: Option<Moment>) {
        let mut wheel = self.wheel.0.borrow_mut();
        let due = at.map_or(u64::MAX, |at| wheel.tick_of(at));
        let before = self.due.replace(due);
        let entry = &mut wheel.entries[self.key as usize];
        entry.due = due;
        // A later deadline is found out when the old place comes up.
        if due == u64::MAX || (entry.place != NIL && due >= before) {
            return;
        }
        wheel.unlink(self.key);
        wheel.link(self.key);
    }

    /// `now + after`; no duration is never.
    pub fn arm_after(&self, now: Moment, after: Option<Duration>) {
        self.arm(after.map(|d| now + d));
    }

    /// Ready once the deadline has passed; otherwise the task is woken then (and by [`Timers::wake_all`]).
    pub fn poll_elapsed(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut wheel = self.wheel.0.borrow_mut();
        let served = wheel.served;
        let entry = &mut wheel.entries[self.key as usize];
        if entry.due <= served {
            drop(wheel);
            clock::refresh();
            return Poll::Ready(());
        }
        if !entry.waker.as_ref().is_some_and(|w| w.will_wake(cx.waker())) {
            entry.waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    pub async fn elapsed(&self) {
        std::future::poll_fn(|cx| self.poll_elapsed(cx)).await;
    }

    /// Sleeps for `after`.
    pub async fn sleep(&self, after: Duration) {
        self.arm(Some(clock::refresh() + after));
        self.elapsed().await;
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        let mut wheel = self.wheel.0.borrow_mut();
        wheel.unlink(self.key);
        wheel.entries.remove(self.key as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<F: Future>(f: impl FnOnce(Timers) -> F) -> F::Output {
        let rt = tokio::runtime::LocalRuntime::new().expect("a runtime");
        rt.block_on(async {
            let timers = Timers::new();
            tokio::task::spawn_local(timers.clone().drive());
            f(timers).await
        })
    }

    #[test]
    fn timers_are_never_early_and_hardly_late() {
        run(|timers| async move {
            for ms in [1, 8, 20, 2100] {
                let t = timers.timer();
                let began = clock::refresh();
                t.sleep(Duration::from_millis(ms)).await;
                let took = began.elapsed();
                assert!(took >= Duration::from_millis(ms), "{ms} ms took {took:?}");
                assert!(took < Duration::from_millis(ms + 60), "{ms} ms took {took:?}");
            }
        });
    }

    #[test]
    fn deadline_moved_away_does_not_fire_at_its_old_place() {
        run(|timers| async move {
            let t = timers.timer();
            let began = clock::refresh();
            t.arm(Some(began + Duration::from_millis(10)));
            t.arm(Some(began + Duration::from_millis(60)));
            t.elapsed().await;
            assert!(began.elapsed() >= Duration::from_millis(60));
            t.arm(Some(began + Duration::from_secs(3600)));
            t.arm(Some(clock::refresh() + Duration::from_millis(5)));
            t.elapsed().await;
            assert!(began.elapsed() < Duration::from_secs(2));
        });
    }

    #[test]
    fn places_near_and_far_all_come_up() {
        let timers = Timers::new();
        let all: Vec<Timer> = (0..60u64).map(|_| timers.timer()).collect();
        let start = timers.0.borrow().start;
        for (i, t) in all.iter().enumerate() {
            t.arm(Some(start + Duration::from_millis(37 << (i / 3))));
        }
        // Steps through virtual time by the wheel's own word and sees each timer due in its tick.
        let mut now = start;
        loop {
            let Some(next) = timers.0.borrow_mut().serve(now) else { break };
            assert!(next > now);
            now = next;
            let served = timers.0.borrow().served;
            for t in &all {
                if t.due.get() < served {
                    assert_eq!(timers.0.borrow().entries[t.key as usize].place, NIL);
                }
            }
            if served > 1 << 30 {
                break;
            }
        }
        assert!(all.iter().all(|t| timers.0.borrow().entries[t.key as usize].place == NIL));
    }
}

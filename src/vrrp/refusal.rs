//! Neighbours whose adverts are refused: two nodes that do this to each other are both master, and should say so.

use std::{collections::BTreeMap, net::IpAddr};

use super::verdict::Rejection;

/// Senders that are kept; whoever forges more of them learns nothing and takes no memory.
const MOST: usize = 16;

/// What was refused from one sender since it was last believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The last reason.
    pub why: Rejection,
    pub count: u64,
}

/// All refusals of one router since its last change of state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusals(BTreeMap<IpAddr, Refusal>);

impl Refusals {
    /// Counts a refusal. Whether it is news: another sender, or another reason.
    pub fn note(&mut self, from: IpAddr, why: Rejection) -> bool {
        if let Some(known) = self.0.get_mut(&from) {
            known.count += 1;
            let same = std::mem::discriminant(&known.why) == std::mem::discriminant(&why);
            known.why = why;
            return !same;
        }
        let room = self.0.len() < MOST;
        if room {
            self.0.insert(from, Refusal { why, count: 1 });
        }
        room
    }

    /// The sender has been believed.
    pub fn forgive(&mut self, from: IpAddr) {
        self.0.remove(&from);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn iter(&self) -> impl Iterator<Item = (IpAddr, &Refusal)> {
        self.0.iter().map(|(from, refusal)| (*from, refusal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_is_another_sender_or_another_reason() {
        let mut refusals = Refusals::default();
        let from = IpAddr::from([192, 168, 56, 12]);
        assert!(refusals.note(from, Rejection::Interval { ours: 1, theirs: 2 }));
        assert!(!refusals.note(from, Rejection::Interval { ours: 1, theirs: 3 }));
        assert!(refusals.note(from, Rejection::Password));
        assert_eq!(refusals.iter().map(|(_, refusal)| refusal.count).collect::<Vec<_>>(), [3]);
        refusals.forgive(from);
        assert_eq!(refusals.iter().count(), 0);
    }

    #[test]
    fn forged_senders_take_no_memory() {
        let mut refusals = Refusals::default();
        let news = (0..=255).filter(|last| refusals.note(IpAddr::from([10, 0, 0, *last]), Rejection::Password)).count();
        assert_eq!((news, refusals.iter().count()), (MOST, MOST));
    }
}

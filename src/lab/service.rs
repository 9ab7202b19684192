//! How long clients were without service: from the good and bad answers that the probe got.

use serde_json::Value;
use std::{collections::BTreeMap, fmt, time::Duration};

/// The time between two questions of the probe, which is also how exactly an interruption can be told.
pub const TICK: Duration = Duration::from_millis(20);

/// A gap between good answers that no failed question explains counts from here on: some question was slow.
const SLOW: f64 = 0.25;

/// One question: when it was asked, when it ended, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// When it was asked.
    pub start: f64,
    /// When its answer was there, or it failed.
    pub end: f64,
    /// Whether the answer was the website's.
    pub good: bool,
    /// Who answered, the status code, or the failure.
    pub what: String,
}

/// What clients noticed in a while.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Service {
    /// Questions asked.
    pub asked: usize,
    /// Those that got no good answer, by what they got.
    pub failed: BTreeMap<String, usize>,
    /// The longest time without a good answer, in seconds; 0 when nobody had to wait.
    pub without: f64,
}

impl Sample {
    /// Reads `[start, end, good, what]`.
    #[must_use]
    pub fn read(value: &Value) -> Option<Self> {
        Some(Self {
            start: value[0].as_f64()?,
            end: value[1].as_f64()?,
            good: value[2].as_bool()?,
            what: value[3].as_str()?.to_owned(),
        })
    }
}

impl Service {
    /// Sums samples up, in any order.
    #[must_use]
    pub fn of(samples: &[Sample]) -> Self {
        let mut failed = BTreeMap::new();
        for sample in samples.iter().filter(|sample| !sample.good) {
            *failed.entry(sample.what.clone()).or_default() += 1;
        }
        // Between the ends of two good answers lies a gap; before the first and after the last as well.
        let first = samples.iter().map(|sample| sample.start).fold(f64::INFINITY, f64::min);
        let last = samples.iter().map(|sample| sample.end).fold(f64::NEG_INFINITY, f64::max);
        let mut good: Vec<f64> = samples.iter().filter(|sample| sample.good).map(|sample| sample.end).collect();
        good.sort_by(f64::total_cmp);
        let ends: Vec<f64> = std::iter::once(first).chain(good).chain(std::iter::once(last)).collect();
        let lost = |from: f64, to: f64| samples.iter().any(|bad| !bad.good && bad.end > from && bad.start < to);
        let gaps = ends.windows(2).filter(|pair| pair[1] - pair[0] > SLOW || lost(pair[0], pair[1]));
        let without = gaps.map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
        Self { asked: samples.len(), failed, without: if samples.is_empty() { 0.0 } else { without } }
    }

    /// Questions without a good answer.
    #[must_use]
    pub fn failures(&self) -> usize {
        self.failed.values().sum()
    }
}

impl fmt::Display for Service {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.without == 0.0 {
            return write!(to, "0 of {} requests lost", self.asked);
        }
        write!(to, "{:.2} s without service, {} of {} requests lost", self.without, self.failures(), self.asked)?;
        let kinds: Vec<String> = self.failed.iter().map(|(what, count)| format!("{count} {what}")).collect();
        if kinds.is_empty() { Ok(()) } else { write!(to, " ({})", kinds.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(start: f64, end: f64, good: bool) -> Sample {
        Sample { start, end, good, what: if good { "web1" } else { "refused" }.to_owned() }
    }

    #[test]
    fn steady_good_answers_are_no_interruption() {
        let samples: Vec<Sample> =
            (0..100).map(|n| sample(f64::from(n) * 0.02, f64::from(n) * 0.02 + 0.001, true)).collect();
        assert_eq!(Service::of(&samples), Service { asked: 100, failed: BTreeMap::new(), without: 0.0 });
    }

    #[test]
    fn an_interruption_lasts_from_good_answer_to_good_answer() {
        let samples =
            [sample(0.0, 0.01, true), sample(0.02, 0.021, false), sample(0.04, 0.041, false), sample(0.9, 1.01, true)];
        let service = Service::of(&samples);
        assert!((service.without - 1.0).abs() < 1e-9, "{service:?}");
        assert_eq!(service.failures(), 2);
        assert_eq!(service.to_string(), "1.00 s without service, 2 of 4 requests lost (2 refused)");
    }

    #[test]
    fn a_slow_answer_counts_though_nothing_failed() {
        let samples = [sample(0.0, 0.01, true), sample(0.02, 1.03, true)];
        assert!(Service::of(&samples).without > 1.0);
    }

    #[test]
    fn an_interruption_that_does_not_end_counts_to_the_last_question() {
        let samples = [sample(0.0, 0.01, true), sample(0.02, 2.0, false), sample(0.04, 3.0, false)];
        assert!((Service::of(&samples).without - 2.99).abs() < 1e-9);
    }
}

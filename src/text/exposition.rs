//! Metrics as text (Prometheus exposition format 0.0.4): families, labels, samples.

use std::fmt::Write as _;

/// What `Content-Type` the text goes by.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What the numbers of a family are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows, until the program starts again.
    Counter,
    Gauge,
    /// Cumulative buckets by `le`, with `_sum` and `_count`.
    Histogram,
}

/// A text that is being written, family by family.
#[derive(Debug, Clone, Default)]
pub struct Exposition {
    out: String,
}

impl Exposition {
    /// Begins a family; its samples follow before the next.
    pub fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let _ = writeln!(self.out, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// One number. Labels are escaped here.
    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        self.out.push_str(name);
        for (index, (label, text)) in labels.iter().enumerate() {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.out, "{}{label}=\"{text}\"", if index == 0 { '{' } else { ',' });
        }
        if !labels.is_empty() {
            self.out.push('}');
        }
        let _ = writeln!(self.out, " {value}");
    }

    /// The samples of one histogram.
    pub fn histogram(&mut self, name: &str, labels: &[(&str, &str)], histogram: &Histogram) {
        let bucket = format!("{name}_bucket");
        let mut count = 0;
        for (bound, hits) in BOUNDS.iter().zip(histogram.hits) {
            count += hits;
            let le = bound.to_string();
            self.sample(&bucket, &[labels, &[("le", le.as_str())]].concat(), count as f64);
        }
        self.sample(&bucket, &[labels, &[("le", "+Inf")]].concat(), histogram.count as f64);
        self.sample(&format!("{name}_sum"), labels, histogram.sum);
        self.sample(&format!("{name}_count"), labels, histogram.count as f64);
    }

    #[must_use]
    pub fn finish(self) -> String {
        self.out
    }
}

/// Upper bounds of durations, in seconds.
pub const BOUNDS: [f64; 10] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// Durations, counted by [`BOUNDS`].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Histogram {
    /// Those that are above the bound before and not above this one.
    hits: [u64; BOUNDS.len()],
    count: u64,
    /// Seconds.
    sum: f64,
}

impl Histogram {
    pub fn add(&mut self, seconds: f64) {
        self.count += 1;
        self.sum += seconds;
        if let Some(place) = BOUNDS.iter().position(|bound| seconds <= *bound) {
            self.hits[place] += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped_and_whole_numbers_are_whole() {
        let mut text = Exposition::default();
        text.family("x_total", Kind::Counter, "Things.");
        text.sample("x_total", &[("name", "a\"b\\c\nd"), ("of", "e")], 3.0);
        text.sample("x_total", &[], 0.5);
        let expected = "# HELP x_total Things.\n# TYPE x_total counter\nx_total{name=\"a\\\"b\\\\c\\nd\",of=\"e\"} 3\nx_total 0.5\n";
        assert_eq!(text.finish(), expected);
    }

    #[test]
    fn buckets_of_a_histogram_add_up() {
        let mut histogram = Histogram::default();
        [0.0005, 0.2, 0.2, 9.0].into_iter().for_each(|seconds| histogram.add(seconds));
        let mut text = Exposition::default();
        text.histogram("took", &[("s", "x")], &histogram);
        let text = text.finish();
        for line in [
            "took_bucket{s=\"x\",le=\"0.001\"} 1\n",
            "took_bucket{s=\"x\",le=\"0.1\"} 1\n",
            "took_bucket{s=\"x\",le=\"0.25\"} 3\n",
            "took_bucket{s=\"x\",le=\"5\"} 3\n",
            "took_bucket{s=\"x\",le=\"+Inf\"} 4\n",
            "took_count{s=\"x\"} 4\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}

//! A reload at a time that stands in a file (`reload_time_file`).

use std::{
    fs,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use crate::process::local_time::LocalTime;

/// How often the file is looked at.
pub const LOOK: Duration = Duration::from_secs(1);

/// The file, and what was read in it.
#[derive(Debug)]
pub struct Schedule {
    path: PathBuf,
    repeat: bool,
    /// When the file that was read last was written.
    written: Option<SystemTime>,
    /// Seconds since the epoch.
    due: Option<i64>,
}

impl Schedule {
    #[must_use]
    pub fn new(path: PathBuf, repeat: bool) -> Self {
        Self { path, repeat, written: None, due: None }
    }

    #[must_use]
    pub fn is_for(&self, path: &std::path::Path, repeat: bool) -> bool {
        (self.path.as_path(), self.repeat) == (path, repeat)
    }

    /// Looks at the file and the clock; whether the time has come. Then the file goes, unless it is to stay.
    pub fn is_due(&mut self) -> bool {
        let written = fs::metadata(&self.path).and_then(|found| found.modified()).ok();
        if written != self.written {
            self.written = written;
            self.due = None;
            if let Some(text) = written.and_then(|_| fs::read_to_string(&self.path).ok()) {
                self.due = time(text.lines().next().unwrap_or_default(), &LocalTime::now());
            }
        }
        let now = LocalTime::now();
        if self.due.is_none_or(|due| now.epoch < due) {
            return false;
        }
        self.due = None;
        if self.repeat {
            // A time without a date comes again tomorrow.
            let text = fs::read_to_string(&self.path).unwrap_or_default();
            self.due = time(text.lines().next().unwrap_or_default(), &now);
        } else {
            let _ = fs::remove_file(&self.path);
        }
        true
    }
}

/// The moment that a line names, in seconds since the epoch: `HH:MM:SS`, or with `YY-MM-DD` or `YYYY-MM-DD` before it, in local
/// time or with a `Z` behind it in UTC. A time without a date is the next such time; a date in the past is none.
fn time(line: &str, now: &LocalTime) -> Option<i64> {
    let (line, offset) = match line.strip_suffix('Z') {
        Some(line) => (line, 0),
        None => (line, now.offset),
    };
    let (date, clock) = match line.split_once(' ') {
        Some((date, clock)) => (Some(date), clock),
        None => (None, line),
    };
    let [hour, minute, second] = numbers(clock, ':', &[2])?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let clock = hour * 3600 + minute * 60 + second;
    let here = now.epoch + offset;
    let Some(date) = date else {
        let today = here - here.rem_euclid(86_400) + clock;
        return Some(if today > here { today } else { today + 86_400 } - offset);
    };
    let [year, month, day] = numbers(date, '-', &[2, 4])?;
    let year = if year < 100 { 2000 + year } else { year };
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let at = days(year, month, day) * 86_400 + clock - offset;
    (at > now.epoch).then_some(at)
}

/// Three numbers of two digits, the first of a length that may be.
fn numbers(text: &str, between: char, first: &[usize]) -> Option<[i64; 3]> {
    let parts: Vec<&str> = text.split(between).collect();
    let [one, two, three] = parts.as_slice() else { return None };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?;
    (first.contains(&one.len()) && two.len() == 2 && three.len() == 2)
        .then(|| Some([digits(one)?, digits(two)?, digits(three)?]))?
}

/// Days from 1970-01-01 to a date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March here, so that the day of a leap year is their last.
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22 12:00:00 UTC, an hour later in the place where we are.
    fn now() -> LocalTime {
        let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_348_800);
        LocalTime { offset: 3600, ..LocalTime::of(noon) }
    }

    #[test]
    fn times_are_local_unless_they_end_with_z() {
        let after = |line: &str| time(line, &now()).map(|at| at - 1_795_348_800);
        assert_eq!(after("13:00:01"), Some(1));
        assert_eq!(after("13:00:00"), Some(86_400));
        assert_eq!(after("12:00:01Z"), Some(1));
        assert_eq!(after("26-11-22 13:10:00"), Some(600));
        assert_eq!(after("2026-11-23 12:00:00Z"), Some(86_400));
        assert_eq!(after("2026-11-21 12:00:00Z"), None, "it is over");
        for wrong in ["", "12:00", "12:00:60", "1:00:00", "2026-13-01 12:00:00", "tomorrow 12:00:00"] {
            assert_eq!(after(wrong), None, "{wrong}");
        }
    }
}

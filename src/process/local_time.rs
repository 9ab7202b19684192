//! The time of day where we are, as log lines write it.
#![expect(unsafe_code, reason = "localtime_r(3) has no safe form")]

use std::{
    mem::MaybeUninit,
    time::{SystemTime, UNIX_EPOCH},
};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// A moment, broken down by the local time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    pub year: i32,
    /// From 0.
    pub month: usize,
    pub day: i32,
    pub hour: i32,
    pub minute: i32,
    pub second: i32,
    /// From Sunday, 0.
    pub weekday: usize,
    pub microsecond: u32,
    /// Seconds east of Greenwich.
    pub offset: i64,
    /// Seconds since the epoch.
    pub epoch: i64,
}

impl LocalTime {
    /// The present moment.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the shell's clock")]
    pub fn now() -> Self {
        Self::of(SystemTime::now())
    }

    #[must_use]
    pub fn of(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let epoch = i64::try_from(since.as_secs()).unwrap_or(0);
        let seconds: libc::time_t = epoch;
        let mut parts = MaybeUninit::<libc::tm>::zeroed();
        // SAFETY: both pointers are valid for the call; a zeroed `tm` is a valid value if the call fails.
        let parts = unsafe {
            libc::localtime_r(&raw const seconds, parts.as_mut_ptr());
            parts.assume_init()
        };
        Self {
            year: parts.tm_year + 1900,
            month: usize::try_from(parts.tm_mon).unwrap_or(0) % 12,
            day: parts.tm_mday,
            hour: parts.tm_hour,
            minute: parts.tm_min,
            second: parts.tm_sec,
            weekday: usize::try_from(parts.tm_wday).unwrap_or(0) % 7,
            microsecond: since.subsec_micros(),
            offset: parts.tm_gmtoff,
            epoch,
        }
    }

    /// `Sun, 22 Nov 2026 20:55:10 +0000`, as RFC 5322 has it.
    #[must_use]
    pub fn mail(&self) -> String {
        let Self { year, day, hour, minute, second, offset, .. } = self;
        let (sign, minutes) = (if *offset < 0 { '-' } else { '+' }, offset.abs() / 60);
        let zone = format!("{sign}{:02}{:02}", minutes / 60, minutes % 60);
        let (weekday, month) = (DAYS[self.weekday], MONTHS[self.month]);
        format!("{weekday}, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} {zone}")
    }

    /// `Nov 22 06:24:50`, as RFC 3164 has it.
    #[must_use]
    pub fn syslog(&self) -> String {
        let Self { day, hour, minute, second, .. } = self;
        format!("{} {day:>2} {hour:02}:{minute:02}:{second:02}", MONTHS[self.month])
    }

    /// `Sun Nov 22 06:26:58 2026`, as ctime(3) has it.
    #[must_use]
    pub fn ctime(&self) -> String {
        format!("{} {} {}", DAYS[self.weekday], self.syslog(), self.year)
    }
}

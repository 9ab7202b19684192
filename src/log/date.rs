//! Dates in the forms that logs use, from seconds since 1970 and the zone's offset; no clock is read here.

/// A moment split for printing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    pub year: i64,
    /// 1..=12
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
    /// 0 Sunday .. 6 Saturday
    pub weekday: u8,
}

pub const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
pub const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// Splits seconds since 1970 (UTC), shifted by `offset` seconds. Valid from year 0 on.
pub fn civil(seconds: i64, offset: i32) -> Civil {
    let t = seconds + i64::from(offset);
    let (days, rest) = (t.div_euclid(86400), t.rem_euclid(86400));
    // Days are counted in eras of 400 years that begin on 1 March, so that the leap day comes last.
    let z = days + 719_468;
    let (era, day_of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    Civil {
        year: year_of_era + era * 400 + i64::from(month <= 2),
        month: month as u8,
        day: (day_of_year - (153 * shifted + 2) / 5 + 1) as u8,
        hour: (rest / 3600) as u8,
        minute: (rest / 60 % 60) as u8,
        second: (rest % 60) as u8,
        weekday: (days + 4).rem_euclid(7) as u8,
    }
}

fn two(n: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(&[b'0' + n / 10, b'0' + n % 10]);
}

fn three(n: u32, out: &mut Vec<u8>) {
    out.push(b'0' + (n / 100 % 10) as u8);
    two((n % 100) as u8, out);
}

fn year(n: i64, out: &mut Vec<u8>) {
    let n = n.clamp(0, 9999);
    two((n / 100) as u8, out);
    two((n % 100) as u8, out);
}

fn clock(c: &Civil, out: &mut Vec<u8>) {
    two(c.hour, out);
    out.push(b':');
    two(c.minute, out);
    out.push(b':');
    two(c.second, out);
}

/// `22/Nov/2026:06:24:57`
pub fn clf(c: &Civil, out: &mut Vec<u8>) {
    two(c.day, out);
    out.push(b'/');
    out.extend_from_slice(MONTHS[usize::from(c.month) - 1].as_bytes());
    out.push(b'/');
    year(c.year, out);
    out.push(b':');
    clock(c, out);
}

/// `22/Nov/2026:06:24:57.515`
pub fn clf_ms(c: &Civil, ms: u32, out: &mut Vec<u8>) {
    clf(c, out);
    out.push(b'.');
    three(ms, out);
}

/// `22/Nov/2026:06:24:57 +0100`
pub fn clf_zone(c: &Civil, offset: i32, out: &mut Vec<u8>) {
    clf(c, out);
    out.push(b' ');
    zone(offset, false, out);
}

/// `Nov 22 06:24:57`; the day is padded with a blank (RFC 3164 section 4.1.2).
pub fn rfc3164(c: &Civil, out: &mut Vec<u8>) {
    out.extend_from_slice(MONTHS[usize::from(c.month) - 1].as_bytes());
    out.extend_from_slice(&[b' ', if c.day < 10 { b' ' } else { b'0' + c.day / 10 }, b'0' + c.day % 10, b' ']);
    clock(c, out);
}

/// `2026-11-22T06:44:40.014321+00:00`
pub fn iso(c: &Civil, micros: u32, offset: i32, out: &mut Vec<u8>) {
    year(c.year, out);
    out.push(b'-');
    two(c.month, out);
    out.push(b'-');
    two(c.day, out);
    out.push(b'T');
    clock(c, out);
    out.push(b'.');
    three(micros / 1000, out);
    three(micros % 1000, out);
    zone(offset, true, out);
}

/// `Sun, 22 Nov 2026 06:24:57 GMT` (RFC 9110 section 5.6.7); `c` is in UTC.
pub fn imf(c: &Civil, out: &mut Vec<u8>) {
    out.extend_from_slice(DAYS[usize::from(c.weekday)].as_bytes());
    out.extend_from_slice(b", ");
    two(c.day, out);
    out.push(b' ');
    out.extend_from_slice(MONTHS[usize::from(c.month) - 1].as_bytes());
    out.push(b' ');
    year(c.year, out);
    out.push(b' ');
    clock(c, out);
    out.extend_from_slice(b" GMT");
}

fn zone(offset: i32, colon: bool, out: &mut Vec<u8>) {
    let minutes = offset.unsigned_abs() / 60;
    out.push(if offset < 0 { b'-' } else { b'+' });
    two((minutes / 60) as u8, out);
    if colon {
        out.push(b':');
    }
    two((minutes % 60) as u8, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(f: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        f(&mut out);
        String::from_utf8(out).expect("dates are ASCII")
    }

    #[test]
    fn known_days_are_split_right() {
        let c = civil(1_795_328_697, 0);
        assert_eq!(text(|o| clf_ms(&c, 515, o)), "22/Nov/2026:06:24:57.515");
        assert_eq!(text(|o| imf(&c, o)), "Sun, 22 Nov 2026 06:24:57 GMT");
        assert_eq!((civil(0, 0).year, civil(0, 0).weekday, civil(951_782_400, 0).day), (1970, 4, 29));
        assert_eq!(text(|o| iso(&civil(1_795_328_697, 3600), 14, 3600, o)), "2026-11-22T07:24:57.000014+01:00");
        assert_eq!(text(|o| rfc3164(&civil(1_793_750_400, 0), o)), "Nov  4 00:00:00");
    }
}

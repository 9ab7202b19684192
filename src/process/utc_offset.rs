//! How far local time is from UTC, as the C library's rules for the zone say.
#![expect(unsafe_code, reason = "localtime_r(3) has no safe form")]

/// Seconds east of UTC at `seconds` since 1970; 0 when the library cannot say.
#[must_use]
pub fn utc_offset(seconds: i64) -> i32 {
    let mut tm = std::mem::MaybeUninit::<libc::tm>::zeroed();
    let time: libc::time_t = seconds;
    // SAFETY: both pointers are to live values; a non-null result means that `tm` was filled.
    unsafe {
        if libc::localtime_r(&raw const time, tm.as_mut_ptr()).is_null() {
            return 0;
        }
        i32::try_from(tm.assume_init().tm_gmtoff).unwrap_or(0)
    }
}

//! Be served before others: nice values, realtime scheduling, processors, memory that is never swapped out.
#![expect(
    unsafe_code,
    reason = "these system calls have no safe form here; they take numbers, and one small struct by address"
)]

use std::io;

/// Sets the nice value of this process, -20 (first served) to 19.
///
/// # Errors
/// No right to raise the priority.
pub fn set_nice(value: i32) -> io::Result<()> {
    // SAFETY: only numbers are passed.
    check(unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, value) })
}

/// Takes back what [`set_nice`] gave, for programs that we start. Async-signal-safe; failing is no harm.
pub fn reset_nice() {
    // SAFETY: only numbers are passed.
    unsafe {
        if libc::getpriority(libc::PRIO_PROCESS, 0) < 0 {
            libc::setpriority(libc::PRIO_PROCESS, 0, 0);
        }
    }
}

/// Schedules this process round-robin at a realtime priority, 1 to 99. Children go back to ordinary scheduling.
///
/// # Errors
/// No right to do so.
pub fn set_realtime(priority: u32) -> io::Result<()> {
    let parameters = libc::sched_param { sched_priority: libc::c_int::try_from(priority).unwrap_or(1) };
    // SAFETY: the struct lives for the call, and the kernel only reads it.
    check(unsafe { libc::sched_setscheduler(0, libc::SCHED_RR | libc::SCHED_RESET_ON_FORK, &raw const parameters) })
}

/// Keeps all memory of this process, present and future, from being swapped out.
///
/// # Errors
/// No right, or the limit on locked memory is too low.
pub fn lock_memory() -> io::Result<()> {
    // SAFETY: only a number is passed.
    check(unsafe { libc::mlockall(libc::MCL_CURRENT | libc::MCL_FUTURE) })
}

/// Runs this process on these processors only.
///
/// # Errors
/// None of them is there.
pub fn set_processors(numbers: &[usize]) -> io::Result<()> {
    let mut set = nix::sched::CpuSet::new();
    numbers.iter().try_for_each(|number| set.set(*number))?;
    Ok(nix::sched::sched_setaffinity(nix::unistd::Pid::from_raw(0), &set)?)
}

/// Limits how long this process may run at a realtime priority without waiting once: it is warned at half of it, as the
/// original's is.
///
/// # Errors
/// The limit is above the present one.
pub fn limit_realtime(time: std::time::Duration) -> io::Result<()> {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    Ok(nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_RTTIME, micros / 2, micros)?)
}

/// What this process is called where processes are listed; at most 15 bytes count.
pub fn set_name(name: &str) {
    if let Ok(name) = std::ffi::CString::new(name) {
        // SAFETY: the string lives for the call, and the kernel only reads it.
        let _ = unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
    }
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

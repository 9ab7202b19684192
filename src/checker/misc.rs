//! `MISC_CHECK`: what a command's end says, and `FILE_CHECK`: what a number in a file is worth.

use super::outcome::{Failure, Outcome, Passed};
use crate::ir::failover::Weight;

/// What an exit status says. From 2 on it is a weight, if it may be (`misc_dynamic`), and else a failure.
#[must_use]
pub fn judge(status: i32, dynamic: bool) -> Outcome {
    match status {
        0 => Outcome::Passed(Passed::Status(0)),
        2..=255 if dynamic => Outcome::Passed(Passed::Status(status)),
        _ => Outcome::Failed(Failure::Exit(status)),
    }
}

/// What the number in a file means for a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileSays {
    /// This is added to the configured weight.
    Weight(i64),
    Up,
    Down,
}

/// Times the weight; without one, anything but 0 is down (`reverse`: 0 is).
#[must_use]
pub fn of_file(number: i64, weight: Weight) -> FileSays {
    match weight.value {
        0 if (number != 0) != weight.reverse => FileSays::Down,
        0 => FileSays::Up,
        factor => {
            let factor = i64::from(factor);
            FileSays::Weight(number.saturating_mul(if weight.reverse { -factor } else { factor }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_weights_only_where_they_may_be() {
        assert_eq!(judge(0, false), Outcome::Passed(Passed::Status(0)));
        assert_eq!(judge(3, false), Outcome::Failed(Failure::Exit(3)));
        assert_eq!(judge(3, true), Outcome::Passed(Passed::Status(3)));
        assert_eq!(judge(1, true), Outcome::Failed(Failure::Exit(1)));
    }

    #[test]
    fn files_say_weights_or_whether_a_server_is_alive() {
        let says = |number, value, reverse| of_file(number, Weight { value, reverse });
        assert_eq!(says(-254, 1, false), FileSays::Weight(-254));
        assert_eq!(says(3, -2, true), FileSays::Weight(6));
        assert_eq!((says(0, 0, false), says(1, 0, false)), (FileSays::Up, FileSays::Down));
        assert_eq!((says(0, 0, true), says(1, 0, true)), (FileSays::Down, FileSays::Up));
        assert_eq!(says(i64::MAX, 2, false), FileSays::Weight(i64::MAX));
    }
}

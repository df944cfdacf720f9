//! The table of tokens: one row for each kind, as those who issue them and the open rule sets describe it.

mod ai;
mod cloud;
mod code;
mod pay;
mod talk;
mod watch;
mod work;

use super::row::{Part, Row, Set};

/// All rows.
pub(super) fn rows() -> impl Iterator<Item = &'static Row> {
    [code::ROWS, cloud::ROWS, ai::ROWS, pay::ROWS, talk::ROWS, watch::ROWS, work::ROWS].into_iter().flatten()
}

/// So many bytes of a set.
const fn of(set: Set, n: usize) -> Part {
    Part::Of(set, n, n)
}

/// From `least` to `most` of them.
const fn to(set: Set, least: usize, most: usize) -> Part {
    Part::Of(set, least, most)
}

const fn is(literal: &'static str) -> Part {
    Part::Is(literal)
}

/// A UUID.
const UUID: &[Part] = &[
    of(Set::Hex, 8),
    is("-"),
    of(Set::Hex, 4),
    is("-"),
    of(Set::Hex, 4),
    is("-"),
    of(Set::Hex, 4),
    is("-"),
    of(Set::Hex, 12),
];

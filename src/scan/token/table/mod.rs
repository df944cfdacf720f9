//! The table of tokens: one row for each kind, as those who issue them and the open rule sets describe it.

mod ai;
mod cloud;
mod code;
mod pay;
mod talk;
mod watch;
mod work;

use super::row::{Row, UUID, is, of, to};

/// All rows.
pub(super) fn rows() -> impl Iterator<Item = &'static Row> {
    [code::ROWS, cloud::ROWS, ai::ROWS, pay::ROWS, talk::ROWS, watch::ROWS, work::ROWS].into_iter().flatten()
}

//! An env file whose name says nothing: names in capitals, a value behind each, and little else.

use super::lines::{Line, Lines, Pair};
use crate::scan::text::Text;

/// Larger files are no environments.
const LARGEST: usize = 1 << 20;
/// After so many lines it shows whether most are pairs.
const SOON: usize = 24;

/// Whether a text is plainly an environment. Whether it holds a secret is not asked here.
pub(super) fn is_one(text: &Text<'_>) -> bool {
    if text.bytes.len() > LARGEST {
        return false;
    }
    let (mut pairs, mut others) = (0, 0);
    for line in Lines::of(text.bytes) {
        match line {
            Line::Pair(pair) if pair.commented => {}
            Line::Pair(pair) if is_variable(text.bytes, &pair) => pairs += 1,
            Line::Pair(_) | Line::Odd => others += 1,
            Line::Blank | Line::Note => {}
        }
        if pairs + others == SOON && others > pairs {
            return false;
        }
    }
    pairs >= 3 && pairs * 10 >= (pairs + others) * 7
}

fn is_variable(bytes: &[u8], pair: &Pair) -> bool {
    let name = &bytes[pair.name.clone()];
    pair.equals
        && name.len() > 1
        && name.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_')
        && name.iter().any(u8::is_ascii_uppercase)
}

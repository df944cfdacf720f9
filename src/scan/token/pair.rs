//! An id and the secret beside it. An id alone is nothing that must be kept; a secret of this kind has no mark of its
//! own, and is known by the id that stands within three lines.

use std::ops::Range;

use super::super::text::Text;
use super::row::{Part, Set, begins, follow};
use super::{dummy, lines};

pub(super) struct Pair {
    pub(super) rule: &'static str,
    /// What the secret is, and what the id.
    pub(super) what: &'static str,
    pub(super) id: &'static str,
    /// With which the id begins.
    pub(super) head: &'static str,
    body: &'static [Part],
    /// What the secret is made of, and how long it is.
    secret: (Set, usize),
}

const fn aws(head: &'static str) -> Pair {
    Pair {
        rule: "aws-credentials",
        what: "AWS secret access key",
        id: "AWS access key id with its secret beside it",
        head,
        body: &[Part::Of(Set::Base32, 16, 16)],
        secret: (Set::Base64, 40),
    }
}

const fn razorpay(head: &'static str) -> Pair {
    Pair {
        rule: "razorpay-secret",
        what: "Razorpay key secret",
        id: "Razorpay key id with its secret beside it",
        head,
        body: &[Part::Of(Set::Alnum, 14, 14)],
        secret: (Set::Alnum, 24),
    }
}

pub(super) const PAIRS: &[Pair] = &[
    aws("AKIA"),
    aws("ASIA"),
    aws("ABIA"),
    aws("ACCA"),
    Pair {
        rule: "alibaba-credentials",
        what: "Alibaba Cloud access key secret",
        id: "Alibaba Cloud access key id with its secret beside it",
        head: "LTAI",
        body: &[Part::Of(Set::Alnum, 12, 21)],
        secret: (Set::Alnum, 30),
    },
    razorpay("rzp_live_"),
    razorpay("rzp_test_"),
    Pair {
        rule: "tencent-credentials",
        what: "Tencent Cloud secret key",
        id: "Tencent Cloud secret id with its key beside it",
        head: "AKID",
        body: &[Part::Of(Set::Alnum, 32, 32)],
        secret: (Set::Alnum, 32),
    },
];

impl Pair {
    /// The id at this place and the secret near it.
    pub(super) fn look(&self, text: &Text<'_>, at: usize) -> Option<(Range<usize>, Range<usize>)> {
        let bytes = text.bytes;
        if !bytes[at..].starts_with(self.head.as_bytes()) || !begins(bytes, at, true) {
            return None;
        }
        let from = at + self.head.len();
        let end = follow(bytes, from, self.body)?;
        if dummy::is_dummy(&[&bytes[from..end]], 55, true) {
            return None;
        }
        let id = at..end;
        // what is nearest belongs to it
        let secret = secrets(bytes, lines(text, at, 3), self.secret)
            .filter(|secret| secret.end <= id.start || secret.start >= id.end)
            .min_by_key(|secret| secret.start.abs_diff(id.start))?;
        Some((id, secret))
    }
}

/// Every run of exactly so many bytes of a set that chance made.
fn secrets(
    bytes: &[u8],
    around: Range<usize>,
    (set, n): (Set, usize),
) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = around.start;
    std::iter::from_fn(move || {
        while at < around.end {
            let run = bytes[at..around.end].iter().take_while(|b| set.has(**b)).count();
            let found = at..at + run;
            at = found.end + 1;
            // an assignment in a URL, or a name with a dash, is no end of a word
            let apart = !matches!(bytes.get(found.end), Some(b'-' | b'_' | b'.'));
            let apart = apart && !matches!(bytes[..found.start].last(), Some(b'-' | b'_' | b'.'));
            if run == n && apart && is_secret(&bytes[found.clone()]) {
                return Some(found);
            }
        }
        None
    })
}

/// Mixed as chance mixes, and neither a digest in hex nor a dummy.
fn is_secret(value: &[u8]) -> bool {
    let has = |kind: fn(&u8) -> bool| value.iter().any(kind);
    has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_digit)
        && !dummy::is_dummy(&[value], 60, false)
}

//! Tokens that show who issued them.
//!
//! The `table` has a row for each kind; `row` holds a text against one, `sum` checks what issuers sum up, and `dummy`
//! tells those that stand for one. What has no head of its own is known by its company: `pair` (an id beside its
//! secret), `named` (the name of its issuer before it), `jwt`, `link` (a signature in a URL). Publishable ids are none.

mod dummy;
mod jwt;
mod link;
mod named;
mod pair;
mod row;
mod sum;
mod table;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use super::finding::{Class, Hit, Mend};
use super::text::Text;
use row::Row;

/// What a word leads to.
#[derive(Clone, Copy)]
enum Lead {
    /// A row whose head it is, or beside whose head it stands.
    Row(&'static Row),
    Pair(&'static pair::Pair),
    Named(&'static named::Named),
    Jwt,
    Link(&'static link::Link),
}

/// Every word, with what it leads to.
static WORDS: LazyLock<Vec<(String, Vec<Lead>)>> = LazyLock::new(|| {
    let rows = table::rows().map(|row| (row.word().to_ascii_lowercase(), Lead::Row(row)));
    let pairs = pair::PAIRS.iter().map(|pair| (pair.head.to_ascii_lowercase(), Lead::Pair(pair)));
    let named = named::NAMED.iter().map(|named| (named.word.to_owned(), Lead::Named(named)));
    let links = link::LINKS.iter().map(|link| (link.word.to_owned(), Lead::Link(link)));
    let mut words: BTreeMap<String, Vec<Lead>> = BTreeMap::new();
    for (word, lead) in rows.chain(pairs).chain(named).chain(links).chain([("eyj".to_owned(), Lead::Jwt)]) {
        words.entry(word).or_default().push(lead);
    }
    words.into_iter().collect()
});

/// The words that lead here, lower case; case does not count.
pub(super) fn words() -> Vec<&'static str> {
    WORDS.iter().map(|(word, _)| word.as_str()).collect()
}

/// What was seen of a text so far: nothing that counts.
#[derive(Default)]
pub(super) struct Tokens {}

impl Tokens {
    /// Looks around the word with this number.
    pub(super) fn at(&mut self, text: &Text<'_>, word: usize, at: Range<usize>, hits: &mut Vec<Hit>) {
        // of several kinds that begin alike the longest is meant
        let mut best: Option<(Range<usize>, &'static str, &'static str)> = None;
        for lead in &WORDS[word].1 {
            let found = match *lead {
                Lead::Row(row) => look(row, text, &at),
                Lead::Jwt => jwt::look(text.bytes, at.start).map(|at| (at, "jwt", "JSON web token")),
                Lead::Named(named) => named.look(text, &at).map(|at| (at, named.rule, named.what)),
                Lead::Link(link) => link.look(text.bytes, &at).map(|at| (at, link.rule, link.what)),
                Lead::Pair(pair) => {
                    if let Some((id, secret)) = pair.look(text, at.start) {
                        hits.push(hit(secret, pair.rule, pair.what));
                        Some((id, pair.rule, pair.id))
                    } else {
                        None
                    }
                }
            };
            if let Some(found) = found {
                let longer = best.as_ref().is_none_or(|best| found.0.len() > best.0.len());
                best = if longer { Some(found) } else { best };
            }
        }
        if let Some((at, rule, what)) = best {
            hits.push(hit(at, rule, what));
        }
    }
}

fn hit(at: Range<usize>, rule: &'static str, what: &'static str) -> Hit {
    Hit { class: Class::Token, rule, at, what: what.to_owned(), mend: Mend::TakeOut }
}

/// A token of this row, at its head or on the lines around the word that stands by it.
fn look(
    row: &'static Row,
    text: &Text<'_>,
    at: &Range<usize>,
) -> Option<(Range<usize>, &'static str, &'static str)> {
    let token = if row.is_led_by_company() {
        let around = lines(text, at.start, 1);
        memchr::memmem::find_iter(&text.bytes[around.clone()], row.head)
            .map(|head| around.start + head)
            .find_map(|head| row.find(text.bytes, head).filter(|token| is_real(row, text.bytes, token)))?
    } else {
        let token = row.find(text.bytes, at.start)?;
        if !is_real(row, text.bytes, &token) {
            return None;
        }
        if let Some(near) = row.near {
            let around = &text.bytes[lines(text, at.start, 1)];
            if !around.windows(near.len()).any(|w| w.eq_ignore_ascii_case(near.as_bytes())) {
                return None;
            }
        }
        token
    };
    Some((token, row.rule, row.what))
}

/// Whether the checksum holds and chance made it.
fn is_real(row: &Row, text: &[u8], token: &Range<usize>) -> bool {
    let free = row.free(text, token);
    row.sum.holds(row.head, &text[token.clone()]) && !dummy::is_dummy(&free, row.rare, row.wordy)
}

/// The line of a place with so many before and behind it; of long lines what is near.
fn lines(text: &Text<'_>, at: usize, more: usize) -> Range<usize> {
    let mut around = text.line(at);
    for _ in 0..more {
        if around.start > 0 {
            around.start = text.line(around.start - 1).start;
        }
        if let Some(next) =
            memchr::memchr(b'\n', &text.bytes[around.end..(around.end + 2).min(text.bytes.len())])
        {
            let next = around.end + next + 1;
            if next < text.bytes.len() {
                around.end = text.line(next).end;
            }
        }
    }
    around
}

#[cfg(test)]
mod tests;

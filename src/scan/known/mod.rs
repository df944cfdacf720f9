//! The very values that sealed files hold, in whatever form they are written.
//!
//! `entry` makes the texts to look for, of the entries that `choice` says are secret; `spelling` says how each may begin
//! where it is written down, and `filter` finds such begins. Whether the text really stands there is read byte by byte
//! (`escape`, `base64`). Long runs of base64 are looked into as well, so that nothing hides by a line break in it, or in
//! a second layer.
//!
//! All that is made of a value is wiped when it is dropped, and nothing here can be printed.

mod base64;
mod choice;
mod entry;
mod escape;
mod filter;
mod place;
mod spelling;
#[cfg(test)]
mod tests;

pub use choice::Spoken;
pub use entry::{Entry, Version};

use std::ops::Range;

use super::finding::{Class, Hit, Mend};
use super::text::Text;
use entry::{List, Origin, Sought};
use filter::{Filter, Plan};
use place::Written;

/// The values to look for.
#[derive(Default)]
pub struct Known {
    origins: Vec<Origin>,
    sought: Vec<Sought>,
    begins: Vec<Begin>,
    filter: Filter,
}

/// A begin that the filter knows.
struct Begin {
    sought: usize,
    /// How many bytes of the text stand before what the begin is of.
    skip: usize,
    form: Form,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As it is, or with any escapes.
    Escaped,
    /// With so many bytes before it in its group.
    Base64(usize),
    /// Of base64.
    Twice,
    Hex,
    /// With something between every two bytes.
    Spaced,
    Wide,
    /// UTF-16 of what is not ASCII; whether the low byte comes first.
    Utf16(bool),
}

/// Where a text stands, and how it is written there.
struct Found {
    sought: usize,
    at: Range<usize>,
    written: Written,
}

/// Base64 in base64 in base64 is looked into no further.
const LAYERS: usize = 2;

impl Known {
    /// Of these entries those that are secret. Of equal values the first counts, current before older.
    pub fn new(entries: Vec<Entry>, spoken: &Spoken) -> Self {
        let List { origins, sought, .. } = List::of(entries, spoken);
        let mut begins = Vec::with_capacity(sought.len() * 24);
        let mut texts = Vec::with_capacity(sought.len() * 24);
        for (number, one) in sought.iter().enumerate() {
            let value = one.text.expose();
            let mut add = |skip: usize, form: Form, all: Vec<spelling::Begin>| {
                for text in all {
                    begins.push(Begin { sought: number, skip, form });
                    texts.push(text);
                }
            };
            if one.secret > 0 {
                add(0, Form::Escaped, spelling::escaped(value));
                continue;
            }
            let plain = spelling::plainest(value);
            let long = plain.len() >= filter::WIDE;
            // a part that no escape changes leads to all of them
            let skip = if long { plain.start } else { 0 };
            if long {
                add(skip, Form::Escaped, vec![spelling::Begin::new(value[plain].to_vec())]);
            } else {
                add(0, Form::Escaped, spelling::escaped(value));
            }
            add(skip, Form::Escaped, spelling::wholly_escaped(&value[skip..]));
            add(skip, Form::Hex, spelling::hexadecimal(&value[skip..]));
            add(skip, Form::Spaced, spelling::spaced(&value[skip..]));
            if !value.is_ascii() {
                for (little, begin) in spelling::wide_text(value) {
                    add(0, Form::Utf16(little), vec![begin]);
                }
            }
            // where a line was broken within what leads to it, its end still does
            if let Some(tail) = spelling::tail(value, skip) {
                add(tail, Form::Escaped, vec![spelling::Begin::new(value[tail..].to_vec())]);
            }
            if value.is_ascii() {
                add(skip, Form::Wide, vec![spelling::wide(&value[skip..])]);
            }
            for before in 0..3 {
                add(skip, Form::Base64(before), spelling::base64(&value[skip..], before));
            }
            if value.len() <= TWICE {
                add(0, Form::Twice, spelling::twice(value));
            }
        }
        let mut plan = Plan::with_capacity(texts.len());
        for (number, text) in texts.iter().enumerate() {
            plan.add(number, text);
        }
        Known { origins, sought, begins, filter: plan.filter() }
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.sought.is_empty()
    }

    pub(super) fn look(&self, text: &Text<'_>, hits: &mut Vec<Hit>) {
        if self.is_empty() {
            return;
        }
        let mut found = Vec::new();
        self.search(text.bytes, if text.binary { LAYERS } else { 0 }, &mut found);
        if !std::ptr::eq(text.bytes, text.raw) && found.is_empty() {
            // what was taken for UTF-16 may be none
            self.search(text.raw, LAYERS, &mut found);
            found.iter_mut().for_each(|one| one.at = 0..0);
        }
        if found.is_empty() {
            return;
        }
        // of those that begin together the longest is told
        found.sort_by_key(|one| (one.at.start, std::cmp::Reverse(one.at.end)));
        hits.extend(found.into_iter().map(|one| self.hit(text.bytes, &one)));
    }

    fn hit(&self, text: &[u8], found: &Found) -> Hit {
        let sought = &self.sought[found.sought];
        let origin = &self.origins[sought.origin];
        let what = match found.written.told() {
            Some(how) => format!("{} ({how})", origin.what),
            None => origin.what.clone(),
        };
        let whole = sought.of_pem && found.written.layers == 0;
        let at = if whole { place::key_around(text, &found.at) } else { found.at.clone() };
        let (file, key, current) = (origin.file.clone(), origin.key.clone(), origin.current);
        let mend = Mend::Known { file, key, current };
        Hit { class: Class::Known, rule: "known-value", at, what, mend }
    }

    fn search(&self, text: &[u8], layer: usize, found: &mut Vec<Found>) {
        self.filter.find(text, |begin, at| {
            let Begin { sought: number, skip, form } = self.begins[begin];
            let sought = &self.sought[number];
            let Some((at, written)) = place::stands(text, at, sought.text.expose(), skip, form) else {
                return;
            };
            let start = if sought.secret > 0 { place::end_of(text, &at, sought) } else { at.start };
            if sought.bounded && !place::is_alone(text, &at, form, sought.text.expose()) {
                return;
            }
            let at = start..at.end;
            if !found.iter().any(|one| one.sought == number && one.at == at) {
                found.push(Found { sought: number, at, written });
            }
        });
        if layer == LAYERS {
            return;
        }
        base64::runs(text, |run| {
            let mut inner = Vec::new();
            self.search(&run.bytes, layer + 1, &mut inner);
            for one in inner {
                let (at, written) = (run.place(one.at), one.written.in_base64());
                if !found.iter().any(|other| other.sought == one.sought && other.at.contains(&at.start)) {
                    found.push(Found { sought: one.sought, at, written });
                }
            }
        });
    }
}

/// Up to this length base64 of base64 is too short a run to be looked into.
const TWICE: usize = 18;

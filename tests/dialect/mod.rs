//! The models of `src/dialect` and what it renders, held against the programs themselves (I9).
//!
//! Two questions for each reader. Is a rendered file read as exactly the values, without one mismatch, whatever they
//! are? And is any file at all read as the model says, wherever it says something? Values and files are drawn from a
//! fixed seed and from a fresh one, which every failure names.

mod compose;
mod docker;
mod drawn;
mod environment;
mod parsers;
mod shells;

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand::rngs::StdRng;
use reseal::{Dialect, SecretValue, Unread, render};

/// What was read: names and values; `None` where the program refused.
type Read = Option<BTreeMap<Vec<u8>, Vec<u8>>>;

/// A fixed seed, so that what was found once stays found, and a fresh one.
fn seeds() -> [u64; 2] {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    [4, now.as_nanos() as u64]
}

/// What the model says; `None` where it does not know.
fn model(reader: Dialect, text: &[u8]) -> Option<Read> {
    match reader.read(text) {
        Ok(pairs) => {
            Some(Some(pairs.into_iter().map(|(name, value)| (name, value.expose().to_vec())).collect()))
        }
        Err(Unread::Refused) => Some(None),
        Err(Unread::Unknown) => None,
    }
}

/// Random files of which the model says something, and what it says.
fn known(reader: Dialect, seed: u64, count: usize) -> Vec<(Vec<u8>, Read)> {
    let mut rng = StdRng::seed_from_u64(seed);
    let texts = std::iter::repeat_with(|| drawn::text(&mut rng)).take(20 * count);
    let known: Vec<_> = texts.filter_map(|text| model(reader, &text).map(|read| (text, read))).collect();
    assert!(known.len() >= count, "{reader} is known to read {} files only", known.len());
    known.into_iter().take(count).collect()
}

/// A file of those of `count` random values that the readers can be given, and the values.
fn rendered(readers: &[Dialect], seed: u64, count: usize) -> (Vec<u8>, BTreeMap<Vec<u8>, Vec<u8>>) {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut values = BTreeMap::new();
    for n in 0..count {
        let (name, value) = (format!("K{n}").into_bytes(), drawn::value(&mut rng));
        if render(readers, [(name.as_slice(), &SecretValue::new(value.clone()))].into_iter()).is_ok() {
            values.insert(name, value);
        }
    }
    assert!(values.len() > count / 4, "only {} of {count} values can be given to {readers:?}", values.len());
    let secrets: Vec<(Vec<u8>, SecretValue)> =
        values.iter().map(|(name, value)| (name.clone(), SecretValue::new(value.clone()))).collect();
    let text = render(readers, secrets.iter().map(|(name, value)| (name.as_slice(), value)));
    (text.unwrap_or_else(|e| panic!("seed {seed}: {e}")).expose().to_vec(), values)
}

/// Fails with the first file that was read otherwise.
#[track_caller]
fn agree(reader: Dialect, seed: u64, files: &[(Vec<u8>, Read)], read: &[Read]) {
    assert_eq!(files.len(), read.len(), "seed {seed}");
    for ((text, said), read) in files.iter().zip(read) {
        let shown = |read: &Read| {
            let pairs = read.as_ref()?.iter();
            Some(
                pairs
                    .map(|(n, v)| format!("{}={:?}", n.escape_ascii(), v.escape_ascii().to_string()))
                    .collect::<Vec<_>>(),
            )
        };
        assert!(
            said == read,
            "seed {seed}: {reader} and its model differ on\n{}\nmodel: {:?}\nreal:  {:?}",
            text.escape_ascii(),
            shown(said),
            shown(read)
        );
    }
}

/// Fails with the first value that arrived otherwise.
#[track_caller]
fn arrived(what: &str, seed: u64, sent: &BTreeMap<Vec<u8>, Vec<u8>>, read: &BTreeMap<Vec<u8>, Vec<u8>>) {
    for (name, value) in sent {
        let got = read.get(name);
        assert!(
            got == Some(value),
            "seed {seed}: {what} has {}=\"{}\" as {:?}",
            name.escape_ascii(),
            value.escape_ascii(),
            got.map(|got| got.escape_ascii().to_string())
        );
    }
}

/// A block of `NAME=value` with NULs between, as `/proc/PID/environ` has it.
fn environ(block: &[u8]) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let pairs = block.split(|b| *b == 0).filter_map(|pair| {
        let at = pair.iter().position(|b| *b == b'=')?;
        Some((pair[..at].to_vec(), pair[at + 1..].to_vec()))
    });
    pairs.collect()
}

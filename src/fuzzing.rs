//! What holds of every input whatever: one function for each parser, for the fuzzer in `fuzz/` and for the tests.
//!
//! A function passes or panics. That it returns in time and memory is the fuzzer's part.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    missing_docs,
    reason = "an oracle speaks by panicking, and its tests read the vectors"
)]

use std::sync::{Arc, LazyLock};

use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::keys::{self, Keyring, Nobody, Prompt, Recipient};
use crate::secret::{SecretName, SecretValue};
pub use crate::sops::Format;
use crate::sops::{NewFile, Open, Rule, Sealed, fuzzed};

/// The throw-away key of the vectors, which are the corpus.
const IDENTITY: &str = "AGE-SECRET-KEY-1VQDJKDS4DMVCQYFHSXP9D6J9MEXQLGA9DJRMADXUJWZC5S44965SFD4KR5";
const RECIPIENT: &str = "age1f0cahg8zs7nmkv8hl6kjqx9fs7fcxej8xuwfz7nfppnkpqf3jprqa555yy";
const NOW: &str = "2026-11-20T04:24:16Z";

fn nobody() -> Arc<dyn Prompt> {
    Arc::new(Nobody)
}

fn keyring() -> Keyring {
    Keyring::of_identities(SecretValue::new(IDENTITY.into()))
}

fn readers() -> Vec<Recipient> {
    static RECIPIENTS: LazyLock<Vec<Recipient>> =
        LazyLock::new(|| vec![Recipient::parse(RECIPIENT).unwrap()]);
    RECIPIENTS.clone()
}

fn new_file() -> NewFile {
    NewFile { recipients: readers().into(), rule: Rule::default(), mac_only_encrypted: false }
}

fn random() -> StdRng {
    StdRng::seed_from_u64(1)
}

/// Names and values.
fn said(open: &Open) -> Vec<(Vec<u8>, Vec<u8>)> {
    open.entries().map(|e| (e.name.to_vec(), e.value.expose().to_vec())).collect()
}

/// A plaintext that can be sealed opens again and says the same; so does what is edited into it.
pub fn plaintext(format: Format, text: &[u8]) {
    let plain = SecretValue::new(text.to_vec());
    let Ok((open, _)) = new_file().open(format, &plain, &mut random(), &nobody()) else { return };
    let before = said(&open);
    assert_eq!(before, fuzzed::says(format, text), "what was taken in is what the text says");
    // a layout that would not say the same is refused before anybody relies on it
    let Ok(sealed) = open.seal(NOW, &mut random()) else { return };
    let again = opened(format, &sealed);
    assert_eq!(said(&again), before, "what was sealed says the same");
    let shown = again.plain().expect("what opens can be shown");
    if format != Format::Binary {
        let edited = again.read_edited(&shown).expect("what is shown can be edited");
        assert!(!edited.changed && edited.set.is_empty() && edited.unset.is_empty(), "and is the same");
        let (there, came) = (fuzzed::comments(format, shown.expose()), fuzzed::comments(format, text));
        assert!(came.iter().all(|comment| there.contains(comment)), "with its comments");
        changes(format, text, &sealed, &before);
    }
    assert_eq!(again.seal(NOW, &mut random()).unwrap(), sealed, "what nobody touched stays");
}

fn opened(format: Format, sealed: &[u8]) -> Open {
    let again = Sealed::parse_as(sealed.to_vec(), format).expect("what was sealed can be read");
    again.open(&keyring()).expect("what was sealed opens")
}

fn resealed(open: Open, format: Format) -> (Vec<u8>, Open) {
    let sealed = open.seal(NOW, &mut random()).expect("what was changed can be sealed");
    let again = opened(format, &sealed);
    (sealed, again)
}

/// One value changes, comes or goes, by its name or in an editor; the others stay.
fn changes(format: Format, text: &[u8], sealed: &[u8], before: &[(Vec<u8>, Vec<u8>)]) {
    // another one for each text, but the same for the same text
    let mixed = text.iter().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
    let Some(at) = mixed.checked_rem(before.len()) else { return };
    let chosen = &before[at].0;
    // JSON takes a key twice: what else has the name, a null or a map, would go as well
    if !fuzzed::stands_once(format, sealed, chosen) {
        return;
    }
    let Some(name) = std::str::from_utf8(chosen).ok().and_then(|name| SecretName::parse(name).ok()) else {
        return;
    };
    let mut open = opened(format, sealed);
    if open.set(&name, SecretValue::new(b"changed".to_vec())).is_ok() {
        let mut wanted = before.to_vec();
        wanted[at].1 = b"changed".to_vec();
        let text = open.plain().expect("what was changed can be shown");
        let (after, again) = resealed(open, format);
        assert_eq!(said(&again), wanted, "one value was changed");
        let around = |file| fuzzed::around(file, format, chosen);
        assert_eq!(around(&after), around(sealed), "and nothing around it");
        edited(format, sealed, &text, &wanted);
    }
    let mut open = opened(format, sealed);
    if open.unset(chosen).is_ok() {
        let values =
            |all: &[(Vec<u8>, Vec<u8>)]| all.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>();
        let mut wanted = values(before);
        wanted.remove(at);
        let text = open.plain().expect("what is left can be shown");
        let (_, again) = resealed(open, format);
        let left = said(&again);
        assert_eq!(values(&left), wanted, "one value went");
        if !left.is_empty() {
            edited(format, sealed, &text, &left);
        }
    }
    let new = SecretName::parse("one_more").unwrap();
    let mut open = opened(format, sealed);
    if before.iter().all(|(name, _)| name != new.as_bytes())
        && open.set(&new, SecretValue::new(b"new".to_vec())).is_ok()
    {
        let text = open.plain().expect("what has more can be shown");
        let (_, again) = resealed(open, format);
        let more = said(&again);
        let (came, others): (Vec<_>, Vec<_>) =
            more.iter().cloned().partition(|(name, _)| name == new.as_bytes());
        assert_eq!(came, [(new.as_bytes().to_vec(), b"new".to_vec())], "one value came");
        assert_eq!(others, before, "and the others stay");
        edited(format, sealed, &text, &more);
    }
}

/// A file that becomes what an edited text says.
fn edited(format: Format, sealed: &[u8], text: &SecretValue, wanted: &[(Vec<u8>, Vec<u8>)]) {
    let mut open = opened(format, sealed);
    // an editor's text is read more strictly than a file
    let Ok(edit) = open.read_edited(text) else { return };
    if open.apply(edit).is_ok() {
        let (_, again) = resealed(open, format);
        assert_eq!(said(&again), wanted, "the file says what was written in the editor");
        let shown = again.plain().unwrap();
        let (shown, text) = (shown.expose(), text.expose());
        // a sealed text has the quotes that its place needs, and no tag; what it had before is not known
        if format == Format::Yaml {
            assert_eq!(fuzzed::comments(format, shown), fuzzed::comments(format, text));
        } else {
            let lossy = |text| String::from_utf8_lossy(text).into_owned();
            assert_eq!(lossy(shown), lossy(text), "and as it was written");
        }
    }
}

/// A sealed file is refused or opened; one that opens takes a change and opens again.
pub fn sealed(file: &[u8]) {
    let is_sealed = Sealed::is_sealed(file);
    let Ok(sealed) = Sealed::parse(file.to_vec()) else { return };
    assert!(is_sealed);
    let _ = (sealed.names().count(), sealed.recipients().count());
    let format = Format::of_sealed(file);
    let Ok(mut open) = sealed.open(&keyring()) else { return };
    let before = said(&open);
    let _ = open.plain();
    let Some(first) = before.iter().find_map(|(name, _)| std::str::from_utf8(name).ok()) else { return };
    let Ok(name) = SecretName::parse(first) else { return };
    if open.set(&name, SecretValue::new(b"changed".to_vec())).is_err() {
        return;
    }
    let Ok(after) = open.seal(NOW, &mut random()) else { return };
    let after = match format {
        Some(format) => Sealed::parse_as(after, format),
        None => Sealed::parse(after),
    };
    let after = after.expect("what was sealed can be read").open(&keyring()).expect("and opens");
    assert_eq!(after.get(name.as_bytes()).map(SecretValue::expose), Some(&b"changed"[..]));
}

/// The text of one sealed value.
pub fn value(text: &[u8]) {
    fuzzed::value(text);
}

/// Metadata as lines.
pub fn metadata(text: &[u8]) {
    fuzzed::metadata(text);
}

/// A name of a value.
pub fn name(text: &[u8]) {
    fuzzed::name(text);
}

/// An age file: its header is read, and it is opened or refused.
pub fn age(file: &[u8]) {
    let _ = keys::stanza_kinds(file);
    let _ = keyring().open_file(file);
    let plain = SecretValue::new(file.to_vec());
    let recipients = readers();
    let sealed = keys::seal_file(&plain, &recipients, file.len().is_multiple_of(2), &nobody()).unwrap();
    let opened = keyring().open_file(&sealed).expect("what was sealed opens");
    assert_eq!(opened.plain.expose(), file);
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use std::path::Path;

    use super::*;

    /// What broke something once, and small files of many shapes.
    #[test]
    fn what_broke_something_once() {
        type Oracle = fn(&[u8]);
        let targets: [(&str, Oracle); 10] = [
            ("dotenv", |text| plaintext(Format::Dotenv, text)),
            ("yaml", |text| plaintext(Format::Yaml, text)),
            ("json", |text| plaintext(Format::Json, text)),
            ("ini", |text| plaintext(Format::Ini, text)),
            ("binary", |text| plaintext(Format::Binary, text)),
            ("sealed", sealed),
            ("value", value),
            ("metadata", metadata),
            ("name", name),
            ("age", age),
        ];
        let mut seen = 0;
        for (target, run) in targets {
            // where nothing was found there is no folder
            let Ok(folder) = fs::read_dir(Path::new("fixtures/fuzz").join(target)) else { continue };
            for entry in folder {
                let path = entry.unwrap().path();
                let input = fs::read(&path).unwrap();
                seen += 1;
                if let Err(fault) = catch_unwind(|| run(&input)) {
                    eprintln!("input: {}", path.display());
                    resume_unwind(fault);
                }
            }
        }
        assert!(seen > 0);
    }

    /// Every vector, and every vector with a byte changed, cut or doubled at places spread over it.
    fn each(folder: &str, ends: &[&str], run: impl Fn(&[u8])) {
        // what fails is made of vectors, which are no secret
        let run = |input: &[u8]| {
            if let Err(fault) = catch_unwind(AssertUnwindSafe(|| run(input))) {
                eprintln!("input: {:?}", String::from_utf8_lossy(input));
                resume_unwind(fault);
            }
        };
        let mut seen = 0;
        for entry in fs::read_dir(Path::new("fixtures/sops").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if !ends.iter().any(|end| path.to_string_lossy().ends_with(end)) {
                continue;
            }
            let whole = fs::read(&path).unwrap();
            seen += 1;
            run(&whole);
            let steps = if whole.len() > 20_000 { 3 } else { 12 };
            for step in 0..steps {
                let at = whole.len() * step / steps;
                run(&whole[..at]);
                let mut changed = whole.clone();
                if let Some(byte) = changed.get_mut(at) {
                    *byte = b"\"'\n:=#]}-\\\xff \t"[step % 13];
                }
                run(&changed);
                run(&[&whole[..at], &whole[at / 2..]].concat());
            }
        }
        assert!(seen > 0, "{folder} {ends:?}");
    }

    #[test]
    fn sealed_vectors_whole_and_damaged() {
        each("enc", &[""], sealed);
    }

    #[test]
    fn plain_vectors_whole_and_damaged() {
        each("plain", &[".env"], |text| plaintext(Format::Dotenv, text));
        each("plain", &[".yaml"], |text| plaintext(Format::Yaml, text));
        each("plain", &[".json"], |text| plaintext(Format::Json, text));
        each("plain", &[".ini"], |text| plaintext(Format::Ini, text));
        each("plain", &[".bin"], |text| plaintext(Format::Binary, text));
    }

    #[test]
    fn texts_whole_and_damaged() {
        each("enc", &[".env"], |text| text.split(|b| *b == b'\n').for_each(value));
        each("enc", &[".env"], metadata);
        each("plain", &[".env"], |text| text.split(|b| *b == b'\n').for_each(name));
    }
}

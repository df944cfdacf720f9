//! A sealed file, damaged in thousands of ways: nothing panics, nothing is shown, and what opens is what was sealed.
//!
//! The format does not protect comments, empty values, names of values in clear, and a few more. The file here has none
//! of them, so that the rule knows no exception: either the plaintext comes back as it was, or the file is refused. The
//! damage is the same in every run.

mod mutants;

use std::fs;
use std::path::Path;
use std::thread;

use crate::harness::{IDENTITY, Output, Project};
use mutants::Mutant;

/// Made by sops 3.11 for the identity that every test project has.
const SEALED: &[u8] = include_bytes!("mutation/sealed.env");
const PLAIN: &str = include_str!("mutation/plain.env");

/// Parts of the values; none is a word of a message.
const SECRETS: [&str; 9] =
    ["kestrel", "harbour", "walnut", "cedar", "lantern", "orchard", "quiver", "saffron", "meadow"];

const FILE: &str = ".env.enc";

/// How many mutants still opened, and how many were refused.
#[derive(Default, Debug)]
struct Tally {
    opened: usize,
    refused: usize,
}

#[test]
fn the_file_itself_opens() {
    let project = Project::empty();
    project.write(FILE, SEALED);
    assert_eq!(project.run(&["decrypt"]).ok().stdout, PLAIN);
}

#[test]
fn a_flipped_bit_anywhere_is_harmless_or_refused() {
    let tally = on_all(&mutants::flips(SEALED, 1), decrypts);
    // a name of a recipient, the end of the rule's text, a type tag's unused bits: little else may differ
    assert!(tally.refused > 8 * tally.opened && tally.opened > 0, "{tally:?}");
}

#[test]
fn a_file_cut_anywhere_is_harmless_or_refused() {
    let tally = on_all(&mutants::cuts(SEALED, 3), decrypts);
    assert!(tally.refused > 9 * tally.opened, "{tally:?}");
}

#[test]
fn lines_moved_doubled_or_taken_away_are_harmless_or_refused() {
    let tally = on_all(&mutants::lines(SEALED), decrypts);
    // metadata may stand in any order
    assert!(tally.refused > 100 && tally.opened > 10, "{tally:?}");
}

#[test]
fn values_exchanged_blanked_or_retyped_are_harmless_or_refused() {
    let tally = on_all(&mutants::values(SEALED), decrypts);
    assert!(tally.refused > 30, "{tally:?}");
}

#[test]
fn what_editors_and_merges_do_to_a_file_is_harmless_or_refused() {
    let tally = on_all(&mutants::accidents(SEALED), decrypts);
    assert!(tally.refused > 30 && tally.opened > 10, "{tally:?}");
}

#[test]
fn metadata_that_lies_is_harmless_or_refused() {
    let tally = on_all(&mutants::metadata(SEALED), decrypts);
    assert!(tally.refused > 30, "{tally:?}");
}

#[test]
fn a_line_of_an_older_version_is_noticed() {
    let project = Project::empty();
    project.write(FILE, SEALED);
    project.pipe(&["set", "DB_PASSWORD"], "another-one").ok();
    let old: Vec<&[u8]> = SEALED.split(|b| *b == b'\n').collect();
    let new = project.read(FILE);
    let new: Vec<&[u8]> = new.split(|b| *b == b'\n').collect();
    assert_eq!(old.len(), new.len());
    let changed: Vec<usize> = (0..old.len()).filter(|i| old[*i] != new[*i]).collect();
    assert_eq!(changed.len(), 3, "the value, the time, the MAC");
    // every choice of old lines but none and all
    for choice in 1..7u32 {
        let mut mixed = new.clone();
        for (n, at) in changed.iter().enumerate().filter(|(n, _)| choice & (1 << n) != 0) {
            mixed[*at] = old[*at];
            assert!(n < 3);
        }
        project.write(FILE, mixed.join(&b'\n'));
        project.run(&["decrypt"]).code(15).hides("another-one").hides("kestrel");
    }
}

#[test]
fn listing_a_damaged_file_neither_panics_nor_shows_anything() {
    let mutants = [mutants::flips(SEALED, 7), mutants::lines(SEALED), mutants::metadata(SEALED)].concat();
    on_all(&mutants, |project, mutant| {
        project.write(FILE, &mutant.bytes);
        let output = project.run(&["list"]);
        calm(&output, mutant, &[0, 1])?;
        Ok(output.code == Some(0))
    });
}

#[test]
fn changing_a_damaged_file_is_refused_or_keeps_every_other_value() {
    let all = [
        mutants::flips(SEALED, 17),
        mutants::lines(SEALED).into_iter().step_by(5).collect(),
        mutants::values(SEALED),
        mutants::accidents(SEALED).into_iter().step_by(3).collect(),
        mutants::metadata(SEALED),
    ];
    let tally = on_all(&all.concat(), |project, mutant| {
        project.write(FILE, &mutant.bytes);
        let output = project.pipe(&["set", "ADDED"], "v");
        calm(&output, mutant, &[0, 1, 12, 15])?;
        if output.code != Some(0) {
            let untouched = project.read(FILE) == mutant.bytes;
            return if untouched { Ok(false) } else { Err("refused, and the file is another".to_owned()) };
        }
        let opened = project.run(&["decrypt"]);
        let want = format!("{PLAIN}ADDED=v\n");
        if opened.code == Some(0) && without_blank_lines(&opened.stdout) == want {
            Ok(true)
        } else {
            Err(format!("changed to something else: {}", opened.shown()))
        }
    });
    assert!(tally.refused > 100 && tally.opened > 20, "{tally:?}");
}

/// Files with shares, comments in clear and foreign recipients: there damage can go unnoticed, but never loudly.
#[test]
fn other_kinds_of_files_neither_panic_nor_show_anything_when_damaged() {
    for (file, key) in [
        ("enc/040-shamir-2of3.enc.env", "keys/alice+bob.txt"),
        ("enc/036-unencrypted-comment-regex.enc.env", "keys/alice.txt"),
        ("enc/107-foreign-recipients.enc.env", "keys/alice.txt"),
    ] {
        let sealed = fixture(file);
        let identity = fixture(key);
        let all = [mutants::flips(&sealed, 19), mutants::lines(&sealed).into_iter().step_by(23).collect()];
        let tally = on_all(&all.concat(), |project, mutant| {
            project.write("age.key", &identity);
            project.write(FILE, &mutant.bytes);
            let output = project.run(&["decrypt"]);
            calm(&output, mutant, &[0, 1, 12, 15])?;
            Ok(output.code == Some(0))
        });
        assert!(tally.refused > 20 && tally.opened > 0, "{file}: {tally:?}");
    }
}

fn fixture(path: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sops").join(path);
    fs::read(&path).unwrap_or_else(|e| panic!("{path:?}: {e}"))
}

/// Gives every mutant to `judge`, on two cores; it answers whether the mutant opened, or what is wrong.
fn on_all(mutants: &[Mutant], judge: impl Fn(&Project, &Mutant) -> Result<bool, String> + Sync) -> Tally {
    let half = mutants.len().div_ceil(2);
    let parts: Vec<(Tally, Vec<String>)> = thread::scope(|scope| {
        let workers: Vec<_> = mutants.chunks(half).map(|part| scope.spawn(|| judged(part, &judge))).collect();
        workers.into_iter().map(|w| w.join().unwrap()).collect()
    });
    let mut all = Tally::default();
    let mut wrong = Vec::new();
    for (tally, found) in parts {
        all.opened += tally.opened;
        all.refused += tally.refused;
        wrong.extend(found);
    }
    assert!(wrong.is_empty(), "{} of {}: {:#?}", wrong.len(), mutants.len(), &wrong[..wrong.len().min(10)]);
    all
}

fn judged(
    mutants: &[Mutant],
    judge: &impl Fn(&Project, &Mutant) -> Result<bool, String>,
) -> (Tally, Vec<String>) {
    let project = Project::empty();
    assert_eq!(project.text("age.key").trim(), IDENTITY);
    let mut tally = Tally::default();
    let mut wrong = Vec::new();
    for mutant in mutants {
        match judge(&project, mutant) {
            Ok(true) => tally.opened += 1,
            Ok(false) => tally.refused += 1,
            Err(what) => wrong.push(format!("{}: {what}", mutant.name)),
        }
    }
    (tally, wrong)
}

/// Opens to the same plaintext, or is refused in silence.
fn decrypts(project: &Project, mutant: &Mutant) -> Result<bool, String> {
    project.write(FILE, &mutant.bytes);
    let output = project.run(&["decrypt"]);
    calm(&output, mutant, &[0, 1, 12, 15])?;
    let opened = output.code == Some(0);
    if opened && without_blank_lines(&output.stdout) != PLAIN {
        return Err(format!("opens to something else: {}", output.stdout.escape_debug()));
    }
    if !opened && !output.stdout.is_empty() {
        return Err("refused, and yet something is printed".to_owned());
    }
    Ok(opened)
}

/// One of the exit codes, no panic, neither a value nor a line of the file in a message.
fn calm(output: &Output, mutant: &Mutant, codes: &[i32]) -> Result<(), String> {
    let expected = output.code.is_some_and(|c| codes.contains(&c));
    let shown = SECRETS.iter().find(|s| output.stderr.contains(**s));
    if !expected || output.stderr.contains("panicked") {
        return Err(output.shown());
    }
    if let Some(secret) = shown {
        return Err(format!("{secret:?} is shown: {}", output.stderr));
    }
    if let Some(line) = String::from_utf8_lossy(&mutant.bytes).lines().find(|l| repeats(&output.stderr, l)) {
        return Err(format!("{line:?} is shown: {}", output.stderr));
    }
    let explained = output.code == Some(0) || output.stderr.starts_with("reseal: ");
    if explained { Ok(()) } else { Err(format!("without a word: {}", output.shown())) }
}

/// Whether a message repeats what stands on a line. Recipients are public; short words stand in many messages.
fn repeats(message: &str, line: &str) -> bool {
    let content = match line.split_once('=') {
        Some((key, _)) if key.ends_with("recipient") => return false,
        Some((_, value)) => value,
        None => line,
    };
    content.len() > 12 && message.contains(content)
}

/// Blank lines are no content; where a mutant has some, they are printed.
fn without_blank_lines(text: &str) -> String {
    text.split_inclusive('\n').filter(|l| *l != "\n").collect()
}

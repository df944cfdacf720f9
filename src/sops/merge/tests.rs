//! Any two changes of any file, against a model: a map that is merged key by key.
//!
//! What a kind of file looks like is a [`Sample`]; everything else here is the same for all of them.

mod trees;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use rand::rngs::OsRng;

use super::{Merged, Side, Tools, Versions};
use crate::error::Result;
use crate::keys::{Keyring, Nobody, Prompt, generate};
use crate::secret::SecretValue;
use crate::sops::{Format, NewFile, Open, Rule, Sealed};

/// A kind of file: how its plaintext is written, and what a key is called in it.
struct Sample {
    format: Format,
    write: fn(&[Line]) -> String,
    name: fn(&str) -> String,
    comments: bool,
}

/// Kinds of files, and in those that are trees, ways to lay keys out. One more needs only a line.
const SAMPLES: [Sample; 8] = [
    Sample { format: Format::Dotenv, write: dotenv, name: flat, comments: true },
    Sample {
        format: Format::Json,
        write: |lines| json(lines, ["{\n", "\n}\n"], ["", ""]),
        name: flat,
        comments: false,
    },
    Sample {
        format: Format::Json,
        write: |lines| json(lines, ["{\"top\": {\"in\": {\n", "\n}}}\n"], ["", ""]),
        name: |key| format!("top.in.{key}"),
        comments: false,
    },
    Sample {
        format: Format::Json,
        write: |lines| json(lines, ["{\n", "\n}\n"], ["{\"of\": ", "}"]),
        name: |key| format!("{key}.of"),
        comments: false,
    },
    Sample { format: Format::Ini, write: ini, name: |key| format!("top.{key}"), comments: false },
    Sample { format: Format::Yaml, write: |lines| yaml(lines, "", 0), name: flat, comments: true },
    Sample {
        format: Format::Yaml,
        write: |lines| yaml(lines, "top:\n  in:\n", 4),
        name: |key| format!("top.in.{key}"),
        comments: true,
    },
    Sample {
        format: Format::Yaml,
        write: |lines| json(lines, ["top: {\n", "\n}\n"], ["{of: ", "}"]),
        name: |key| format!("top.{key}.of"),
        comments: false,
    },
];

fn flat(key: &str) -> String {
    key.to_owned()
}

fn json(lines: &[Line], [start, end]: [&str; 2], [open, close]: [&str; 2]) -> String {
    let member = |line: &Line| match line {
        Line::Pair(key, value) => Some(format!("  \"{key}\": {open}\"{value}\"{close}")),
        Line::Comment(_) => None,
    };
    let members: Vec<String> = lines.iter().filter_map(member).collect();
    format!("{start}{}{end}", members.join(",\n"))
}

fn ini(lines: &[Line]) -> String {
    let line = |line: &Line| match line {
        Line::Pair(key, value) => format!("{key} = {value}\n"),
        Line::Comment(_) => String::new(),
    };
    std::iter::once("[top]\n".to_owned()).chain(lines.iter().map(line)).collect()
}

fn yaml(lines: &[Line], above: &str, indent: usize) -> String {
    let line = |line: &Line| match line {
        Line::Pair(key, value) if value.is_empty() => format!("{:indent$}{key}: \"\"\n", ""),
        Line::Pair(key, value) => format!("{:indent$}{key}: {value}\n", ""),
        Line::Comment(text) => format!("{:indent$}# {text}\n", ""),
    };
    std::iter::once(above.to_owned()).chain(lines.iter().map(line)).collect()
}

fn dotenv(lines: &[Line]) -> String {
    let line = |line: &Line| match line {
        Line::Pair(key, value) => format!("{key}={value}\n"),
        Line::Comment(text) => format!("# {text}\n"),
    };
    lines.iter().map(line).collect()
}

#[derive(Clone, Debug, PartialEq)]
enum Line {
    Pair(String, String),
    Comment(String),
}

impl Line {
    fn key(&self) -> Option<&str> {
        match self {
            Line::Pair(key, _) => Some(key),
            Line::Comment(_) => None,
        }
    }
}

/// A change of one side; the number chooses the line.
#[derive(Clone, Debug)]
enum Edit {
    Change(usize, u8),
    Remove(usize),
    /// One of few names, so that both sides add some of them.
    Add(usize, u8, u8),
    Comment(usize),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let at = any::<prop::sample::Index>().prop_map(|at| at.index(1000));
    let edit = (0..8u8, at, 0..3u8, 0..4u8).prop_map(|(what, at, value, name)| match what {
        0..=2 => Edit::Change(at, value),
        3 => Edit::Remove(at),
        4..=5 => Edit::Add(at, name, value),
        _ => Edit::Comment(at),
    });
    prop::collection::vec(edit, 0..7)
}

fn base() -> impl Strategy<Value = Vec<Line>> {
    prop::collection::vec((any::<bool>(), 0..3u8), 1..9).prop_map(|lines| {
        let mut all = vec![Line::Pair("ANCHOR".into(), "canary-of-the-anchor".into())];
        for (n, (comment, value)) in lines.into_iter().enumerate() {
            if comment {
                all.push(Line::Comment(format!("canary-remark {n}")));
            }
            all.push(Line::Pair(format!("K{n}"), value_of(value)));
        }
        all
    })
}

fn value_of(n: u8) -> String {
    if n == 0 { String::new() } else { format!("canary-{n}") }
}

fn edited(base: &[Line], edits: &[Edit], side: &str) -> Vec<Line> {
    let mut lines = base.to_vec();
    for (n, edit) in edits.iter().enumerate() {
        let place = |at: usize| at % lines.len().max(1);
        match edit {
            Edit::Change(at, value) => {
                let at = place(*at);
                if let Some(Line::Pair(key, old)) = lines.get_mut(at)
                    && key != "ANCHOR"
                {
                    *old = value_of(*value);
                }
            }
            Edit::Remove(at) => {
                let at = place(*at);
                if lines.get(at).is_some_and(|line| line.key() != Some("ANCHOR")) {
                    lines.remove(at);
                }
            }
            Edit::Add(at, name, value) => {
                let (at, key) = (place(*at), format!("NEW{name}"));
                if !lines.iter().any(|line| line.key() == Some(&*key)) {
                    lines.insert(at, Line::Pair(key, value_of(*value)));
                }
            }
            Edit::Comment(at) => {
                let at = place(*at);
                lines.insert(at, Line::Comment(format!("canary-remark of {side} {n}")));
            }
        }
    }
    lines
}

/// Recipients and a key that opens for them.
struct Bench {
    file: NewFile,
    keyring: Keyring,
    nobody: Arc<dyn Prompt>,
}

impl Bench {
    fn new() -> Self {
        let nobody: Arc<dyn Prompt> = Arc::new(Nobody);
        let (identity, recipient) = generate("2026-11-20T00:00:00Z");
        let keyring = Keyring::of_identities(identity);
        let file =
            NewFile { recipients: vec![recipient].into(), rule: Rule::default(), mac_only_encrypted: false };
        Bench { file, keyring, nobody }
    }

    fn seal(&self, format: Format, plain: &str) -> Vec<u8> {
        let plain = SecretValue::new(plain.as_bytes().to_vec());
        let (open, _) = self.file.open(format, &plain, &mut OsRng, &self.nobody).unwrap();
        open.seal("2026-11-20T00:00:00Z", &mut OsRng).unwrap()
    }

    fn open(&self, sealed: &[u8]) -> Open {
        Sealed::parse(sealed.to_vec()).unwrap().open(&self.keyring).unwrap()
    }

    /// The sealed file after its text was made this one, with the same data key.
    fn edit(&self, sealed: &[u8], plain: &str, now: &str) -> Vec<u8> {
        let mut open = self.open(sealed);
        let edited = open.read_edited(&SecretValue::new(plain.as_bytes().to_vec())).unwrap();
        open.apply(edited).unwrap();
        open.seal(now, &mut OsRng).unwrap()
    }

    fn merge(&self, versions: [&[u8]; 3], pick: &dyn Fn(&str) -> Option<Side>) -> Result<Merged> {
        let [base, ours, theirs] = versions;
        let mut tools = Tools { now: "2026-11-20T00:00:03Z", random: &mut OsRng, prompt: &self.nobody };
        Versions::open(base, ours.to_vec(), theirs.to_vec(), &self.keyring)?.merge(pick, 7, &mut tools)
    }
}

fn pairs(sample: &Sample, lines: &[Line]) -> BTreeMap<String, String> {
    let pair = |line: &Line| match line {
        Line::Pair(key, value) => Some(((sample.name)(key), value.clone())),
        Line::Comment(_) => None,
    };
    lines.iter().filter_map(pair).collect()
}

fn remarks(lines: &[Line]) -> BTreeSet<&str> {
    lines
        .iter()
        .filter_map(|line| match line {
            Line::Comment(text) => Some(&**text),
            Line::Pair(..) => None,
        })
        .collect()
}

/// The merged map, where conflicts go to a side, and the names in conflict.
fn model(
    [base, ours, theirs]: [&BTreeMap<String, String>; 3],
    side: Side,
) -> (BTreeMap<String, String>, BTreeSet<String>) {
    let names: BTreeSet<&String> = base.keys().chain(ours.keys()).chain(theirs.keys()).collect();
    let (mut merged, mut conflicts) = (BTreeMap::new(), BTreeSet::new());
    for name in names {
        let (b, o, t) = (base.get(name), ours.get(name), theirs.get(name));
        let value = if o == t || t == b {
            o
        } else if o == b {
            t
        } else {
            conflicts.insert(name.clone());
            if side == Side::Ours { o } else { t }
        };
        if let Some(value) = value {
            merged.insert(name.clone(), value.clone());
        }
    }
    (merged, conflicts)
}

/// The ciphertext of each key.
fn tokens(open: &Open) -> BTreeMap<String, Vec<u8>> {
    let token = |leaf: &crate::sops::tree::Leaf| {
        let name = String::from_utf8(open.tree.name(&open.file, leaf).to_vec()).unwrap();
        (!name.is_empty()).then(|| (name, open.file[leaf.span.clone()].to_vec()))
    };
    open.tree.leaves.iter().filter_map(token).collect()
}

fn order(open: &Open) -> Vec<String> {
    open.entries().map(|e| String::from_utf8(e.name.to_vec()).unwrap()).collect()
}

fn said(open: &Open) -> BTreeMap<String, String> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    open.entries().map(|e| (text(e.name), text(e.value.expose()))).collect()
}

fn comments(open: &Open) -> BTreeSet<String> {
    let leaves = open.tree.leaves.iter().enumerate();
    leaves
        .filter(|(_, leaf)| leaf.step.is_none())
        .map(|(at, _)| String::from_utf8(open.comment(at).to_vec()).unwrap().trim().to_owned())
        .collect()
}

fn is_subsequence(part: &[String], whole: &[String]) -> bool {
    let mut rest = whole.iter();
    part.iter().all(|name| rest.any(|other| other == name))
}

fn check(bench: &Bench, sample: &Sample, base: &[Line], changes: [&[Edit]; 2], new_keys: [bool; 2]) {
    let write = sample.write;
    let ours = edited(base, changes[0], "ours");
    let theirs = edited(base, changes[1], "theirs");
    let sealed = bench.seal(sample.format, &write(base));
    let version = |lines: &[Line], new_key: bool, now: &str| {
        if new_key {
            bench.seal(sample.format, &write(lines))
        } else {
            bench.edit(&sealed, &write(lines), now)
        }
    };
    let our_file = version(&ours, new_keys[0], "2026-11-20T00:00:01Z");
    let their_file = version(&theirs, new_keys[1], "2026-11-20T00:00:02Z");
    let versions = [&*sealed, &*our_file, &*their_file];
    let maps = [pairs(sample, base), pairs(sample, &ours), pairs(sample, &theirs)];
    let maps = [&maps[0], &maps[1], &maps[2]];
    let (_, conflicts) = model(maps, Side::Ours);
    let merged = bench.merge(versions, &|_| None).unwrap();
    assert_eq!(merged.conflicts.iter().cloned().collect::<BTreeSet<_>>(), conflicts);
    let text = String::from_utf8_lossy(&merged.file).into_owned();
    assert!(!text.contains("canary"), "a value in clear:\n{text}");
    assert_eq!(text.contains("<<<<<<< ours\n"), !conflicts.is_empty(), "{text}");
    if !conflicts.is_empty() {
        let error = Sealed::parse(merged.file).err().unwrap();
        assert!(error.advice().unwrap().contains("reseal merge --resolve"), "{error}");
    }
    for side in [Side::Ours, Side::Theirs] {
        let merged = bench.merge(versions, &|_| Some(side)).unwrap();
        assert!(merged.conflicts.is_empty());
        let (want, _) = model(maps, side);
        // opens: every value and the MAC
        let open = bench.open(&merged.file);
        assert_eq!(said(&open), want, "{}", String::from_utf8_lossy(&open.file));
        assert_eq!(open.entries().count(), want.len(), "a key stands twice");
        let (b, o, t) = (remarks(base), remarks(&ours), remarks(&theirs));
        let kept = |c: &&str| !b.contains(*c) || (o.contains(*c) && t.contains(*c));
        let remarks: BTreeSet<String> = o.union(&t).filter(|c| kept(c)).map(|c| (*c).to_owned()).collect();
        if sample.comments {
            assert_eq!(comments(&open), remarks, "{:?}", merged.notes);
        }
        let (our_open, their_open) = (bench.open(&our_file), bench.open(&their_file));
        let (new, old, come) = (tokens(&open), tokens(&our_open), tokens(&their_open));
        for (name, value) in &want {
            // a token is theirs or ours wherever the data key is one
            if !new_keys[1] && maps[1].get(name) == Some(value) {
                assert_eq!(new[name], old[name], "{name} lies as ours has it");
            } else if !new_keys[0] && maps[2].get(name) == Some(value) {
                assert_eq!(new[name], come[name], "{name} lies as theirs has it");
            }
        }
        let names = order(&open);
        let ours_left: Vec<String> =
            order(&our_open).into_iter().filter(|name| want.contains_key(name)).collect();
        assert!(is_subsequence(&ours_left, &names), "{ours_left:?} in {names:?}");
        let their_names = order(&their_open);
        let at = |name: &String| names.iter().position(|n| n == name);
        for (n, name) in their_names.iter().enumerate().filter(|(_, name)| !ours_left.contains(name)) {
            // what both added stands where ours has put it, and takes its neighbours there
            let both = maps[1].keys().any(|n| maps[2].contains_key(n) && !maps[0].contains_key(n));
            let above = their_names[..n].iter().rev().find_map(at).filter(|_| !both);
            assert!(at(name).is_none_or(|at| above.is_none_or(|above| above < at)), "{name} in {names:?}");
        }
    }
    // nothing came: nothing changes, not even the time
    let same = bench.merge([&sealed, &our_file, &sealed], &|_| None).unwrap();
    assert_eq!(same.file, our_file);
}

#[test]
fn any_two_changes_merge_as_a_map_does() {
    let bench = Bench::new();
    for sample in &SAMPLES {
        let all = ProptestConfig::default();
        let config = ProptestConfig { cases: all.cases / 4, failure_persistence: None, ..all };
        let keys = prop_oneof![4 => Just([false, false]), 1 => any::<[bool; 2]>()];
        proptest!(config, |(base in base(), ours in edits(), theirs in edits(), keys in keys)| {
            check(&bench, sample, &base, [&ours, &theirs], keys);
        });
    }
}

#[test]
fn what_came_stands_where_it_stands_in_theirs() {
    let bench = Bench::new();
    let pair = |key: &str| Line::Pair(key.into(), "canary".into());
    let lines = |keys: &str| keys.split(' ').map(pair).collect::<Vec<_>>();
    for sample in &SAMPLES {
        for (base, ours, theirs, want) in [
            ("A B C", "A B C", "A X B C", "A X B C"),
            ("A B C", "A B C", "X A B C", "X A B C"),
            ("A B C", "A B C", "A B C X Y", "A B C X Y"),
            ("A B C", "A M B C", "A X B C", "A M X B C"),
            ("A B C", "A C", "A B X C", "A X C"),
            ("A B C", "B C", "A X B Y", "X B Y"),
        ] {
            let write = |keys: &str| (sample.write)(&lines(keys));
            let sealed = bench.seal(sample.format, &write(base));
            let [ours, theirs] =
                [ours, theirs].map(|keys| bench.edit(&sealed, &write(keys), "2026-11-20T00:00:01Z"));
            let merged = bench.merge([&sealed, &ours, &theirs], &|_| None).unwrap();
            assert!(merged.conflicts.is_empty());
            let open = bench.open(&merged.file);
            let want: Vec<String> = want.split(' ').map(sample.name).collect();
            assert_eq!(order(&open), want, "{}", String::from_utf8_lossy(&open.file));
            // laid out as the file of one hand; a map of YAML in brackets gets its entries behind each other
            if sample.format == Format::Yaml && !sample.comments {
                continue;
            }
            let plain = open.plain().unwrap();
            let keys = want.iter().map(|name| name.trim_start_matches("top.").trim_start_matches("in."));
            let keys: Vec<&str> = keys.map(|name| name.trim_end_matches(".of")).collect();
            assert_eq!(plain.expose_str().unwrap(), write(&keys.join(" ")));
        }
    }
}

#[test]
fn a_whole_age_file_is_refused_before_anything_is_read_of_it() {
    let bench = Bench::new();
    let plain = SecretValue::new(b"A=canary\n".to_vec());
    let (open, _) = bench.file.open_whole(Format::Dotenv, &plain, true, &bench.nobody).unwrap();
    let sealed = open.seal("2026-11-20T00:00:00Z", &mut OsRng).unwrap();
    let lines = bench.seal(Format::Dotenv, "A=canary\n");
    for versions in [[&sealed, &sealed, &sealed], [&lines, &lines, &sealed], [&sealed, &lines, &lines]] {
        let error = bench.merge(versions.map(|v| &**v), &|_| None).err().unwrap().to_string();
        assert!(error.contains("whole age file"), "{error}");
    }
}

#[test]
fn duplicated_keys_are_merged_as_one() {
    let bench = Bench::new();
    let seal = |text: &str| bench.seal(Format::Dotenv, text);
    let all = |open: &Open| -> Vec<String> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        open.entries().map(|e| format!("{}={}", text(e.name), text(e.value.expose()))).collect()
    };
    for (base, ours, theirs, want) in [
        ("A=1\nA=2\nB=1\n", "A=1\nA=2\nB=2\n", "A=1\nA=3\nB=1\n", &["A=1", "A=3", "B=2"][..]),
        ("A=1\nA=2\nB=1\n", "A=1\nA=2\nB=2\n", "A=2\nB=1\n", &["A=2", "B=2"]),
        ("A=1\nB=1\n", "A=1\nB=2\n", "A=1\nA=2\nB=1\n", &["A=1", "A=2", "B=2"]),
        ("A=1\nA=2\n", "A=1\nA=2\nB=1\n", "C=1\n", &["B=1", "C=1"]),
    ] {
        let versions = [seal(base), seal(ours), seal(theirs)];
        let merged = bench.merge([&versions[0], &versions[1], &versions[2]], &|_| None).unwrap();
        assert!(merged.conflicts.is_empty(), "{base:?} {ours:?} {theirs:?}");
        let mut got = all(&bench.open(&merged.file));
        got.sort();
        assert_eq!(got, want, "{base:?} {ours:?} {theirs:?}");
    }
    let versions = [seal("A=1\nA=2\n"), seal("A=1\nA=3\n"), seal("A=1\n")];
    let merged = bench.merge([&versions[0], &versions[1], &versions[2]], &|_| None).unwrap();
    assert_eq!(merged.conflicts, ["A"]);
}

#[test]
fn both_sides_may_have_made_the_file() {
    let bench = Bench::new();
    for sample in &SAMPLES {
        let pair = |key: &str, value: &str| Line::Pair(key.into(), value.into());
        let ours = bench.seal(sample.format, &(sample.write)(&[pair("A", "1"), pair("B", "1")]));
        let theirs = bench.seal(sample.format, &(sample.write)(&[pair("A", "1"), pair("C", "1")]));
        let merged = bench.merge([b"", &ours, &theirs], &|_| None).unwrap();
        assert_eq!(order(&bench.open(&merged.file)), ["A", "B", "C"].map(sample.name));
        let other = bench.seal(sample.format, &(sample.write)(&[pair("A", "2")]));
        assert_eq!(bench.merge([b"", &ours, &other], &|_| None).unwrap().conflicts, [(sample.name)("A")]);
    }
}

#[test]
fn a_rule_that_both_changed_is_a_conflict() {
    let bench = Bench::new();
    let with = |field: &str, text: &str| {
        let file = NewFile {
            recipients: bench.file.recipients.clone(),
            rule: Rule::parse(field, text).unwrap(),
            mac_only_encrypted: false,
        };
        let plain = SecretValue::new(b"A_KEY=canary-1\nB=canary-2\n".to_vec());
        let (open, _) = file.open(Format::Dotenv, &plain, &mut OsRng, &bench.nobody).unwrap();
        open.seal("2026-11-20T00:00:00Z", &mut OsRng).unwrap()
    };
    let all = bench.seal(Format::Dotenv, "A_KEY=canary-1\nB=canary-2\n");
    let (ours, theirs) = (with("encrypted_suffix", "_KEY"), with("unencrypted_regex", "^B"));
    let merged = bench.merge([&all, &ours, &theirs], &|_| None).unwrap();
    assert_eq!(merged.conflicts, ["sops:rule"]);
    assert!(Sealed::parse(merged.file).is_err());
    for (side, rule) in [(Side::Ours, "encrypted_suffix"), (Side::Theirs, "unencrypted_regex")] {
        let merged = bench.merge([&all, &ours, &theirs], &|_| Some(side)).unwrap();
        assert!(bench.open(&merged.file).rule().starts_with(rule));
    }
    // theirs alone changed it: what it leaves in clear lies so in theirs already, and a new key of ours does not
    let merged = bench.merge([&all, &all, &theirs], &|_| None).unwrap();
    assert!(String::from_utf8_lossy(&merged.file).contains("B=canary-2\n"));
    for (text, key) in [("B=canary-2\nB2=canary-3\n", "B2"), ("B=canary-of-ours\n", "B")] {
        let ours = bench.edit(&all, &format!("A_KEY=canary-1\n{text}"), "2026-11-20T00:00:01Z");
        let error = bench.merge([&all, &ours, &theirs], &|_| None).err().unwrap().to_string();
        assert!(error.starts_with(&format!("{key}, ")) && error.contains("would lie in clear"), "{error}");
    }
}

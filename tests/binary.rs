//! Binary files: any bytes, sealed as one value in a JSON object, and the real sops beside this program.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::harness::{Project, RECIPIENT, have};
use crate::interop::on_many;

const FILE: &str = "file.enc";

fn seal(project: &Project, bytes: &[u8]) {
    project.write("plain.bin", bytes);
    let args = ["encrypt", "--input-type", "binary", "plain.bin", "--age", RECIPIENT];
    let sealed = project.run(&args).ok().stdout;
    project.write(FILE, sealed);
}

fn out(project: &Project, args: &[&str]) -> Vec<u8> {
    let output = project.command(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn by_sops(project: &Project, args: &[&str]) -> Vec<u8> {
    let output = project.around("sops", args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

const TYPES: [&str; 4] = ["--input-type", "binary", "--output-type", "binary"];

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let edge: [&[u8]; 9] = [
        b"",
        b"\n",
        b"\0",
        b"\xef\xbb\xbf",
        b"{\"data\": \"x\"}",
        b"{\n\t\"data\": \"ENC[]\"\n}\n",
        b"text\nlines\n",
        b"\xff\xfe\\\"\\n",
        b"A=1\nsops_mac=x\n",
    ];
    prop_oneof![vec(any::<u8>(), 0..400), proptest::sample::select(edge.to_vec()).prop_map(<[u8]>::to_vec)]
}

#[test]
fn any_bytes_come_back_from_either_program() {
    if !have("binary::any_bytes_come_back_from_either_program", &["sops"]) {
        return;
    }
    let project = Project::empty();
    on_many(50, &(bytes(), bytes()), |(first, second)| {
        seal(&project, &first);
        prop_assert!(out(&project, &["decrypt", FILE]) == first);
        prop_assert!(out(&project, &["-f", FILE, "get", "data"]) == first);
        prop_assert!(by_sops(&project, &[&["decrypt"], &TYPES[..], &[FILE]].concat()) == first);

        project.write("plain.bin", &first);
        let sealed = by_sops(&project, &["encrypt", "--age", RECIPIENT, "plain.bin"]);
        project.write(FILE, sealed);
        prop_assert!(out(&project, &["decrypt", FILE]) == first);
        let before = project.read(FILE);
        project.pipe(&["-f", FILE, "set", "data", "--allow-empty"], &second).ok();
        prop_assert!(out(&project, &["decrypt", FILE]) == second);
        prop_assert!(by_sops(&project, &[&["decrypt"], &TYPES[..], &[FILE]].concat()) == second);
        // value, time and MAC, and nothing else
        let pieces =
            |file: &[u8]| String::from_utf8_lossy(file).split('"').map(str::to_owned).collect::<Vec<_>>();
        let (before, after) = (pieces(&before), pieces(&project.read(FILE)));
        prop_assert_eq!(before.len(), after.len());
        prop_assert!(before.iter().zip(&after).filter(|(a, b)| a != b).count() <= 3);
        Ok(())
    });
}

#[test]
fn the_envelope_has_the_shape_of_that_of_sops() {
    if !have("binary::the_envelope_has_the_shape_of_that_of_sops", &["sops"]) {
        return;
    }
    let project = Project::empty();
    seal(&project, b"some bytes");
    let here = project.read(FILE);
    let there = by_sops(&project, &["encrypt", "--age", RECIPIENT, "plain.bin"]);
    let shape = |file: &[u8]| {
        let file: serde_json::Value = serde_json::from_slice(file).unwrap();
        let names = |v: &serde_json::Value| {
            let mut all: Vec<String> = v.as_object().unwrap().keys().cloned().collect();
            all.sort();
            all
        };
        (names(&file), names(&file["sops"]), file["data"].as_str().unwrap().len())
    };
    assert_eq!(shape(&here), shape(&there));
    assert!(here.starts_with(b"{\n\t\"data\": \"ENC["));
}

#[test]
fn a_json_file_whose_only_key_is_data_stays_json() {
    if !have("binary::a_json_file_whose_only_key_is_data_stays_json", &["sops"]) {
        return;
    }
    let project = Project::empty();
    let text = "{\n\t\"data\": \"line\\nline\"\n}\n";
    project.write("plain.json", text);
    for sealed in [
        project.run(&["encrypt", "plain.json", "--age", RECIPIENT]).ok().stdout,
        project.sops(&["encrypt", "--age", RECIPIENT, "plain.json"]).ok().stdout,
    ] {
        project.write("sealed.json", sealed);
        assert_eq!(out(&project, &["decrypt", "sealed.json"]), text.as_bytes());
        assert_eq!(project.run(&["-f", "sealed.json", "get", "-n", "data"]).ok().stdout, "line\nline");
        // and it can get more keys, as JSON can
        project.pipe(&["-f", "sealed.json", "set", "more"], "x").ok();
    }
}

#[test]
fn what_a_binary_file_cannot_hold_is_refused() {
    let project = Project::empty();
    seal(&project, b"bytes");
    let before = project.read(FILE);
    project
        .pipe(&["-f", FILE, "set", "other"], "hidden-value")
        .code(2)
        .says("its name is \"data\"")
        .hides("hidden-value");
    project
        .pipe(&["-f", FILE, "set", "data.x"], "hidden-value")
        .code(1)
        .says("is a value")
        .hides("hidden-value");
    project.run(&["-f", FILE, "unset", "data"]).code(1).says("holds one text");
    assert!(project.read(FILE) == before);
}

#[test]
fn a_large_file_is_sealed_in_bounded_time() {
    let project = Project::empty();
    let bytes: Vec<u8> = (0..20_000_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let start = std::time::Instant::now();
    seal(&project, &bytes);
    assert!(out(&project, &["decrypt", FILE]) == bytes);
    assert!(start.elapsed() < std::time::Duration::from_secs(120), "{:?}", start.elapsed());
}

#[test]
fn the_value_is_extracted_whatever_bytes_it_has() {
    let project = Project::empty();
    let bytes = b"0.\x02\0\xff\xfe\n";
    seal(&project, bytes);
    for name in ["data", "[\"data\"]"] {
        assert!(out(&project, &["decrypt", "--extract", name, FILE]) == bytes);
    }
}

/// `sops rotate` writes the rule into the metadata, as sops up to 3.10 always did.
#[test]
fn a_binary_file_that_does_not_say_so_is_known_by_its_name() {
    if !have("binary::a_binary_file_that_does_not_say_so", &["sops"]) {
        return;
    }
    let project = Project::empty();
    let bytes = b"\x00\xff\xfe key = \n\x80";
    project.write("key.der", bytes);
    let sealed = project.around("sops", &["encrypt", "--age", RECIPIENT, "key.der"]).output().unwrap();
    project.write("key.der.enc", sealed.stdout);
    project.sops(&["rotate", "-i", "key.der.enc"]).ok();
    assert!(project.text("key.der.enc").contains("unencrypted_suffix"));
    let opened = project.command(&["decrypt", "key.der.enc"]).output().unwrap();
    assert_eq!(opened.stdout, bytes, "{}", String::from_utf8_lossy(&opened.stderr));
}

//! The libraries: dotenvy in this process, python-dotenv, dotenv of node, and systemd's own parser in its shared library.

use super::{Read, agree, arrived, known, model, rendered, seeds};
use crate::harness::{Project, have};
use reseal::Dialect::{self, Dotenvy, NodeDotenv, PythonDotenv, Systemd};

/// Reads each file of the arguments; prints a line each: `-` where it refuses, else names and values in hexadecimal.
const PYTHON: &str = r#"
import sys, dotenv, logging
logging.disable()
for path in sys.argv[1:]:
    try:
        read = dotenv.dotenv_values(path, encoding="utf-8")
    except UnicodeDecodeError:
        print("-")
        continue
    h = lambda s: (s or "").encode().hex()
    print(" ".join(h(k) + "=" + h(v) for k, v in read.items()))
"#;

const NODE: &str = r#"
const fs = require("fs"), dotenv = require("dotenv"), h = s => Buffer.from(s).toString("hex");
for (const path of process.argv.slice(1)) {
    const read = dotenv.parse(fs.readFileSync(path, { encoding: "utf8" }));
    console.log(Object.entries(read).map(([k, v]) => h(k) + "=" + h(v)).join(" "));
}
"#;

/// What a service does: `load_env_file`, and then drop what is no name of a variable.
const SYSTEMD: &str = r#"
import ctypes, glob, sys
lib = ctypes.CDLL(glob.glob("/usr/lib/*/systemd/libsystemd-shared-*.so")[0])
lib.strv_env_clean_with_callback.restype = ctypes.POINTER(ctypes.c_char_p)
for path in sys.argv[1:]:
    found = ctypes.POINTER(ctypes.c_char_p)()
    if lib.load_env_file(None, path.encode(), ctypes.byref(found)) < 0:
        print("-")
        continue
    read = lib.strv_env_clean_with_callback(found, None, None) if found else []
    pairs = []
    for pair in read:
        if pair is None: break
        k, v = pair.split(b"=", 1)
        pairs.append(k.hex() + "=" + v.hex())
    print(" ".join(pairs))
"#;

fn python(project: &Project, files: &[String]) -> Vec<Read> {
    hexadecimal(project, &["/usr/bin/python3", "-c", PYTHON], files)
}

fn node(project: &Project, files: &[String]) -> Vec<Read> {
    hexadecimal(project, &["node-dotenv", "-e", NODE], files)
}

fn systemd(project: &Project, files: &[String]) -> Vec<Read> {
    hexadecimal(project, &["/usr/bin/python3", "-c", SYSTEMD], files)
}

fn dotenvy(project: &Project, files: &[String]) -> Vec<Read> {
    let read = |file: &String| {
        let text = project.read(file);
        let pairs: Result<Vec<_>, _> = dotenvy::from_read_iter(text.as_slice()).collect();
        Some(pairs.ok()?.into_iter().map(|(name, value)| (name.into_bytes(), value.into_bytes())).collect())
    };
    files.iter().map(read).collect()
}

fn hexadecimal(project: &Project, words: &[&str], files: &[String]) -> Vec<Read> {
    let bytes = |hex: &str| -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    };
    let args: Vec<&str> = words[1..].iter().copied().chain(files.iter().map(String::as_str)).collect();
    let output = crate::harness::Output::of(&mut project.around(words[0], &args)).ok().stdout;
    let line = |line: &str| match line {
        "-" => None,
        _ => {
            let pairs = line.split_whitespace().map(|pair| pair.split_once('=').unwrap());
            Some(pairs.map(|(name, value)| (bytes(name), bytes(value))).collect())
        }
    };
    output.split_terminator('\n').map(line).collect()
}

/// Both questions of a reader that takes many files at once.
fn hold(reader: Dialect, read: fn(&Project, &[String]) -> Vec<Read>) {
    let project = Project::empty();
    for seed in seeds() {
        let (text, values) = rendered(&[reader], seed, 2000);
        project.write("all", &text);
        let got = read(&project, &["all".into()]).remove(0);
        let got = got.unwrap_or_else(|| panic!("seed {seed}: {reader} refuses what was rendered for it"));
        arrived(&reader.to_string(), seed, &values, &got);
        assert_eq!(got.len(), values.len(), "seed {seed}");

        let files = known(reader, seed, 1500);
        let names: Vec<String> = (0..files.len()).map(|n| format!("f{n}")).collect();
        for (name, (text, _)) in names.iter().zip(&files) {
            project.write(name, text);
        }
        agree(reader, seed, &files, &read(&project, &names));
    }
}

#[test]
fn dotenvy_reads_what_its_model_says() {
    hold(Dotenvy, dotenvy);
}

#[test]
fn python_dotenv_reads_what_its_model_says() {
    if have("dialect::parsers", &["python-dotenv"]) {
        hold(PythonDotenv, python);
    }
}

#[test]
fn systemd_reads_what_its_model_says() {
    if have("dialect::parsers", &["libsystemd-shared"]) {
        hold(Systemd, systemd);
    }
}

#[test]
fn node_dotenv_reads_what_its_model_says() {
    if have("dialect::parsers", &["node-dotenv"]) {
        hold(NodeDotenv, node);
    }
}

/// One file for all that read a `.env`.
#[test]
fn the_portable_form_is_read_alike() {
    let project = Project::empty();
    for seed in seeds() {
        let (text, values) = rendered(&Dialect::PORTABLE, seed, 2000);
        project.write("all", &text);
        let mut read = vec![("dotenvy", dotenvy(&project, &["all".into()]))];
        if have("dialect::parsers", &["python-dotenv"]) {
            read.push(("python-dotenv", python(&project, &["all".into()])));
        }
        if have("dialect::parsers", &["node-dotenv"]) {
            read.push(("dotenv of node", node(&project, &["all".into()])));
        }
        for (what, got) in read {
            arrived(what, seed, &values, got[0].as_ref().unwrap());
        }
    }
}

/// The models speak of enough to be worth something: of three files in four, or of any with text alone.
#[test]
fn the_models_know_most_files() {
    use rand::SeedableRng;
    let mut rng = rand::rngs::StdRng::seed_from_u64(4);
    let texts: Vec<Vec<u8>> = (0..2000).map(|_| super::drawn::text(&mut rng)).collect();
    for reader in Dialect::ALL {
        let known = texts.iter().filter(|text| model(reader, text).is_some()).count();
        println!("{reader}: {known} of 2000");
        assert!(known > if reader == Dialect::Shell { 60 } else { 500 }, "{reader}: {known}");
    }
}

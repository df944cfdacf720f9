//! `encrypt` on every plaintext vector: what sops refuses is refused, what it seals comes back, and the sealed file
//! has the shape that sops gives it.

use super::expected::{refused_on_purpose, unsealable};
use super::manifest::{Row, read, rows, with_identity};
use crate::harness::{Output, Project, RECIPIENT};

#[test]
fn plaintext_that_sops_refuses_is_refused_without_showing_it() {
    let project = Project::empty();
    let mut seen = 0;
    for row in rows().iter().filter(|r| r.kind == "encrypt-fail") {
        let output = seal(&project, row);
        seen += 1;
        let Some((code, words)) = unsealable(row) else {
            output.ok();
            continue;
        };
        refuses(row, &output, code, words);
    }
    assert_eq!(seen, 10);
}

#[test]
fn what_is_sealed_here_opens_here_and_has_the_shape_of_what_sops_sealed() {
    let project = Project::empty();
    let mut seen = 0;
    for row in rows().iter().filter(|r| r.kind == "ok" && r.is_dotenv()) {
        let output = seal(&project, row);
        if let Some((code, words)) = refused_on_purpose(row) {
            refuses(row, &output, code, words);
            continue;
        }
        let sealed = output.ok().stdout;
        project.write("sealed", &sealed);
        let opened = with_identity(&project, "alice", &["decrypt", "sealed"]).output().unwrap();
        assert_eq!(opened.status.code(), Some(0), "{}", row.title());
        // sops drops blank lines, here they are kept
        let mut want = if row.id == "004" { read(&row.plain) } else { read(&row.out) };
        if !want.ends_with(b"\n") && !want.is_empty() {
            want.push(b'\n');
        }
        assert!(opened.stdout == want, "{}: other bytes come back", row.title());
        assert_eq!(shape(&sealed), shape(&text(&row.enc)), "{}", row.title());
        seen += 1;
    }
    assert!(seen >= 36, "{seen}");
}

/// Seals the row's plaintext for alice with the rule that sops was given.
fn seal(project: &Project, row: &Row) -> Output {
    // JSON is told by its name
    let name = if row.format == "json" { "plain.json" } else { "plain.env" };
    project.write(name, read(&row.plain));
    let flags = rule(&row.options);
    let mut args = vec!["encrypt", name];
    args.extend(flags.iter().map(String::as_str));
    if row.id == "039" {
        // recipients and rule come from the same configuration that sops had
        project.write(".sops.yaml", read("plain/039-config-rule.sops.yaml"));
        let output = Output::of(&mut with_identity(project, "alice", &args));
        project.remove(".sops.yaml");
        return output;
    }
    args.extend(["--age", RECIPIENT]);
    Output::of(&mut with_identity(project, "alice", &args))
}

/// The flags in the manifest's options. A value runs to the next flag; expressions hold blanks.
fn rule(options: &str) -> Vec<String> {
    let flags = format!(" {options}");
    let mut args = Vec::new();
    for flag in flags.split(" --").skip(1) {
        let (name, value) = flag.split_once(' ').unwrap_or((flag, ""));
        args.push(format!("--{name}"));
        if !value.is_empty() {
            args.push(value.to_owned());
        }
    }
    args
}

fn refuses(row: &Row, output: &Output, code: i32, words: &str) {
    let title = row.title();
    assert_eq!(output.code, Some(code), "{title}: {}", output.stderr);
    assert!(output.stderr.contains(words), "{title}: not {words:?}: {}", output.stderr);
    assert!(output.stdout.is_empty(), "{title}: refused, and yet something is printed");
    let plain = text(&row.plain);
    let shown: Vec<&str> = output.stderr.split(|c: char| c.is_whitespace() || "\"'`".contains(c)).collect();
    for line in plain.lines().map(str::trim).filter(|l| !l.is_empty()) {
        assert!(!shown.contains(&line), "{title}: {line:?} is shown: {}", output.stderr);
        if let Some((_, value)) = line.split_once('=').filter(|(_, v)| v.len() > 3) {
            assert!(!output.stderr.contains(value), "{title}: {value:?} is shown: {}", output.stderr);
        }
    }
}

/// The lines with every ciphertext replaced by its length: what must be equal between two sealings of one plaintext.
/// Recipients, time, version and wrapped keys are left out.
fn shape(sealed: &str) -> Vec<String> {
    let lines = sealed.split('\n').filter(|l| !l.is_empty());
    lines
        .filter(|l| !l.starts_with("sops_") || l.starts_with("sops_mac") || l.contains("encrypted"))
        .map(lengths)
        .collect()
}

/// `A=ENC[AES256_GCM,data:8,iv:44,tag:24,type:str]`
fn lengths(line: &str) -> String {
    let Some((head, rest)) = line.split_once("ENC[AES256_GCM,") else { return line.to_owned() };
    let fields = rest.split(',').map(|field| match field.split_once(':') {
        Some(("type", kind)) => format!("type:{kind}"),
        Some((name, text)) => format!("{name}:{}", text.len()),
        None => field.to_owned(),
    });
    format!("{head}ENC[AES256_GCM,{}", fields.collect::<Vec<_>>().join(","))
}

fn text(path: &str) -> String {
    String::from_utf8_lossy(&read(path)).into_owned()
}

/// Files of other formats: opened, sealed anew from what sops printed, and changed without a byte of the rest moving.
#[test]
fn files_of_other_formats_are_sealed_anew_and_changed_in_place() {
    let project = Project::empty();
    let mut seen = 0;
    let formats = ["json", "ini", "binary"];
    for row in rows().iter().filter(|r| r.kind == "ok" && formats.contains(&r.format.as_str())) {
        project.write("plain", read(&row.out));
        let args = ["encrypt", "--input-type", &row.format, "plain", "--age", RECIPIENT];
        let sealed = Output::of(&mut with_identity(&project, "alice", &args)).ok().stdout;
        project.write("sealed", sealed);
        let opened = with_identity(&project, "alice", &["decrypt", "sealed"]).output().unwrap();
        let (want, got) = (read(&row.out), opened.stdout);
        let unescaped = |text: &[u8]| {
            let text = String::from_utf8_lossy(text).into_owned();
            text.replace("\\u003c", "<").replace("\\u003e", ">").replace("\\u0026", "&")
        };
        assert!(got == want || unescaped(&got) == unescaped(&want), "{}", row.title());
        let name = match row.id.as_str() {
            "046" => "o.p.q",
            "047" => "i53",
            "048" => "sec.k",
            _ => "data",
        };
        project.write("sealed", read(&row.enc));
        project.pipe(&["-f", "sealed", "set", name], "another").ok();
        let (before, after) = (text(&row.enc), String::from_utf8(project.read("sealed")).unwrap());
        assert_eq!(before.lines().count(), after.lines().count(), "{}", row.title());
        let differ = before.lines().zip(after.lines()).filter(|(a, b)| a != b).count();
        assert_eq!(differ, 3, "{}", row.title());
        assert_eq!(project.run(&["-f", "sealed", "get", name]).ok().stdout.trim_end(), "another");
        seen += 1;
    }
    assert_eq!(seen, 6);
}

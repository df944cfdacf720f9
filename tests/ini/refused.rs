//! What readers of INI files guess about, and what such a file cannot hold: refused before anything is written.

use super::{FILE, seal};
use crate::harness::{Project, RECIPIENT};

#[test]
fn text_about_which_readers_guess_is_refused_with_its_line() {
    let project = Project::empty();
    for (text, line, words) in [
        (&b"[a]\nhidden-word\n"[..], 2, "no \"=\""),
        (b"= hidden-word\n", 1, "no key"),
        (b"[a\nk=1\n", 1, "not closed"),
        (b"[]\nk=1\n", 1, "no name"),
        (b"[a] ; hidden-word\nk=1\n", 1, "behind the name"),
        (b"[a]\nk = hidden # word\n", 2, "# or ;"),
        (b"[a]\nk = hidden;word\n", 2, "# or ;"),
        (b"[a]\nk = \"hidden#word\"\n", 2, "# or ;"),
        (b"[a]\nk = hidden\\\nl = word\n", 2, "backslash"),
        (b"[a]\n\nk = `hidden\nword\n", 3, "never closed"),
        (b"[a]\nk = \"\"\"hidden\nword\n", 2, "never closed"),
        (b"[a]\nk = `hidden` word\n", 2, "behind the quote"),
        (b"[a]\n- = hidden-word\n", 2, "number"),
        (b"[a]\n\"k = hidden-word\n", 2, "quote that is never closed"),
        (b"[a]\n\"k\" x = hidden-word\n", 2, "between a key"),
        (b"[a]\nk = 1\nk = 2\n", 3, "twice"),
        (b"[a]\nk = \xff\n", 2, "not UTF-8"),
        (b"[a]\n<<<<<<< HEAD\nk = 1\n", 2, "conflict marker"),
        (b"[a]\nk = 1\n[sops]\nmac = hidden-word\n", 3, "sealed already"),
    ] {
        project.write("plain.ini", text);
        let output = project.run(&["encrypt", "plain.ini", "--age", RECIPIENT]);
        let output = output.code(1).says(&format!("line {line}")).says(words);
        let output = output.hides("hidden-word").hides("word\n");
        assert!(output.stdout.is_empty());
    }
    project.write("plain.ini", "[a]\nk = 1\n");
    let args = ["encrypt", "plain.ini", "--age", RECIPIENT, "--encrypted-comment-regex", "x"];
    project.run(&args).code(1).says("looks at comments");
}

#[test]
fn a_value_or_name_that_the_file_cannot_hold_is_refused_and_nothing_is_written() {
    let project = Project::empty();
    seal(&project, "g = 1\n[a]\nk = x\nu_unencrypted = 1\n");
    let before = project.read(FILE);
    for (name, value) in [
        ("a.k", &b"hidden\"\"\"`\nword"[..]),
        ("a.k", b"hidden\xff"),
        ("a.u_unencrypted", b"hidden\\"),
        ("a.u_unencrypted", b"'hidden'"),
        ("a.u_unencrypted", b" hidden\"x"),
        ("k", b"hidden"),
        ("a.b.c", b"hidden"),
        ("a[0]", b"hidden"),
        ("sops.x", b"hidden"),
        ("a", b"hidden"),
        ("a[\"x:`y\"]", b"hidden"),
        ("a[\"#x\"]", b"hidden"),
        ("a[\"[x\"]", b"hidden"),
        ("a[\"-\"]", b"hidden"),
        ("[\"a]b\"].x", b"hidden"),
    ] {
        let output = project.pipe(&["-f", FILE, "set", name], value);
        assert!(matches!(output.code, Some(1 | 2)), "{name} {value:?}");
        output.says("nothing was changed").hides("hidden");
    }
    assert!(project.read(FILE) == before);
    for value in ["a#b", " x ", "l1\nl2", "`x`", "\"\"\"x\"\"\"", "'x'", "x\\", "[x]", "a;b=c", "\"\"\"\nx"] {
        project.pipe(&["-f", FILE, "set", "--keep-newline", "a.k"], value).ok();
        let plain = project.run(&["decrypt", FILE]).ok().stdout;
        seal(&project, &plain);
        assert_eq!(project.run(&["-f", FILE, "get", "-n", "a.k"]).ok().stdout, value);
    }
}

#[test]
fn long_and_odd_files_end_soon() {
    let project = Project::empty();
    let start = std::time::Instant::now();
    let open = [b"[a]\nk = `", &vec![b'x'; 20 << 20][..]].concat();
    let comments = b"; c\n".repeat(200_000);
    let sections = b"[a]\n".repeat(200_000);
    for text in [open, comments, sections, b"[".repeat(1 << 20), b"`=\n".repeat(200_000)] {
        project.write("plain.ini", text);
        project.run(&["encrypt", "plain.ini", "--age", RECIPIENT]);
    }
    assert!(start.elapsed() < std::time::Duration::from_secs(60), "{:?}", start.elapsed());
    let text: String = (0..20_000).map(|n| format!("k{n} = `v\n`\n")).collect();
    seal(&project, &text);
    assert!(start.elapsed() < std::time::Duration::from_secs(100), "{:?}", start.elapsed());
}

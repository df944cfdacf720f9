//! Texts that sops cannot hold, or that are no YAML: refused with the line, and nothing of what stands there.

use super::seal;
use crate::harness::Project;

#[test]
fn what_cannot_be_sealed_is_refused_by_its_line() {
    let project = Project::empty();
    let deep = format!("a:\n  {}1{}\n", "[".repeat(200), "]".repeat(200));
    let bomb = (0..9).fold("a0: &a0 [s3cr3t, s3cr3t]\n".to_owned(), |text, n| {
        let copies = format!("*a{n}, ").repeat(9);
        text + &format!("a{}: &a{} [{copies}]\n", n + 1, n + 1)
    });
    let mut not_utf8 = b"a: s3cr3t\nb: ".to_vec();
    not_utf8.extend_from_slice(b"\xff\n");
    for (text, says) in [
        (&b"- s3cr3t\n"[..], "line 1: the document is a list"),
        (b"s3cr3t\n", "line 1: the document is a single value"),
        (b"", "the file is empty"),
        (b"# s3cr3t\n", "the file is empty"),
        (b"a: 1\n2: s3cr3t\n", "line 2: the key is not a text"),
        (b"a: s3cr3t\nb:\n  c: 1\n  c: 2\n", "line 4: the key stands in the same map already"),
        (b"a: s3cr3t\nb: 18446744073709551615\n", "line 2: the number is too large"),
        (b"a: s3cr3t\nb: *s3cr3t\n", "line 2: it is an alias for an anchor"),
        (b"a: s3cr3t\n<<<<<<< HEAD\nb: s3cr3t\n=======\n", "line 2 is a conflict marker"),
        (b"a: s3cr3t\n\tb: 1\n", "line "),
        (b"a: {s3cr3t\n", "line "),
        (b"a: \"s3cr3t\n", "line "),
        (b"a: !!int s3cr3t\n", "line 1: its tag does not fit it"),
        (b"a: &x [*x, s3cr3t]\n", "line 1: the alias leads"),
        (&not_utf8, "line 2: it is not UTF-8"),
        (deep.as_bytes(), "more than 128 deep"),
        (bomb.as_bytes(), "stand for too much"),
    ] {
        let output = seal(&project, text).code(1).says(says).hides("s3cr3t");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_sealed_file_that_was_torn_apart_stays_as_it_is() {
    let project = Project::empty();
    let sealed = seal(&project, "a: 1\nb: 2\n").ok().stdout;
    let torn = [("\n<<<<<<< ours\nb: ", "line 2 is a conflict marker"), ("\n\tb: ", "it is not YAML")];
    for (instead, says) in torn {
        let torn = sealed.replace("\nb: ", instead);
        project.write("sealed", &torn);
        project.pipe(&["-f", "sealed", "set", "a"], "3").code(1).says(says);
        assert_eq!(project.text("sealed"), torn);
    }
}

//! Every place where a value can come or go; the real sops opens each result.

use super::{FILE, here, seal, seal_by_sops, there, values_there};
use crate::harness::{Project, have};

#[test]
fn what_comes_and_goes_leaves_all_else_as_it_is() {
    if !have("ini::changes::what_comes_and_goes_leaves_all_else_as_it_is", &["sops"]) {
        return;
    }
    let set = |name| vec!["set", name];
    let unset = |name| vec!["unset", name];
    for (text, args, want) in [
        ("[a]\nk = x\n", set("a.n"), "[a]\nk = x\nn = N\n"),
        ("[a]\nk=x\n\n[b]\nl=y\n", set("a.n"), "[a]\nk=x\nn=N\n\n[b]\nl=y\n"),
        ("[a]\nk=x\n\n[e]\n\n[b]\nl=y\n", set("e.n"), "[a]\nk=x\n\n[e]\nn = N\n\n[b]\nl=y\n"),
        ("[a]\nk=x\n", set("b.n"), "[a]\nk=x\n\n[b]\nn = N\n"),
        ("[a]\nk=x", set("b.n"), "[a]\nk=x\n\n[b]\nn = N\n"),
        ("[a]\nk=x\n; end\n", set("b.n"), "[a]\nk=x\n\n[b]\nn = N\n; end\n"),
        ("; top\n[a]\nk=x\n", set("DEFAULT.n"), "n = N\n; top\n[a]\nk=x\n"),
        ("g=1\n[a]\nk=x\n", set("DEFAULT.n"), "g=1\nn=N\n[a]\nk=x\n"),
        ("[a]\nk=x\ne=\n", set("a.e"), "[a]\nk=x\ne=N\n"),
        ("[a]\nk=x\ne = \nz=1\n", set("a.e"), "[a]\nk=x\ne = N\nz=1\n"),
        ("[a]\nk=\"\"\"l1\nl2\"\"\"\nz=1\n", set("a.k"), "[a]\nk=N\nz=1\n"),
        ("[a]\r\nk = x\r\nz = 1\r\n", set("a.k"), "[a]\r\nk = N\r\nz = 1\r\n"),
        ("[a]\nk=x\n", set("a[\"x:y\"]"), "[a]\nk=x\n`x:y`=N\n"),
        ("[a.b]\nk=x\n", set("[\"a.b\"].n"), "[a.b]\nk=x\nn=N\n"),
        ("[a]\nk=x\nl=y\n", unset("a.k"), "[a]\nl=y\n"),
        ("[a]\n; about k\n# more\nk=x\n; about l\nl=y\n", unset("a.k"), "[a]\n; about l\nl=y\n"),
        ("[a]\nk=\"\"\"l1\nl2\"\"\"\nz=1\n", unset("a.k"), "[a]\nz=1\n"),
        ("[a]\nk=x\n; about b\n[b]\n; about l\nl=y\n[c]\nm=z\n", unset("b"), "[a]\nk=x\n[c]\nm=z\n"),
        ("[a]\nk=x\n[b]\nl=y\n", unset("b.l"), "[a]\nk=x\n[b]\n"),
        ("g=1\n[b]\nl=y\n", unset("DEFAULT.g"), "[b]\nl=y\n"),
    ] {
        let project = Project::empty();
        seal(&project, text);
        let line = [&["-f", FILE], &args[..]].concat();
        if args[0] == "set" {
            project.pipe(&line, "N").ok()
        } else {
            project.run(&line).ok()
        };
        assert_eq!(here(&project), want, "{text} {args:?}");
        let read = super::as_sops_reads(&project, want);
        assert_eq!(values_there(&project), read, "{text} {args:?}");
    }
}

/// Several lines of comment are one to sops, and are sealed as one line.
#[test]
fn comments_are_sealed_and_come_back() {
    if !have("ini::changes::comments_are_sealed_and_come_back", &["sops"]) {
        return;
    }
    let project = Project::empty();
    let text = "; about all\n; second\ng = 1\n\n# about a\n[a]\n; about k\n# second\nk = x\n; end\n";
    seal(&project, text);
    let sealed = String::from_utf8(project.read(FILE)).unwrap();
    for word in ["about", "second", "end"] {
        assert!(!sealed.contains(word), "{sealed}");
    }
    assert_eq!(here(&project), text);
    let want = "; about all\n; second\ng = 1\n\n; about a\n[a]\n; about k\n# second\nk = x\n";
    assert_eq!(there(&project), want);
    seal_by_sops(&project, text);
    assert_eq!(here(&project), want);
    // two sealed lines of one comment are opened one by one
    let sealed = String::from_utf8(project.read(FILE)).unwrap();
    let comments: Vec<&str> = sealed.lines().filter(|line| line.starts_with("; ENC[")).collect();
    let doubled = sealed.replace(comments[2], &[comments[2], comments[2], "; by hand"].join("\n"));
    project.write(FILE, doubled);
    assert_eq!(
        here(&project),
        want.replace("; about k\n# second\n", "; about k\n# second\n; about k\n# second\n; by hand\n")
    );
}

#[test]
fn metadata_may_have_several_lines_and_stand_anywhere() {
    if !have("ini::changes::metadata_may_have_several_lines_and_stand_anywhere", &["sops"]) {
        return;
    }
    let project = Project::empty();
    seal(&project, "[a]\nk = x\n");
    let sealed = String::from_utf8(project.read(FILE)).unwrap();
    // as sops 3.13.0 and 3.13.1 wrote it
    let many: String = sealed
        .lines()
        .map(|line| match line.split_once(" = ").filter(|(_, value)| value.contains("\\n")) {
            Some((name, value)) => format!("{name} = \"\"\"{}\"\"\"\n", value.replace("\\n", "\n")),
            None => format!("{line}\n"),
        })
        .collect();
    assert_ne!(many, sealed);
    let (values, metadata) = sealed.split_once("\n[sops]").unwrap();
    for moved in [many, format!("[sops]{metadata}{values}"), format!("\n[sops]{metadata}\n{values}; end\n")] {
        project.write(FILE, &moved);
        assert_eq!(here(&project).trim().trim_end_matches("\n; end"), "[a]\nk = x");
        project.pipe(&["-f", FILE, "set", "b.n"], "N").ok();
        assert_eq!(project.run(&["-f", FILE, "get", "-n", "a.k"]).ok().stdout, "x");
        let json: serde_json::Value = serde_json::from_str(&values_there(&project)).unwrap();
        assert_eq!((&json["a"]["k"], &json["b"]["n"]), (&"x".into(), &"N".into()));
    }
}

//! Errors are where values get out: what cannot be read is quoted, what was attempted is told.

use super::watched::Watched;
use crate::harness::IDENTITY;

/// Fails when it first sees a new value, after it has kept the sealed file of that moment.
const FAILS_ONCE: &str =
    "#!/bin/sh\n[ -e seen.enc ] && exit 0\ncp .env.enc seen.enc\necho boom >&2\nexit 7\n";

fn deploy(command: &str) -> String {
    format!("[deploy]\nkind = \"wrapper\"\ncommand = [\"{command}\"]\n")
}

/// A project with one value, sealed.
fn sealed() -> (Watched, String) {
    let w = Watched::empty();
    let value = w.canary();
    w.plant("plain", &format!("A={value}\nURL=not a url {value}\n"));
    w.silent(&["encrypt", "plain", "-o", ".env.enc"]).ok();
    w.project.remove("plain");
    (w, value)
}

#[test]
fn a_wrapper_that_fails() {
    for manner in ["-v", "--json"] {
        let (w, value) = sealed();
        w.project.script("up", FAILS_ONCE);
        w.project.write("reseal.toml", deploy("./up"));
        w.silent(&["rotate", "A", "--yes", manner]).code(10).says("ended with exit code 7");
        assert_ne!(w.expect("seen.enc", "A"), value, "the value that never came into force");
        w.prints(&value, &["get", "A"]);
        w.silent(&["history", manner]).ok();
        w.silent(&["status", manner]).ok();
    }
}

#[test]
fn a_wrapper_that_fails_on_the_way_back_too() {
    for manner in ["-v", "--json"] {
        let (w, value) = sealed();
        w.project.script("up", "#!/bin/sh\n[ -e seen.enc ] || cp .env.enc seen.enc\nexit 7\n");
        w.project.write("reseal.toml", deploy("./up"));
        w.silent(&["rotate", "A", "--yes", manner]).code(14);
        w.expect("seen.enc", "A");
        let journal = w.project.files().into_iter().find(|f| f.ends_with("journal.jsonl"));
        assert!(journal.is_some(), "there was no journal to be searched");
        for args in [&["status", manner][..], &["history", manner], &["rotate", "A", "--yes", manner]] {
            assert_ne!(w.silent(args).code, None);
        }
        w.silent(&["resume", manner]).code(14);
        w.silent(&["resume", "--back", manner]).code(14);
        w.project.script("up", "#!/bin/sh\n");
        w.silent(&["resume", manner]).code(10);
        w.prints(&value, &["get", "A"]);
    }
}

#[test]
fn probes_that_fail() {
    for (probe, reason) in [
        ("command = [\"./well\"]", "ended with exit code 1"),
        ("tcp = \"127.0.0.1:1\"", "refused"),
        ("http = \"http://127.0.0.1:1/\"", "refused"),
    ] {
        let (w, _) = sealed();
        w.project
            .script("up", "#!/bin/sh\n[ -e seen.enc ] && rm -f ill || { cp .env.enc seen.enc; :>ill; }\n");
        w.project.script("well", "#!/bin/sh\ntest ! -e ill\n");
        w.project.write("reseal.toml", format!("{}[[probe]]\n{probe}\nwithin = \"1s\"\n", deploy("./up")));
        let output = w.silent(&["rotate", "A", "--yes", "-v"]);
        output.says(reason);
        if w.project.exists("seen.enc") {
            w.expect("seen.enc", "A");
        }
    }
}

#[test]
fn a_file_that_was_tampered_with() {
    let (w, _) = sealed();
    let text = w.project.text(".env.enc");
    // the values change places: each is authentic, and none is where it was sealed
    let swapped = text.replace("A=ENC", "B=ENC");
    let mac = text.lines().find(|l| l.starts_with("sops_mac=")).unwrap();
    let bad_mac =
        text.replace(mac, text.lines().find(|l| l.starts_with("A=")).unwrap()).replacen("A=", "sops_mac=", 2);
    for broken in [swapped, bad_mac.replacen("sops_mac=", "A=", 1), text.replacen("data:", "data:AAAA", 1)] {
        w.project.write(".env.enc", broken);
        w.project.write("reseal.toml", "");
        for args in [
            &["get", "A"][..],
            &["decrypt"],
            &["exec", "--", "true"],
            &["rotate", "A", "--yes"],
            &["unset", "A"],
            &["backup", "create"],
            &["doctor"],
        ] {
            for manner in [&[][..], &["-v"], &["--json"]] {
                w.silent(&[manner, args].concat()).code(15);
            }
        }
        w.silent_with(&["set", "A"], &w.canary()).code(15);
        w.silent(&["list"]).ok();
        w.silent(&["status"]).ok();
    }
}

#[test]
fn a_key_that_does_not_fit() {
    let (w, _) = sealed();
    let wrong = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
    let garbage = w.canary();
    w.plant("garbage", &format!("# a key\n{garbage}\n"));
    w.plant("wrong", wrong);
    w.plant("open", IDENTITY);
    w.project.chmod("open", 0o644);
    let empty = w.project.path("no-home");
    for (name, value, code) in [
        ("SOPS_AGE_KEY", garbage.as_str(), 12),
        ("SOPS_AGE_KEY_FILE", "garbage", 12),
        ("SOPS_AGE_KEY_FILE", "wrong", 12),
        ("SOPS_AGE_KEY_FILE", "open", 1),
        ("SOPS_AGE_KEY_FILE", "missing", 12),
        ("SOPS_AGE_KEY_CMD", "cat garbage", 12),
        // what it says on standard error would be its own
        ("SOPS_AGE_KEY_CMD", "sh -c 'cat garbage; exit 3'", 12),
        ("SOPS_AGE_SSH_PRIVATE_KEY_FILE", "garbage", 12),
    ] {
        for args in
            [&["-v", "get", "A"][..], &["--json", "decrypt"], &["rotate", "A", "--yes"], &["exec", "true"]]
        {
            let mut command = w.command(args);
            command.env_remove("SOPS_AGE_KEY_FILE").env("HOME", &empty).env(name, value);
            let output = w.watch(command, args);
            assert_eq!(output.code, Some(code), "{name}={value}: {}", output.stderr);
        }
    }
}

#[test]
fn plain_text_where_a_sealed_file_belongs() {
    let (w, _) = sealed();
    let value = w.canary();
    for text in [
        format!("A={value}\n"),
        format!("A={value}\nsops_version=3.9.0\n"),
        format!("{value}\n"),
        format!("{{\"A\": \"{value}\"}}"),
        format!("A: {value}\n"),
        format!("A={value}\nsops_mac={value}\nsops_lastmodified={value}\nsops_version={value}\n"),
    ] {
        w.plant("f", &text);
        for args in
            [&["list"][..], &["get", "A"], &["decrypt"], &["status"], &["doctor"], &["rotate", "A", "-y"]]
        {
            for manner in [&["-v"][..], &["--json"]] {
                assert_ne!(w.silent(&[&["-f", "f"], manner, args].concat()).code, Some(0), "{text}");
            }
        }
    }
}

#[test]
fn plain_text_that_cannot_be_sealed() {
    let w = Watched::empty();
    let value = w.canary();
    // without the `=`, in front of which everything is a name
    let bare = &value[..24];
    for text in [
        format!("A=x\n{bare}\n"),
        bare.to_owned(),
        format!("A=\0{value}\n"),
        format!("sops_mac={value}\n"),
        format!("A B={value}\n"),
        format!("export A={value}\n"),
        format!("A=\"{value}\nB=c\n"),
        format!("={value}\n"),
    ] {
        w.plant(".env", &text);
        for args in [&["encrypt", ".env"][..], &["encrypt", ".env", "-o", "out.enc"], &["init"]] {
            w.silent(&[args, &["-v"]].concat());
            for made in ["out.enc", ".env.enc", "reseal.toml"] {
                let _ = std::fs::remove_file(w.project.path(made));
            }
        }
    }
}

#[test]
fn a_value_on_the_command_line_is_not_repeated() {
    let (w, _) = sealed();
    let value = w.canary();
    let (dashed, joined, long) = (format!("-{value}"), format!("A={value}"), format!("--{value}"));
    for args in [
        &["set", "A", value.as_str()][..],
        &["set", "A", &dashed],
        &["set", "A", &long],
        &["set", &joined],
        &["-v", "set", &joined, "--reason", "r"],
        &["--json", "set", "A", "x", &value],
    ] {
        w.silent(args).code(2).says("seen by every process");
    }
}

#[test]
fn values_that_cannot_go_where_they_should() {
    let (w, value) = sealed();
    // nothing that an environment can carry
    w.silent_with(&["set", "A"], &format!("{value}\0{value}")).code(1);
    // a URL that is none
    w.project.write(
        "reseal.toml",
        "[secret.A]\ngenerate = \"alnum:32\"\nfeeds = [{ key = \"URL\", part = \"password\" }]\n",
    );
    w.silent(&["-v", "rotate", "A", "--yes"]).code(1).says("URL");
    w.silent(&["--json", "rotate", "A", "--dry-run"]).code(1);
    // more than one variable can hold
    w.silent_with(&["set", "BIG"], &value.repeat(8_000)).ok();
    w.silent(&["exec", "--", "true"]).code(126);
    w.project.write("reseal.toml", "[deploy]\nkind = \"compose\"\ncommand = [\"true\"]\n");
    w.silent(&["-v", "rotate", "A", "--yes"]).says("128 KiB");
    w.silent(&["unset", "BIG"]);
    w.silent(&["exec", "--", "no-such-program"]).code(127);
    w.silent(&["exec", "--", "./reseal.toml"]).code(126);
    // nowhere to print to
    let mut command = w.command(&["get", "A"]);
    command.stdout(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    w.watch(command, &["get", "A"]).code(1);
}

#[test]
fn a_value_that_strayed_into_the_policy() {
    let (w, _) = sealed();
    let value = w.canary();
    for text in [
        format!("A = {value}\n"),
        format!("[secret.A]\nvalue = \"{value}\"\n"),
        format!("[secret.A]\ngenerate = \"{value}\"\n"),
        format!("[secret.A\nvalue = \"{value}\"\n"),
        format!("[secret]\nA = \"{value}\"\n"),
        format!("[deploy]\nkind = \"{value}\"\n"),
        format!("[[probe]]\nhttp = \"http://app:{}@127.0.0.1:1/\"\n", &value[..24]),
        format!("[[probe]]\nhttp = \"http://127.0.0.1:1/?token={}\"\nwithin = \"{value}\"\n", &value[..24]),
    ] {
        w.plant("reseal.toml", &text);
        for args in [&["list"][..], &["status"], &["rotate", "A", "--yes"]] {
            w.silent(&[args, &["-v"]].concat());
        }
    }
}

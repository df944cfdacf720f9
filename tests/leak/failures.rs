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
    for (probe, code, reason) in [
        // a command is not tried before the rotation, the others are
        ("command = [\"./well\"]", 10, "ended with exit code 1"),
        ("tcp = \"127.0.0.1:1\"", 1, "refused"),
        ("http = \"http://127.0.0.1:1/\"", 1, "refused"),
    ] {
        let (w, _) = sealed();
        w.project
            .script("up", "#!/bin/sh\n[ -e seen.enc ] && rm -f ill || { cp .env.enc seen.enc; :>ill; }\n");
        w.project.script("well", "#!/bin/sh\ntest ! -e ill\n");
        w.project.write("reseal.toml", format!("{}[[probe]]\n{probe}\nwithin = \"1s\"\n", deploy("./up")));
        w.silent(&["rotate", "A", "--yes", "-v"]).code(code).says(reason);
        if code == 10 {
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
fn plain_text_that_is_not_as_it_should_be() {
    let w = Watched::empty();
    let value = w.canary();
    // without the `=`, in front of which everything is a name
    let bare = &value[..24];
    for (text, code) in [
        (format!("A=x\n{bare}\n"), 1),
        (bare.to_owned(), 1),
        (format!("sops_mac={value}\n"), 1),
        // as `openssl rand -base64 64` prints it
        (format!("A={}\n{bare}xY==\n", "q".repeat(64)), 1),
        // odd, but sealed as it is
        (format!("A=\0{value}\n"), 0),
        (format!("export A={value}\n"), 0),
        (format!("A=\"{value}\nB=c\n"), 0),
        (format!("={value}\n"), 0),
    ] {
        w.plant(".env", &text);
        for args in [&["encrypt", ".env"][..], &["encrypt", ".env", "-o", ".env.enc"], &["init"]] {
            let output = w.silent(&[args, &["-v"]].concat()).code(code);
            assert!(code == 0 || (output.stdout.is_empty() && !w.project.exists(".env.enc")));
            let _ = std::fs::remove_file(w.project.path(".env.enc"));
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
    w.silent(&["exec", "--", "true"]).code(126).says("128 KiB");
    w.project.write("reseal.toml", "[deploy]\nkind = \"compose\"\ncommand = [\"true\"]\n");
    w.silent(&["-v", "rotate", "A", "--yes"]).code(1).says("128 KiB").says("nothing was changed");
    assert!(!w.project.exists(".reseal/rotations"));
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
    let value = &w.canary()[..24];
    for text in [
        format!("A = {value}\n"),
        format!("[secret.A]\nvalue = \"{value}\"\n"),
        format!("[secret.A]\ngenerate = \"{value}\"\n"),
        format!("[secret.A]\ngenerate = \"hex:{value}\"\n"),
        format!("[secret.A]\nevery = \"{value}\"\n"),
        format!("[secret.A\nvalue = \"{value}\"\n"),
        format!("[secret]\nA = \"{value}\"\n"),
        format!("[deploy]\nkind = \"{value}\"\n"),
        format!("[[probe]]\nhttp = \"http://app:{value}@127.0.0.1:1/\"\n"),
        format!("[[probe]]\nhttp = \"http://127.0.0.1:1/\"\nwithin = \"{value}\"\n"),
    ] {
        w.plant("reseal.toml", &text);
        for args in [&["list"][..], &["status"], &["rotate", "A", "--yes"]] {
            let output = w.silent(&[args, &["-v"]].concat());
            assert!(output.code == Some(2) || args[0] != "rotate", "{text}");
        }
    }
    // the address of a page may need a token, and is told without it
    w.plant("reseal.toml", &format!("[deploy]\nkind = \"compose\"\ncommand = [\"true\"]\n[[probe]]\nhttp = \"http://127.0.0.1:1/?token={value}\"\n"));
    w.silent(&["-v", "rotate", "A", "--yes"]).code(1).says("probe http http://127.0.0.1:1/");
}

/// While the wrapper runs there are the previous and the pending file; after the kill they stay.
#[test]
fn a_rotation_that_is_killed_in_the_middle() {
    let (w, value) = sealed();
    w.project
        .script("up", "#!/bin/sh\n[ -e wait ] || exit 0\n:>begun\nwhile [ -e wait ]; do sleep 0.05; done\n");
    w.project.write("reseal.toml", deploy("./up"));
    w.project.write("wait", "");
    let mut rotation = w.command(&["rotate", "A", "--yes", "--quiet"]).spawn().unwrap();
    while !w.project.exists("begun") {
        assert!(rotation.try_wait().unwrap().is_none());
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    w.search_files("the wrapper began");
    let pending = w.project.files().into_iter().find(|file| file.ends_with("pending.enc")).unwrap();
    assert_ne!(w.expect(pending.to_str().unwrap(), "A"), value);
    w.search_files("the new value was known");
    w.silent_with(&["set", "A"], &w.canary()).code(11);
    w.silent(&["-v", "rotate", "A", "--yes"]).code(11);

    rotation.kill().unwrap();
    rotation.wait().unwrap();
    w.search_files("the kill");
    w.silent_with(&["set", "A"], &w.canary()).code(13);
    w.silent(&["-v", "status"]).code(13);
    w.silent(&["--json", "status"]).code(13);
    w.project.remove("wait");
    w.silent(&["-v", "resume", "--back"]).ok().says("rolled back");
    w.prints(&value, &["get", "A"]);
}

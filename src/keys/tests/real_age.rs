//! Whole files between this program and the real age, both ways: the older one, and the current one, which has
//! post-quantum keys.
#![expect(clippy::disallowed_methods, reason = "the test starts programs on files of its own")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::*;

#[expect(clippy::duplicate_mod, reason = "the tests of target have it too, and nothing here knows target")]
#[path = "../../../tests/harness/programs.rs"]
mod programs;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("reseal-age-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.join(name), bytes).unwrap();
    }

    /// What the program printed, and whether it ended well.
    fn run(&self, program: &str, args: &[&str]) -> (bool, Vec<u8>) {
        let mut command = Command::new(program);
        let output = command.args(args).current_dir(&self.0).stdin(Stdio::null()).output().unwrap();
        (output.status.success(), output.stdout)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn whole_files_go_both_ways() {
    if !programs::have("keys::whole_files_go_both_ways", &["age"]) {
        return;
    }
    both_ways("age", key!("alice.txt"), key!("bob.txt"));
}

#[test]
fn whole_files_for_post_quantum_keys_go_both_ways() {
    if !programs::have(
        "keys::whole_files_for_post_quantum_keys_go_both_ways",
        &["age-current", "age-keygen-current"],
    ) {
        return;
    }
    both_ways("age-current", key!("alice.txt"), key!("bob.txt"));
    let folder = Folder::new("keygen");
    let (ok, theirs) = folder.run("age-keygen-current", &["-pq"]);
    assert!(ok);
    both_ways("age-current", key!("pq.txt"), theirs.leak());

    // its layout is the one of keys that are made here, and its recipient is found the same
    let (ours, recipient) = generate_hybrid("2026-01-02T03:04:05Z");
    let shape = |text: &str| -> Vec<(usize, String)> {
        text.lines().map(|l| (l.len(), l.chars().take_while(|c| *c != ':' && *c != '1').collect())).collect()
    };
    let theirs = said(&folder, "age-keygen-current", &["-pq"]);
    assert_eq!(shape(&theirs)[1..], shape(ours.expose_str().unwrap())[1..]);
    folder.write("ours", ours.expose());
    assert_eq!(said(&folder, "age-keygen-current", &["-y", "ours"]).trim_end(), recipient.text());
}

fn said(folder: &Folder, program: &str, args: &[&str]) -> String {
    let (ok, bytes) = folder.run(program, args);
    assert!(ok, "{program} {args:?}");
    String::from_utf8(bytes).unwrap()
}

fn both_ways(age: &str, one: &'static [u8], two: &'static [u8]) {
    let folder = Folder::new(age);
    folder.write("one", one);
    folder.write("two", two);
    let of = |bytes: &'static [u8]| keyring(vec![source("t", bytes)]).recipients().unwrap().remove(0);
    let recipients = [of(one), of(two)];
    // a file of more than one chunk, and an empty one
    for plain in [(0..70_000u32).map(|n| (n % 251) as u8).collect(), Vec::new()] {
        for armored in [false, true] {
            let nobody: Arc<dyn Prompt> = Person::nobody();
            let ours = seal_file(&SecretValue::new(plain.clone()), &recipients, armored, &nobody).unwrap();
            folder.write("ours", &ours);
            folder.write("plain", &plain);
            let mut args =
                vec!["-r", recipients[0].text(), "-r", recipients[1].text(), "-o", "theirs", "plain"];
            if armored {
                args.insert(0, "-a");
            }
            assert!(folder.run(age, &args).0);
            let theirs = fs::read(folder.0.join("theirs")).unwrap();
            assert_eq!(stanza_kinds(&theirs).unwrap(), stanza_kinds(&ours).unwrap());
            for (name, key) in [("one", one), ("two", two)] {
                assert!(folder.run(age, &["-d", "-i", name, "ours"]) == (true, plain.clone()), "{name}");
                let opened = keyring(vec![source(name, key)]).open_file(&theirs).unwrap();
                assert!(opened.plain.expose() == plain, "{name}");
                assert_eq!(opened.stanzas, 2);
            }
        }
    }
}

//! Env files, leftovers and half-sealed files in a real repository, and what `.sops.yaml` says of it.

use super::repo::Repo;
use crate::harness::{Project, have};

/// Of true form, and nobody's.
const SECRET: &str = "hY7kQ2mXv9Lp4RtZ8wBn";

/// Places and rules of what is found.
fn told(stdout: &str) -> Vec<String> {
    let mut all: Vec<String> =
        stdout.lines().map(|line| line.splitn(4, ':').take(3).collect::<Vec<_>>().join(":")).collect();
    all.sort();
    all
}

#[test]
fn env_files_and_what_is_left_of_them_do_not_get_in() {
    if !have("scan::plain::env_files_and_what_is_left_of_them_do_not_get_in", &["git"]) {
        return;
    }
    let repo = Repo::new();
    let env = format!("PORT=3000\nDB_PASSWORD={SECRET}\n");
    let wide: Vec<u8> = format!("\u{feff}{env}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    repo.write(".env", &env);
    repo.write("a/.env.bak", wide);
    repo.write("b/backup.txt", format!("HOME=/root\nPATH=/bin\n{env}"));
    repo.write("c/.env.example", "PORT=3000\nLOG_LEVEL=info\nDB_PASSWORD=changeme\n");
    repo.write("d/.env", "PORT=3000\nNODE_ENV=development\nVITE_API_URL=https://api.example.com\n");
    repo.git(&["add", "-Af"]).ok();
    let output = repo.reseal(&["scan", "--staged"]).code(3);
    assert_eq!(
        told(&output.stdout),
        [
            ".env:0: plaintext-env",
            ".env:2: plaintext-env",
            "a/.env.bak:0: plaintext-leftover",
            "a/.env.bak:2: plaintext-leftover",
            "b/backup.txt:0: plaintext-env",
            "b/backup.txt:4: plaintext-env",
        ]
    );
    assert!(!output.stdout.contains(SECRET) && !output.stderr.contains(SECRET));
}

#[test]
fn what_this_program_sealed_passes_until_a_hand_adds_to_it() {
    let project = Project::sealed(&format!("# why\nDB_PASSWORD={SECRET}\nEMPTY=\nPORT=3000\n"));
    let sealed = project.text(".env.enc");
    std::fs::remove_file(project.path("age.key")).unwrap();
    for name in [".env.enc", ".env", "x.txt"] {
        project.write(name, &sealed);
        project.run(&["scan", name]).ok();
    }
    let scan = |text: &str| {
        project.write(".env.enc", text);
        told(&project.run(&["scan", ".env.enc"]).code(3).stdout)
    };
    assert_eq!(scan(&format!("NEW=kitten\n{sealed}")), [".env.enc:1: sealed-leaf-in-clear"]);
    let no_mac: String =
        sealed.lines().filter(|l| !l.starts_with("sops_mac=")).map(|l| format!("{l}\n")).collect();
    assert_eq!(scan(&no_mac), [".env.enc:0: sealed-no-mac"]);
    let plain = format!("DB_PASSWORD={SECRET}\n");
    assert_eq!(scan(&plain), [".env.enc:0: not-sealed", ".env.enc:1: not-sealed"]);
}

#[test]
fn what_sops_yaml_wants_sealed_is_found_whichever_version_says_so() {
    if !have("scan::plain::what_sops_yaml_wants_sealed_is_found_whichever_version_says_so", &["git"]) {
        return;
    }
    let repo = Repo::new();
    let rule = |path: &str| format!("creation_rules:\n- path_regex: {path}\n  age: age1x\n- age: age1x\n");
    repo.write("sub/.sops.yaml", rule("^held/.*\\.yaml$"));
    repo.write("README", "nothing\n");
    repo.commits(&["-qm", "first"]);
    for path in ["sub/held/a.yaml", "sub/new/a.yaml", "sub/other.yaml", "held/a.yaml"] {
        repo.write(path, "region: berlin-7\nuser: zoe.martens\n");
    }
    // one rule goes with the very commit that would be under it, and another one comes
    repo.write("sub/.sops.yaml", rule("^new/.*\\.yaml$"));
    repo.git(&["add", "-A"]).ok();
    let output = repo.reseal(&["scan", "--staged"]).code(3);
    assert_eq!(
        told(&output.stdout),
        ["sub/held/a.yaml:0: must-be-sealed", "sub/new/a.yaml:0: must-be-sealed"]
    );
    // of files that are named the one on the disk counts
    let output = repo.reseal(&["scan", "."]).code(3);
    assert_eq!(told(&output.stdout), ["sub/new/a.yaml:0: must-be-sealed"]);
    let mut below = repo.command("sub/new", env!("CARGO_BIN_EXE_reseal"), &["scan", "a.yaml"]);
    assert_eq!(told(&crate::harness::Output::of(&mut below).code(3).stdout), ["a.yaml:0: must-be-sealed"]);
    // what nobody can read is said
    repo.write("sub/.sops.yaml", "creation_rules: [\n");
    repo.reseal(&["scan", "sub/new"]).says("sub/.sops.yaml cannot be read");
}

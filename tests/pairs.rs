//! Key pairs: the private key signs, the public halves follow it, and what was signed before is still checked.

use std::process::{Command, Stdio};

use crate::harness::{Project, have};

const POLICY: &str = "[secret.JWT_PRIVATE_KEY]\ngenerate = \"KIND\"\n\
    pair = { public = \"JWT_PUBLIC_KEY\", key-id = \"JWT_KEY_ID\", jwks = \"JWT_JWKS\" }\n\
    previous = { public = \"JWT_PUBLIC_KEY_OLD\", keep-for = \"1s\" }\n";

/// Runs openssl on files of the project.
fn openssl(project: &Project, args: &[&str]) -> bool {
    let mut command = Command::new("openssl");
    command
        .args(args)
        .current_dir(&project.root)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().unwrap().success()
}

fn store(project: &Project, key: &str, file: &str) {
    // what the application gets is what openssl gets
    let output =
        project.command(&["exec", "--", "sh", "-c", &format!("printf %s \"${key}\"")]).output().unwrap();
    project.write(file, output.stdout);
}

#[test]
fn a_pair_changes_whole_and_the_old_public_half_stays_for_a_while() {
    if !have("pairs::a_pair_changes_whole", &["openssl"]) {
        return;
    }
    for kind in ["ed25519", "ec:p256", "rsa:2048"] {
        let project = Project::sealed("OTHER=x\n");
        project.write("reseal.toml", POLICY.replace("KIND", kind));
        project.run(&["rotate", "JWT_PRIVATE_KEY", "-y"]).code(1).says("is not in the file");
        project.run(&["set", "JWT_PRIVATE_KEY", "--generate", kind]).ok();
        let first = (project.get("JWT_PUBLIC_KEY"), project.get("JWT_KEY_ID"));
        store(&project, "JWT_PRIVATE_KEY", "old.pem");
        let sign = |key: &str, to: &str| {
            let rest = if kind == "ed25519" { vec!["-rawin"] } else { vec!["-rawin", "-digest", "sha256"] };
            assert!(openssl(
                &project,
                &[&["pkeyutl", "-sign", "-inkey", key, "-in", "token", "-out", to], &rest[..]].concat()
            ));
        };
        let verifies = |key: &str, of: &str| {
            let rest = if kind == "ed25519" { vec!["-rawin"] } else { vec!["-rawin", "-digest", "sha256"] };
            openssl(
                &project,
                &[
                    &["pkeyutl", "-verify", "-pubin", "-inkey", key, "-in", "token", "-sigfile", of],
                    &rest[..],
                ]
                .concat(),
            )
        };
        project.write("token", "a token");
        sign("old.pem", "old.sig");

        let said = project.run(&["rotate", "JWT_PRIVATE_KEY", "-y"]).ok();
        said.hides("PRIVATE KEY").hides("PUBLIC KEY-");
        assert_eq!(project.get("JWT_PUBLIC_KEY_OLD"), first.0);
        assert_ne!(project.get("JWT_KEY_ID"), first.1);
        for (key, file) in
            [("JWT_PRIVATE_KEY", "new.pem"), ("JWT_PUBLIC_KEY", "new.pub"), ("JWT_PUBLIC_KEY_OLD", "old.pub")]
        {
            store(&project, key, file);
        }
        sign("new.pem", "new.sig");
        assert!(verifies("new.pub", "new.sig") && verifies("old.pub", "old.sig"), "{kind}");
        assert!(!verifies("new.pub", "old.sig") && !verifies("old.pub", "new.sig"), "{kind}");
        let set = || serde_json::from_str::<serde_json::Value>(&project.get("JWT_JWKS")).unwrap();
        let ids = |set: serde_json::Value| -> Vec<String> {
            set["keys"].as_array().unwrap().iter().map(|k| k["kid"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(ids(set()), [project.get("JWT_KEY_ID"), first.1.clone()]);
        // sops reads the lines as they are
        if have("pairs::sops", &["sops"]) {
            let plain = project
                .sops(&["decrypt", "--input-type", "dotenv", "--output-type", "json", ".env.enc"])
                .ok();
            let plain: serde_json::Value = serde_json::from_str(&plain.stdout).unwrap();
            assert_eq!(
                plain["JWT_PRIVATE_KEY"].as_str().unwrap().trim_end(),
                project.text("new.pem").trim_end()
            );
        }
        // a pair that is set by hand meanwhile leaves the old half where it still counts
        let sealed = project.read(".env.enc");
        project.run(&["set", "JWT_PRIVATE_KEY", "--generate", kind]).ok();
        assert_eq!(ids(set()), [project.get("JWT_KEY_ID"), first.1.clone()]);
        project.write(".env.enc", sealed);
        std::thread::sleep(std::time::Duration::from_millis(1100));
        project.run(&["retire", "--due", "-y"]).ok();
        project.run(&["get", "JWT_PUBLIC_KEY_OLD"]).code(1);
        assert_eq!(ids(set()), [project.get("JWT_KEY_ID")]);
        // back to the first pair, whole
        project.run(&["rollback", "JWT_PRIVATE_KEY", "-y"]).ok();
        assert_eq!((project.get("JWT_PUBLIC_KEY"), project.get("JWT_KEY_ID")), first);
    }
}

#[test]
fn a_private_half_that_is_edited_takes_its_public_half_along() {
    let project = Project::sealed("OTHER=x\n");
    project.write("reseal.toml", POLICY.replace("KIND", "ed25519"));
    project.run(&["set", "JWT_PRIVATE_KEY", "--generate", "ed25519"]).ok();
    let first = (project.get("JWT_PRIVATE_KEY"), project.get("JWT_PUBLIC_KEY"), project.get("JWT_KEY_ID"));
    project.run(&["set", "JWT_PRIVATE_KEY", "--generate", "ed25519"]).ok();
    assert_ne!(project.get("JWT_PUBLIC_KEY"), first.1);
    project.script("ed", "#!/bin/sh\nsed -i \"s|^JWT_PRIVATE_KEY=.*|JWT_PRIVATE_KEY=$NEW|\" \"$1\"\n");
    let edit = |new: &str| {
        let mut command = project.command(&["edit"]);
        crate::harness::Output::of(command.env("EDITOR", "./ed").env("NEW", new))
    };
    edit("no key at all")
        .code(1)
        .says("\"JWT_PRIVATE_KEY\"")
        .says("nothing was changed")
        .hides("no key at all");
    assert_ne!(project.get("JWT_PUBLIC_KEY"), first.1);
    edit(&first.0.replace('\n', "\\\\n")).ok();
    assert_eq!(
        (project.get("JWT_PRIVATE_KEY"), project.get("JWT_PUBLIC_KEY"), project.get("JWT_KEY_ID")),
        first
    );
}

//! `reseal init` on whole projects as people have them: an env file, compose files, and the script or the page by which
//! they rotate until now. One folder below `tests/init/` each; what is said of it is a snapshot.

mod happens;
mod live;
mod wizard;

use std::fs;
use std::path::Path;

use crate::cmd::Transcript;
use crate::harness::{Project, have};

/// A project, what its procedure changes, and what goes wrong in it.
struct Case {
    name: &'static str,
    script: &'static str,
    /// The keys that the procedure changes.
    changes: &'static [&'static str],
    /// Keys that no service keeps, so that a plan can be made while none runs.
    alone: &'static [&'static str],
    /// A part of the words for each fault.
    faults: &'static [&'static str],
}

const TORN: &str = "comes on two lines";
const SLASH: &str = "a \"/\" in it ends the expression";
const AMPERSAND: &str = "sed takes \"&\"";
const COPY: &str = "in a copy beside the file";
const MODE: &str = "a new file, in plain, has mode 0644";
const RESTART: &str = "restart does not read env files anew";
const SESSIONS: &str = "sessions that are open go on";
const LOGGED: &str = "the server's log shows it";

const CASES: [Case; 5] = [
    Case {
        name: "sops-sed-and-wrapper",
        script: "ROTATION.md",
        changes: &[
            "JWT_SECRET_KEY",
            "POSTGRES_PASSWORD",
            "REDIS_PASSWORD",
            "GRAFANA_ADMIN_PASSWORD",
            "VNC_PASSWORD",
        ],
        alone: &["JWT_SECRET_KEY", "VNC_PASSWORD"],
        faults: &[
            TORN,
            SLASH,
            COPY,
            MODE,
            "and nothing narrows it later",
            "takes this one for JSON",
            "POSTGRES_PASSWORD: service db read it when its volume was empty",
            "GRAFANA_ADMIN_PASSWORD: service grafana read it when its volume was empty",
            "VNC_PASSWORD: vnc reads the first 8 characters only",
            "POSTGRES_PASSWORD: DATABASE_URL holds the same value, and stays as it is",
            "a container of another user cannot read it",
            "empties the sealed file",
            "./scripts/dc.sh, line 5: a new file, in plain",
        ],
    },
    Case {
        name: "restart-and-reencrypt",
        script: "rotate.sh",
        changes: &["JWT_SECRET", "EXCHANGE_KEY_ENCRYPTION_KEY", "EXCHANGE_KEY_ENCRYPTION_KEY_OLD"],
        alone: &["JWT_SECRET"],
        faults: &[SLASH, AMPERSAND, COPY, RESTART],
    },
    Case {
        name: "sed-with-backup",
        script: "PROCEDURE.md",
        changes: &["DATABASE_PASSWORD", "SESSION_SECRET"],
        alone: &["SESSION_SECRET", "API_TOKEN"],
        faults: &[
            SLASH,
            COPY,
            RESTART,
            SESSIONS,
            LOGGED,
            "it rewrites \"TEST_DATABASE_PASSWORD\" too",
            "stands in an argument",
        ],
    },
    Case {
        name: "redis-rewrite-and-key-pairs",
        script: "rotate-secrets.sh",
        changes: &[
            "REDIS_PASSWORD",
            "JWT_SECRET",
            "JWT_SECRET_PREVIOUS",
            "JWT_REFRESH_SECRET",
            "JWT_PRIVATE_KEY",
            "JWT_PUBLIC_KEY",
        ],
        alone: &["JWT_SECRET", "JWT_REFRESH_SECRET"],
        faults: &[TORN, SLASH, AMPERSAND, SESSIONS, "lost at the next restart", "stands in an argument"],
    },
    Case {
        name: "policy-and-checklists",
        script: "policy.md",
        changes: &[
            "POSTGRES_PASSWORD",
            "DATABASE_URL",
            "REDIS_PASSWORD",
            "JWT_SECRET",
            "DATA_ENCRYPTION_KEY",
            "SENDGRID_API_KEY",
        ],
        alone: &["JWT_SECRET", "GRAFANA_TOKEN"],
        faults: &[
            RESTART,
            SESSIONS,
            LOGGED,
            "a login inside the database's container proves nothing",
            "this adds a password",
        ],
    },
];

/// A project with the files of a case; `env` lies there without its dot, so that no rule ignores it.
fn project(name: &str) -> Project {
    let project = Project::empty();
    copy(&Path::new("tests/init").join(name), Path::new(""), &project);
    project
}

fn copy(from: &Path, to: &Path, project: &Project) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
        if path.is_dir() {
            copy(&path, &to.join(name), project);
            continue;
        }
        let target = to.join(if name == "env" { ".env" } else { &name });
        project.write(target.to_str().unwrap(), fs::read(&path).unwrap());
        if name.ends_with(".sh") {
            project.chmod(target.to_str().unwrap(), 0o755);
        }
    }
}

/// Every file and its content.
fn state(project: &Project) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    project.files().into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

#[test]
fn a_project_and_its_procedure_become_a_policy_and_its_faults_are_named() {
    for case in &CASES {
        let project = project(case.name);
        let before = state(&project);
        let mut transcript = Transcript::of(&project);
        let output = transcript.run(&["init", "--dry-run", "--script", case.script]).ok();
        assert_eq!(state(&project), before, "{}: a dry run has written", case.name);
        for line in project.text(".env").lines().filter_map(|line| line.split_once('=')) {
            let value = line.1;
            if ["placeholder", "cGxhY2", "sk_", "whsec_", "SG."].iter().any(|start| value.starts_with(start))
            {
                assert!(!output.stdout.contains(value) && !output.stderr.contains(value), "{}", line.0);
            }
        }
        let (policy, told) = (&output.stdout, &output.stderr);
        for key in case.changes {
            assert!(policy.contains(key), "{}: {key} is not in the policy\n{policy}", case.name);
        }
        for fault in case.faults {
            assert!(told.contains(fault), "{}: nothing says {fault:?}\n{told}", case.name);
        }
        transcript.told(&format!("init-{}", case.name));
    }
}

#[test]
fn what_is_proposed_for_a_project_can_be_rotated() {
    for case in &CASES {
        let project = project(case.name);
        let proposed = project.run(&["init", "--dry-run", "--script", case.script]).ok().stdout;
        project.run(&["init", "--yes", "--script", case.script]).ok().says("proposed a policy: reseal.toml");
        assert_eq!(project.text("reseal.toml"), proposed, "{}", case.name);
        let mut args = vec!["rotate", "--dry-run", "--no-deploy"];
        args.extend(case.alone);
        let plan = project.run(&args).ok().stdout;
        for key in case.alone {
            assert!(plan.contains(&format!("  + {key}=<new")), "{}: {plan}", case.name);
        }
    }
}

#[test]
fn a_file_that_sops_sealed_gets_a_policy_and_stays_as_it_is() {
    if !have("a_file_that_sops_sealed_gets_a_policy_and_stays_as_it_is", &["sops"]) {
        return;
    }
    let project = project("sops-sed-and-wrapper");
    let args =
        ["encrypt", "--input-type", "dotenv", "--output-type", "dotenv", "--age", crate::harness::RECIPIENT];
    let sealed = project.sops(&[&args[..], &["--output", ".env.enc", ".env"]].concat());
    sealed.ok();
    project.remove(".env");
    let before = project.read(".env.enc");
    let mut transcript = Transcript::of(&project);
    transcript.run(&["init", "--delete-plaintext"]).code(2);
    transcript.run(&["init"]).ok();
    transcript.run(&["init"]).code(1);
    assert_eq!(project.read(".env.enc"), before);
    assert!(!project.exists(".env") && project.text("reseal.toml").contains("[secret.JWT_SECRET_KEY]"));
    transcript.run(&["rotate", "--dry-run", "--no-deploy", "JWT_SECRET_KEY"]).ok();
    transcript.told("init-adopt");
}

use super::super::handed::LARGEST;
use super::super::testing::{Folder, deploy, release};
use super::super::{Release, Values};
use super::super::{carries, preflight, redeploy};
use super::call::{self, compose};
use super::intent;
use crate::config::DeployKind;
use crate::process::Site;
use crate::secret::SecretValue;

#[test]
fn compose_gets_the_values_and_no_age_key() {
    let folder = Folder::new();
    let mut site = folder.site();
    site.env.push(("NEW".into(), "stale".into()));
    for name in ["SOPS_AGE_KEY", "SOPS_AGE_KEY_FILE", "SOPS_AGE_KEY_CMD", "SOPS_AGE_SSH_PRIVATE_KEY_FILE"] {
        site.env.push((name.into(), "k".into()));
    }
    site.env.push(("SOPS_AGE_RECIPIENTS".into(), "r".into()));
    let mut config = deploy(DeployKind::Compose, &["sh", "-c", "env >seen; printf %s \"$NEW\" >new"]);
    config.project = Some("shop".to_owned());
    let value = SecretValue::new(b"a $b 'c' \"d\" \xff".to_vec());
    redeploy(&config, &site, &release(&[(b"NEW", &value)])).unwrap();
    assert_eq!(folder.bytes("new"), value.expose());
    let seen = String::from_utf8_lossy(&folder.bytes("seen")).into_owned();
    assert!(!seen.contains("SOPS_AGE_KEY") && !seen.contains("SOPS_AGE_SSH"), "{seen}");
    for line in ["SOPS_AGE_RECIPIENTS=r", "SITE=yes", "COMPOSE_PROJECT_NAME=shop"] {
        assert!(seen.lines().any(|l| l == line), "{line} in {seen}");
    }
}

#[test]
fn what_no_environment_can_carry_is_refused_before_anything_starts() {
    let folder = Folder::new();
    let config = deploy(DeployKind::Compose, &["sh", "-c", "echo >ran"]);
    let fine = SecretValue::new(b"v".to_vec());
    let nul = SecretValue::new(b"s3cret\0".to_vec());
    let large = SecretValue::new(b"s3cret".repeat(LARGEST / 6));
    for (name, value) in [(&b"A=B"[..], &fine), (b"", &fine), (b"A", &nul), (b"A", &large)] {
        let error = redeploy(&config, &folder.site(), &release(&[(name, value)])).unwrap_err();
        assert!(!error.to_string().contains("s3cret"));
        // the same is known before anything is begun
        assert!(carries(&config, &folder.site(), &[(name, value)]).is_err());
    }
    assert!(!folder.has("ran"));
}

#[test]
fn the_largest_value_that_passes_does_start_something() {
    let folder = Folder::new();
    let config = deploy(DeployKind::Compose, &["sh", "-c", "echo >ran"]);
    let value = SecretValue::new(vec![b'x'; LARGEST - "A=".len() - 1]);
    redeploy(&config, &folder.site(), &release(&[(b"A", &value)])).unwrap();
    assert!(folder.has("ran"));
}

#[test]
fn a_path_among_the_values_does_not_decide_what_runs() {
    let folder = Folder::new();
    let config = deploy(DeployKind::Compose, &["sh", "-c", "echo \"$PATH\" >ran"]);
    let path = SecretValue::new(b"/nowhere".to_vec());
    redeploy(&config, &folder.site(), &release(&[(b"PATH", &path)])).unwrap();
    assert_eq!(folder.read("ran"), "/nowhere\n");
}

#[test]
fn the_plugin_comes_first_then_version_one_then_advice() {
    let folder = Folder::new();
    let mut site = folder.site();
    site.env = vec![("PATH".into(), folder.root.clone().into())];
    let config = deploy(DeployKind::Compose, &[]);
    let error = preflight(&config, &site).unwrap_err();
    assert_eq!(error.to_string(), "neither `docker compose` nor `docker-compose` is there");
    // stands for a docker without the plugin, whose `compose version` fails
    folder.link("docker", "/bin/false");
    folder.link("docker-compose", "/bin/true");
    assert_eq!(compose(&config, &site).ok().unwrap().0.word, "docker-compose");
    let error = preflight(&config, &site).unwrap_err();
    assert!(
        error.to_string().starts_with("the docker engine does not answer: \"docker\" ended with"),
        "{error}"
    );
    folder.remove("docker");
    folder.link("docker", "/bin/true");
    let (program, words) = compose(&config, &site).ok().unwrap();
    assert_eq!((program.word.as_str(), words), ("docker", vec!["compose".to_owned()]));
    preflight(&config, &site).unwrap();
}

#[test]
fn profiles_come_from_the_file_the_environment_or_a_dot_env_and_from_the_command() {
    let folder = Folder::new();
    let mut site = folder.site();
    let config = deploy(DeployKind::Compose, &["sh", "--profile", "a", "--profile=b"]);
    let value = SecretValue::new(b"sealed".to_vec());
    let sealed: [(&[u8], &SecretValue); 1] = [(b"COMPOSE_PROFILES", &value)];
    let profiles = |site: &Site, values: Values<'_>, dot_env| {
        call::Call::new(&config, site, values).ok().unwrap().profiles(dot_env)
    };
    assert_eq!(profiles(&site, &[], Some("X=1\nCOMPOSE_PROFILES = \"one,two\"\n")), ["one", "two", "a", "b"]);
    site.env.push(("COMPOSE_PROFILES".into(), "env".into()));
    assert_eq!(profiles(&site, &[], Some("COMPOSE_PROFILES=one")), ["env", "a", "b"]);
    assert_eq!(profiles(&site, &sealed, None), ["sealed", "a", "b"]);
}

/// Answers as compose does, and notes its arguments and whether it has a value.
const FAKE: &str = r#"echo "$* [$KEY] $COMPOSE_FILE" >>said
case $1 in config) cat answer; esac"#;

#[test]
fn only_consumers_are_made_anew_and_the_question_gets_no_value() {
    let folder = Folder::new();
    folder.file("answer", r#"{ "name": "p", "services": { "api": { "environment": ["KEY"] }, "web": {} } }"#);
    let config = deploy(DeployKind::Compose, &["sh", "-c", FAKE, "sh"]);
    let (value, file) = (SecretValue::new(b"v".to_vec()), SecretValue::new(b"f.yml".to_vec()));
    let values: [(&[u8], &SecretValue); 2] = [(b"KEY", &value), (b"COMPOSE_FILE", &file)];
    let (key, other) = (["KEY".to_owned()], ["OTHER".to_owned()]);
    let changed = |keys| Release { changed: keys, ..release(&values) };
    let asked = "config --no-interpolate --format json [] f.yml\n";
    for (keys, said) in [
        (Some(&key[..]), format!("{asked}up -d --no-deps --force-recreate api [v] f.yml\n")),
        (Some(&other[..]), asked.to_owned()),
        (None, format!("{asked}up -d [v] f.yml\n")),
    ] {
        folder.file("said", "");
        redeploy(&config, &folder.site(), &changed(keys)).unwrap();
        assert_eq!(folder.read("said"), said);
    }
    let plan = |keys| intent(&config, &folder.site(), &changed(keys)).unwrap();
    assert!(plan(Some(&key[..])).lines[0].ends_with(" up -d --no-deps --force-recreate api"));
    assert!(plan(Some(&other[..])).lines.is_empty());
    // one that does not tell is left to compare for itself
    folder.file("answer", "services: {}\n");
    assert!(plan(Some(&key[..])).remarks[0].contains("compares for itself"));
    folder.file("said", "");
    redeploy(&config, &folder.site(), &changed(Some(&key[..]))).unwrap();
    assert_eq!(folder.read("said"), format!("{asked}up -d [v] f.yml\n"));
}

#[test]
fn an_env_file_that_is_missing_is_told_with_what_helps() {
    let folder = Folder::new();
    folder.file("answer", r#"{ "name": "p", "services": { "api": { "env_file": [{ "path": ".env" }] } } }"#);
    let config = deploy(DeployKind::Compose, &["sh", "-c", FAKE, "sh"]);
    let key = ["KEY".to_owned()];
    let release = Release { changed: Some(&key), ..release(&[]) };
    let error = intent(&config, &folder.site(), &release).unwrap_err();
    assert!(error.to_string().contains("which is not there"), "{error}");
    assert!(error.advice().unwrap().contains("env-files = [\".env\"]"), "{error:?}");
    folder.file(".env", "A=1\n");
    assert!(intent(&config, &folder.site(), &release).unwrap().lines.is_empty());
}

#[test]
fn a_step_that_restarts_is_remarked_on() {
    let folder = Folder::new();
    let mut config = deploy(DeployKind::Compose, &["true"]);
    config.steps = vec![vec!["restart".to_owned(), "api".to_owned()]];
    let intent = intent(&config, &folder.site(), &release(&[])).unwrap();
    assert_eq!(intent.lines, ["true restart api"]);
    assert!(intent.remarks[0].contains("does not read values again"));
}

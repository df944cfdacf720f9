use super::super::testing::{Folder, deploy, release};
use super::super::{carries, preflight, redeploy};
use super::call::{self, compose};
use crate::config::DeployKind;
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
    let large = SecretValue::new(b"s3cret".repeat(call::LARGEST / 6));
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
    let value = SecretValue::new(vec![b'x'; call::LARGEST - "A=".len() - 1]);
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

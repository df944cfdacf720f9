//! `docker run --env-file`: what a real container has, and what the client makes of files.

use super::{Read, agree, arrived, environ, known, rendered, seeds};
use crate::harness::{Output, Project, have};
use reseal::Dialect::Docker;

#[test]
fn a_container_has_the_values() {
    if !have("dialect::docker", &["docker", "image"]) {
        return;
    }
    let project = Project::empty();
    for seed in seeds() {
        let (text, values) = rendered(&[Docker], seed, 2000);
        project.write("values.env", &text);
        let run = [
            "run",
            "--rm",
            "--network=none",
            "--env-file=values.env",
            "reseal-test:1",
            "cat",
            "/proc/1/environ",
        ];
        let output = project.around("docker", &run).output().unwrap();
        assert!(output.status.success(), "seed {seed}: {}", String::from_utf8_lossy(&output.stderr));
        arrived("a container", seed, &values, &environ(&output.stdout));
    }
}

#[test]
fn the_client_reads_what_the_model_says() {
    if !have("dialect::docker", &["docker", "image"]) {
        return;
    }
    let project = Project::empty();
    for seed in seeds() {
        let mut files = known(Docker, seed, 25);
        // the longest line that is read, and the shortest that is not
        for length in [65_533, 65_534] {
            let text = [b"A=".as_slice(), &vec![b'x'; length]].concat();
            files.push((text.clone(), super::model(Docker, &text).unwrap()));
        }
        let read: Vec<Read> = files.iter().map(|(text, _)| created(&project, text)).collect();
        agree(Docker, seed, &files, &read);
    }
}

/// The environment of a container that was made and never started.
fn created(project: &Project, text: &[u8]) -> Read {
    project.write("one.env", text);
    let made = Output::of(&mut project.around("docker", &["create", "--env-file=one.env", "reseal-test:1"]));
    if made.code != Some(0) {
        return None;
    }
    let id = made.stdout.trim();
    let shown =
        Output::of(&mut project.around("docker", &["inspect", "--format={{json .Config.Env}}", id])).ok();
    Output::of(&mut project.around("docker", &["rm", id])).ok();
    let pairs: Vec<String> = serde_json::from_str(&shown.stdout).unwrap();
    let pairs = pairs.iter().map(|pair| pair.split_once('=').unwrap()).filter(|(name, _)| *name != "PATH");
    Some(pairs.map(|(name, value)| (name.into(), value.into())).collect())
}

//! Both versions of compose: `env_file`, `.env` through `${NAME}`, and the environments of real containers.

use std::collections::BTreeMap;

use super::{Read, agree, arrived, environ, known, rendered, seeds};
use crate::harness::{Output, Project, have};
use reseal::Dialect::{self, ComposeV1, ComposeV2};

/// A version of compose: its reader, what a test needs for it, and how it is called.
type Compose = (Dialect, &'static str, &'static [&'static str]);
const ONE: Compose = (ComposeV1, "compose-v1", &["docker-compose"]);
const TWO: Compose = (ComposeV2, "compose", &["docker", "compose"]);

/// The configuration of version 1 is YAML.
const AS_JSON: &str = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)";

/// The environments of the services, as `config` prints them; `None` where compose refuses.
fn config(project: &Project, compose: Compose) -> Option<BTreeMap<String, BTreeMap<Vec<u8>, Vec<u8>>>> {
    let (reader, _, words) = compose;
    let mut args = [&words[1..], &["config"]].concat();
    if reader == ComposeV2 {
        args.extend(["--format", "json"]);
    }
    let output = project.around(words[0], &args).output().unwrap();
    if !output.status.success() {
        return None;
    }
    let json = if reader == ComposeV1 {
        project.write("config", &output.stdout);
        let script = ["-c", "exec /usr/bin/python3 -c \"$0\" <config", AS_JSON];
        Output::of(&mut project.around("sh", &script)).ok().stdout
    } else {
        String::from_utf8(output.stdout).unwrap()
    };
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let services = json["services"].as_object().unwrap().iter().map(|(service, settings)| {
        let pairs = settings["environment"].as_object().into_iter().flatten().map(|(name, value)| {
            // `config` prints what can be given to compose again: dollars are doubled
            let value = value.as_str().unwrap().replace("$$", "$");
            (name.clone().into_bytes(), value.into_bytes())
        });
        (service.clone(), pairs.collect())
    });
    Some(services.collect())
}

/// Line ends of YAML 1.1, which the printer of version 1 makes others of; what a container gets is not printed.
fn printable(compose: Compose, bytes: &[u8]) -> bool {
    compose.0 == ComposeV2 || !String::from_utf8_lossy(bytes).contains(['\u{85}', '\u{2028}', '\u{2029}'])
}

/// A project with one service for each env file.
fn services(project: &Project, files: &[Vec<u8>]) {
    let mut yaml = "version: '3.8'\nservices:\n".to_owned();
    for (n, text) in files.iter().enumerate() {
        project.write(&format!("f{n}"), text);
        yaml += &format!("  s{n}: {{image: x, env_file: [f{n}]}}\n");
    }
    project.write("docker-compose.yml", yaml);
}

fn hold(compose: Compose) {
    let (reader, program, words) = compose;
    if !have("dialect::compose", &[program]) {
        return;
    }
    let project = Project::empty();
    for seed in seeds() {
        let (text, mut values) = rendered(&[reader], seed, 1500);
        let (both, mut shared) = rendered(&[ComposeV1, ComposeV2], seed, 1500);
        values.retain(|_, value| printable(compose, value));
        shared.retain(|_, value| printable(compose, value));
        services(&project, &[text, both]);
        let got = config(&project, compose).unwrap_or_else(|| panic!("seed {seed}: {words:?} refuses"));
        arrived(&format!("{words:?}"), seed, &values, &got["s0"]);
        arrived(&format!("{words:?}"), seed, &shared, &got["s1"]);

        let (refused, files): (Vec<_>, Vec<_>) = known(reader, seed, 400)
            .into_iter()
            .filter(|(text, _)| printable(compose, text))
            .partition(|(_, read)| read.is_none());
        services(&project, &files.iter().map(|(text, _)| text.clone()).collect::<Vec<_>>());
        let got = config(&project, compose).unwrap_or_else(|| panic!("seed {seed}: {words:?} refuses one"));
        let read: Vec<Read> = (0..files.len()).map(|n| Some(got[&format!("s{n}")].clone())).collect();
        agree(reader, seed, &files, &read);
        for (text, _) in refused.iter().take(3) {
            services(&project, &[text.clone()]);
            assert!(config(&project, compose).is_none(), "seed {seed}: {}", text.escape_ascii());
        }
    }
}

#[test]
fn version_1_reads_what_its_model_says() {
    hold(ONE);
}

#[test]
fn version_2_reads_what_its_model_says() {
    hold(TWO);
}

/// `.env` is the project's environment, from which `${NAME}` is filled in, once.
fn interpolate(compose: Compose) {
    let (reader, program, words) = compose;
    if !have("dialect::compose", &[program]) {
        return;
    }
    let project = Project::empty();
    for seed in seeds() {
        let (text, mut values) = rendered(&[reader], seed, 500);
        values.retain(|_, value| printable(compose, value));
        project.write(".env", &text);
        let mut yaml = "version: '3.8'\nservices:\n  s:\n    image: x\n    environment:\n".to_owned();
        for name in values.keys() {
            let name = String::from_utf8_lossy(name);
            yaml += &format!("    - {name}=${{{name}}}\n");
        }
        project.write("docker-compose.yml", yaml);
        let got = config(&project, compose).unwrap_or_else(|| panic!("seed {seed}: {words:?} refuses"));
        arrived(&format!("${{NAME}} of {words:?}"), seed, &values, &got["s"]);
    }
}

#[test]
fn version_1_fills_in_from_dot_env() {
    interpolate(ONE);
}

#[test]
fn version_2_fills_in_from_dot_env() {
    interpolate(TWO);
}

/// The environment of a real container.
fn contain(compose: Compose) {
    let (reader, program, words) = compose;
    if !have("dialect::compose", &["docker", program, "image"]) {
        return;
    }
    let project = Project::empty();
    let [_, seed] = seeds();
    let (text, values) = rendered(&[reader], seed, 400);
    project.write("values.env", &text);
    let service = "image: reseal-test:1, network_mode: none, env_file: [values.env], stop_signal: SIGKILL";
    project.write("docker-compose.yml", format!("version: '3.8'\nservices:\n  s: {{{service}}}\n"));
    let args = [&words[1..], &["run", "--rm", "-T", "s", "cat", "/proc/1/environ"]].concat();
    let output = project.around(words[0], &args).output().unwrap();
    assert!(output.status.success(), "seed {seed}: {}", String::from_utf8_lossy(&output.stderr));
    arrived(&format!("a container of {words:?}"), seed, &values, &environ(&output.stdout));
}

#[test]
fn a_container_of_version_1_has_the_values() {
    contain(ONE);
}

#[test]
fn a_container_of_version_2_has_the_values() {
    contain(TWO);
}

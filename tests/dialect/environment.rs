//! The other way: values in the environment of compose, which `${NAME}` and `environment: [NAME]` take from there. No text
//! is parsed, so that nothing is refused and nothing may change; but what is not UTF-8 cannot be told to an engine.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use rand::SeedableRng;
use rand::rngs::StdRng;

use super::{arrived, drawn, environ, seeds};
use crate::harness::{Project, have};

/// The longest that the kernel lets one variable be, with its name and its end.
const LONGEST: usize = 128 * 1024 - 1;

fn hold(program: &str, words: &[&str]) {
    if !have("dialect::environment", &["docker", program, "image"]) {
        return;
    }
    let project = Project::empty();
    for seed in seeds() {
        let mut rng = StdRng::seed_from_u64(seed);
        let drawn =
            std::iter::repeat_with(|| drawn::value(&mut rng)).filter(|v| std::str::from_utf8(v).is_ok());
        let mut values: BTreeMap<Vec<u8>, Vec<u8>> =
            drawn.take(400).enumerate().map(|(n, v)| (format!("K{n}").into_bytes(), v)).collect();
        values.insert(b"LONG".to_vec(), vec![b'$'; LONGEST - b"LONG=".len()]);
        let mut yaml =
            "version: '3.8'\nservices:\n  s:\n    image: reseal-test:1\n    network_mode: none\n".to_owned();
        yaml += "    environment:\n";
        for (n, name) in values.keys().enumerate() {
            let name = String::from_utf8_lossy(name);
            yaml +=
                &if n % 2 == 0 { format!("    - {name}\n") } else { format!("    - {name}=${{{name}}}\n") };
        }
        project.write("docker-compose.yml", yaml);
        let args = [&words[1..], &["run", "--rm", "-T", "s", "cat", "/proc/1/environ"]].concat();
        let mut command = project.around(words[0], &args);
        command.envs(values.iter().map(|(name, value)| (OsStr::from_bytes(name), OsStr::from_bytes(value))));
        let output = command.output().unwrap();
        assert!(output.status.success(), "seed {seed}: {}", String::from_utf8_lossy(&output.stderr));
        arrived(&format!("the environment of {words:?}"), seed, &values, &environ(&output.stdout));
    }
}

#[test]
fn version_1_hands_on_what_it_has() {
    hold("compose-v1", &["docker-compose"]);
}

#[test]
fn version_2_hands_on_what_it_has() {
    hold("compose", &["docker", "compose"]);
}

/// What `exec` starts has every value of the sealed file, whatever its bytes.
#[test]
fn exec_hands_on_every_byte() {
    let project = Project::sealed("K=x\n");
    let every: Vec<u8> = (1..=255).collect();
    project.pipe(&["set", "K"], &every).ok();
    let output = project.command(&["exec", "--", "cat", "/proc/self/environ"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(environ(&output.stdout)[b"K".as_slice()], every);
}

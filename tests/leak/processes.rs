//! The arguments and the environment of every process of a rotation, as strace sees them being made.

use std::collections::BTreeSet;

use super::canary::Canary;
use super::watched::Watched;
use crate::harness::{IDENTITY, have};

/// Stands for compose: it starts something itself, which inherits what it has.
const COMPOSE: &str = "#!/bin/sh\n/bin/true \"$@\"\n[ \"$1\" = config ] || : >running\n";

const PROBE: &str = "[[probe]]\ncommand = [\"./well\"]\n";

/// Those that get the values, by their arguments.
const COMPOSE_AND_CHILD: [&str; 2] = ["\"./compose\", \"up\", \"-d\"", "\"/bin/true\", \"up\", \"-d\""];

#[test]
fn through_the_wrapper_only_compose_and_its_children_have_the_values() {
    if !have("leak::processes", &["root", "strace"]) {
        return;
    }
    let policy = "[deploy]\nkind = \"wrapper\"\ncommand = [\"./scripts/docker-compose-sops.sh\"]\n";
    let rotation = Rotation::traced(policy);
    assert_eq!(rotation.with(&rotation.new), COMPOSE_AND_CHILD.into());
    assert!(rotation.with(&rotation.old).is_empty());
    // the wrapper opens the file with the key, and compose starts without it
    let with_key = rotation.with(&rotation.key);
    assert!(with_key.iter().any(|name| name.contains("docker-compose-sops.sh")), "{with_key:?}");
    assert!(with_key.iter().any(|name| name.contains("\"exec\", \"-f\"")), "{with_key:?}");
    assert!(COMPOSE_AND_CHILD.iter().all(|name| !with_key.contains(name)), "{with_key:?}");
}

#[test]
fn from_reseal_itself_only_compose_and_its_children_have_the_values() {
    if !have("leak::processes", &["root", "strace"]) {
        return;
    }
    let rotation = Rotation::traced("[deploy]\nkind = \"compose\"\ncommand = [\"./compose\"]\n");
    assert_eq!(rotation.with(&rotation.new), COMPOSE_AND_CHILD.into());
    // the plan asks compose whether it accepts the project with the present values
    let asked = ["\"./compose\", \"config\", \"-q\"", "\"/bin/true\", \"config\", \"-q\""];
    assert_eq!(rotation.with(&rotation.old), asked.into());
    let with_key = rotation.with(&rotation.key);
    assert!(with_key.iter().any(|name| name.contains("\"rotate\"")), "{with_key:?}");
    assert!(COMPOSE_AND_CHILD.iter().all(|name| !with_key.contains(name)), "{with_key:?}");
}

/// One process image: the arguments and the environment that it was started with.
struct Image {
    arguments: String,
    environment: String,
}

struct Rotation {
    images: Vec<Image>,
    old: Canary,
    new: Canary,
    key: Canary,
}

impl Rotation {
    /// A rotation under strace, with the age key itself in the environment. No argument of any process holds anything.
    fn traced(deploy: &str) -> Self {
        let w = Watched::empty();
        let old = w.canary();
        w.plant("plain", &format!("A={old}\n"));
        w.silent(&["encrypt", "plain", "-o", ".env.enc"]).ok();
        w.project.remove("plain");
        w.project
            .script("scripts/docker-compose-sops.sh", include_str!("../../scripts/docker-compose-sops.sh"));
        w.project.script("compose", COMPOSE);
        w.project.script("well", "#!/bin/sh\nexec test -e running\n");
        w.project.write("reseal.toml", format!("{deploy}{PROBE}"));
        w.plant("trace", "");

        let strace = ["-f", "-qq", "-v", "-s", "100000", "-e", "trace=execve,execveat", "-o", "trace"];
        let rotate = [env!("CARGO_BIN_EXE_reseal"), "-v", "rotate", "A", "--yes"];
        let mut command = w.project.around("strace", &[&strace[..], &rotate].concat());
        command.env_remove("SOPS_AGE_KEY_FILE").env("SOPS_AGE_KEY", IDENTITY).env("COMPOSE", "./compose");
        w.watch(command, &rotate).ok();

        let new = w.expect(".env.enc", "A");
        let trace = w.project.text("trace");
        assert!(!trace.contains("execveat("), "not read by this test:\n{trace}");
        // a program is started by its whole path, a script's own words may be relative
        let trace = trace.replace(&format!("\"{}/", w.project.root.display()), "\"./");
        let images: Vec<Image> = trace.lines().filter_map(image).collect();
        assert!(images.iter().any(|i| i.arguments.contains("\"./well\"")), "the probe was not seen");
        for image in &images {
            w.search("an argument", &image.arguments);
        }
        let old = old.split('/').next().unwrap().to_owned();
        Rotation { images, old: Canary::of(old), new: Canary::of(new), key: Canary::of(IDENTITY.into()) }
    }

    /// The processes that hold it in their environment.
    fn with(&self, canary: &Canary) -> BTreeSet<&str> {
        let holding = self.images.iter().filter(|i| canary.found(i.environment.as_bytes()).is_some());
        holding.map(|i| i.arguments.as_str()).collect()
    }
}

/// `PID execve("PATH", [ARGUMENTS], [ENVIRONMENT]) = 0`
fn image(line: &str) -> Option<Image> {
    let (_, call) = line.split_once(" execve(")?;
    let (_, call) = call.split_once(", [").unwrap_or_else(|| panic!("{line}"));
    let (arguments, environment) = call.split_once("], [").unwrap_or_else(|| panic!("{line}"));
    Some(Image { arguments: arguments.to_owned(), environment: environment.to_owned() })
}

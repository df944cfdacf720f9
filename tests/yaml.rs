//! YAML files beside the real sops: what either seals the other opens, what is changed here sops still opens, and what
//! is not touched stays byte for byte. Files made up at random are the same in every run; `PROPTEST_RNG_SEED` asks for
//! others.

mod changes;
mod places;
mod refused;
mod sealed;
mod trees;
mod vectors;

use crate::harness::{Output, Project};

/// Seals a text here. Answers the sealed file.
fn seal(project: &Project, plain: impl AsRef<[u8]>) -> Output {
    project.write("plain.yaml", plain);
    project.run(&["encrypt", "plain.yaml", "--age", crate::harness::RECIPIENT])
}

/// What sops reads of a sealed file, as JSON of its first document; and that it found nothing odd.
fn by_sops(project: &Project, name: &str) -> serde_json::Value {
    let args = ["decrypt", "--input-type", "yaml", "--output-type", "json", name];
    let output = project.sops(&args).ok();
    assert!(!output.stderr.contains("unencrypted comment"), "{}\n{}", output.stderr, project.text(name));
    serde_json::from_str(&output.stdout).unwrap()
}

/// Seals a text by sops into a file.
fn seal_by_sops(project: &Project, plain: impl AsRef<[u8]>, name: &str) {
    project.write("there.yaml", plain);
    let args = ["encrypt", "--age", crate::harness::RECIPIENT, "there.yaml"];
    project.write(name, project.sops(&args).ok().stdout);
}

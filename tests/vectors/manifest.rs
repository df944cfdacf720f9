//! The manifest of the vectors, and the identities that open them.

use std::fs;
use std::process::Command;

use crate::harness::Project;

pub const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/sops");

/// One row; paths are relative to the fixtures, empty where the row has none.
pub struct Row {
    pub id: String,
    pub kind: String,
    pub format: String,
    pub plain: String,
    pub enc: String,
    pub out: String,
    /// Names of identities; each of them alone opens the file.
    pub keys: Vec<String>,
    /// What sops was told when it made the file.
    pub options: String,
    pub shows: String,
}

impl Row {
    pub fn is_dotenv(&self) -> bool {
        self.format == "dotenv"
    }

    /// Row and reason in one text, for messages.
    pub fn title(&self) -> String {
        format!("row {} ({}, {})", self.id, self.kind, self.shows)
    }
}

pub fn rows() -> Vec<Row> {
    let text = fs::read_to_string(format!("{FIXTURES}/manifest.tsv")).unwrap();
    let mut lines = text.lines();
    let head = "id\tkind\tformat\tplain\tenc\texpected_out\tkey\texit\tstderr_contains\toptions\tshows";
    assert_eq!(lines.next(), Some(head));
    lines.map(row).collect()
}

fn row(line: &str) -> Row {
    let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
    let [id, kind, format, plain, enc, out, key, _exit, _stderr, options, shows] = cells.try_into().unwrap();
    let keys = key.split(',').filter(|k| !k.is_empty()).map(str::to_owned).collect();
    Row { id, kind, format, plain, enc, out, keys, options, shows }
}

pub fn read(path: &str) -> Vec<u8> {
    fs::read(format!("{FIXTURES}/{path}")).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The program with identity `key` and no other. Git keeps no 0600, so that the key is copied first.
pub fn with_identity(project: &Project, key: &str, args: &[&str]) -> Command {
    let is_ssh = key.starts_with("ssh_");
    let file = if is_ssh { format!("keys/{key}") } else { format!("keys/{key}.txt") };
    project.write("identity", read(&file));
    let mut command = project.command(args);
    let variable = if is_ssh { "SOPS_AGE_SSH_PRIVATE_KEY_FILE" } else { "SOPS_AGE_KEY_FILE" };
    command.env_remove("SOPS_AGE_KEY_FILE").env(variable, project.path("identity"));
    command
}

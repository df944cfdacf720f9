//! The README and the migration guide are run: their `console` blocks, one after the other, in one throw-away project.
//!
//! A block of `dotenv` becomes the project's `.env`, one of `toml` its policy, one of `yaml` its compose file, and one
//! with `file=NAME` that file. A command must succeed, unless the next
//! one is `echo $?`. What it prints must be what stands below it, once times, ids and folders are made alike; `…` stands
//! for any lines. Blocks of other kinds are for people. Every `toml` block of the other pages must be a policy.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

use regex::Regex;

use crate::harness::{IDENTITY, Output, Project, RECIPIENT, have};

/// Stands in for the wrapper of this repository where that is not there yet.
const WRAPPER: &str = "#!/bin/sh\nexec \"$RESEAL\" exec -- true\n";

struct Block {
    kind: String,
    text: String,
    line: usize,
}

#[test]
fn the_readme_runs() {
    let project = Project::empty();
    let wrapper = fs::read_to_string("scripts/docker-compose-sops.sh").unwrap_or_else(|_| WRAPPER.to_owned());
    project.script("scripts/docker-compose-sops.sh", &wrapper);
    assert!(run("README.md", &project, |_| {}) > 15, "only few commands were found");
}

/// The project of that page was sealed by the real sops, and has the plaintext lying about.
#[test]
fn the_migration_guide_runs() {
    if !have("the_migration_guide_runs", &["sops"]) {
        return;
    }
    let project = Project::empty();
    project.script(
        "scripts/docker-compose-sops.sh",
        &fs::read_to_string("scripts/docker-compose-sops.sh").unwrap(),
    );
    project.write("home/.config/sops/age/keys.txt", format!("{IDENTITY}\n"));
    project.remove("age.key");
    let sealed = |project: &Project| {
        let args = ["encrypt", "--input-type", "dotenv", "--output-type", "dotenv", "--age", RECIPIENT];
        project.sops(&[&args[..], &["--output", ".env.enc", ".env"]].concat()).ok();
        project.write(".env.bak", project.read(".env"));
        for name in [".env", ".env.bak", ".env.enc"] {
            project.chmod(name, 0o644);
        }
    };
    assert!(run("docs/migrating.md", &project, sealed) > 9, "only few commands were found");
}

/// Runs a page in a project, and answers how many commands it has. `given` follows a block of `dotenv`.
fn run(page: &str, project: &Project, given: impl Fn(&Project)) -> usize {
    let healthy = healthy();
    let mut last = 0;
    let mut commands = 0;
    for block in blocks(page) {
        if let Some((_, name)) = block.kind.split_once(" file=") {
            project.write(name, &block.text);
        }
        match block.kind.as_str() {
            "dotenv" => {
                project.write(".env", &block.text);
                given(project);
            }
            "yaml" => project.write("compose.yaml", &block.text),
            "toml" => project.write("reseal.toml", block.text.replace("127.0.0.1:8000", &healthy)),
            "console" => {
                let said = commands_of(&block);
                for (i, (command, expected)) in said.iter().enumerate() {
                    let place = format!("{page}, block of line {}: {command}", block.line);
                    let output = shell(project, command, last);
                    last = output.code.unwrap_or(-1);
                    let judged = said.get(i + 1).is_some_and(|(next, _)| next == "echo $?");
                    assert!(judged || last == 0, "{place}: exit {last}\n{}", output.stdout);
                    let (found, wanted) = (alike(&output.stdout, project), alike(expected, project));
                    assert!(
                        fits(&found, &wanted),
                        "{place}\n--- it says\n{found}--- the page says\n{wanted}"
                    );
                    commands += 1;
                }
            }
            _ => {}
        }
    }
    commands
}

#[test]
fn every_policy_on_a_page_is_one() {
    let mut pages = vec!["README.md".to_owned()];
    for folder in ["docs", "docs/decisions"] {
        let entries = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
        pages.extend(
            entries.filter(|p| p.extension().is_some_and(|e| e == "md")).map(|p| p.display().to_string()),
        );
    }
    let project = Project::sealed("A=1\n");
    let mut policies = 0;
    for page in pages {
        for block in blocks(&page).into_iter().filter(|b| b.kind == "toml") {
            project.write("policy.toml", &block.text);
            let output = project.run(&["-c", "policy.toml", "-f", ".env.enc", "status"]);
            assert_eq!(output.code, Some(0), "{page}, line {}: {}", block.line, output.stderr);
            policies += 1;
        }
    }
    assert!(policies > 1);
}

#[test]
fn links_between_the_pages_lead_somewhere() {
    let link = Regex::new(r"\]\(([^)#:]+)(#[^)]*)?\)").unwrap();
    let pages = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].map(str::to_owned);
    let docs = fs::read_dir("docs").unwrap().map(|e| e.unwrap().path().display().to_string());
    for page in pages.into_iter().chain(docs.filter(|p| p.ends_with(".md"))) {
        let folder = Path::new(&page).parent().unwrap().to_owned();
        for found in link.captures_iter(&fs::read_to_string(&page).unwrap()) {
            assert!(folder.join(&found[1]).exists(), "{page} leads to {}", &found[1]);
        }
    }
}

/// One command as a shell runs it, both streams in one, in the order in which they were written.
fn shell(project: &Project, command: &str, last: i32) -> Output {
    let bin = Path::new(env!("CARGO_BIN_EXE_reseal")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let script = format!("exec 2>&1\n(exit {last})\n{command}");
    let mut sh = project.around("sh", &["-c", &script]);
    // a home of its own, so that `init` makes the key that the page tells of; compose is played by `true`
    sh.env("HOME", project.path("home")).env_remove("SOPS_AGE_KEY_FILE").env("COMPOSE", "true");
    sh.env("PATH", format!("{}:{path}", bin.display()));
    Output::of(&mut sh)
}

/// A health page that is always well.
fn healthy() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else { return };
            // whatever is asked, the answer is the same
            let _ = connection.read(&mut [0; 1024]);
            let _ = connection.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
        }
    });
    address
}

fn blocks(page: &str) -> Vec<Block> {
    let text = fs::read_to_string(page).unwrap_or_else(|e| panic!("{page}: {e}"));
    let mut blocks: Vec<Block> = Vec::new();
    let mut inside = false;
    for (i, line) in text.lines().enumerate() {
        match line.strip_prefix("```") {
            Some(_) if inside => inside = false,
            Some(kind) => {
                inside = true;
                blocks.push(Block { kind: kind.to_owned(), text: String::new(), line: i + 1 });
            }
            None if inside => {
                let text = &mut blocks.last_mut().unwrap().text;
                text.push_str(line);
                text.push('\n');
            }
            None => {}
        }
    }
    assert!(!inside, "{page}: a block does not end");
    blocks
}

/// Each command of a block, with the lines below it.
fn commands_of(block: &Block) -> Vec<(String, String)> {
    let mut commands: Vec<(String, String)> = Vec::new();
    for line in block.text.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command.to_owned(), String::new())),
            (None, Some((_, expected))) => {
                expected.push_str(line);
                expected.push('\n');
            }
            (None, None) => panic!("the block of line {} does not begin with a command", block.line),
        }
    }
    commands
}

/// Without what differs from run to run and from machine to machine.
fn alike(text: &str, project: &Project) -> String {
    let mut text = text.replace(&*project.path("home").to_string_lossy(), "/root");
    text = text.replace(&*project.root.to_string_lossy(), "/srv/shop");
    for (pattern, name) in [
        (r"\d{8}T\d{6}(\.\d{3})?Z-[0-9a-f]{8}", "ID"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
        (r"\d{4}-\d\d-\d\d", "DATE"),
        (r"in \d+ d\b", "in N d"),
        (r"\d+ d old +", "N d old "),
        (r"\d+ backups verified", "N backups verified"),
    ] {
        text = Regex::new(pattern).unwrap().replace_all(&text, name).into_owned();
    }
    text
}

/// Line by line; `…` stands for any number of lines.
fn fits(found: &str, wanted: &str) -> bool {
    let (found, wanted): (Vec<&str>, Vec<&str>) = (found.lines().collect(), wanted.lines().collect());
    fn match_lines(found: &[&str], wanted: &[&str]) -> bool {
        match wanted.split_first() {
            None => found.is_empty(),
            Some((&"…", rest)) => (0..=found.len()).any(|n| match_lines(&found[n..], rest)),
            Some((line, rest)) => {
                found.first().is_some_and(|f| f.trim_end() == line.trim_end())
                    && match_lines(&found[1..], rest)
            }
        }
    }
    match_lines(&found, &wanted)
}

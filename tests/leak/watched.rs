//! A project in which every command is followed by a search. Temporary files have to go into the project as well.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::Command;

use super::canary::Canary;
use crate::harness::{IDENTITY, Output, Project};

pub struct Watched {
    pub project: Project,
    canaries: RefCell<Vec<Canary>>,
    /// What was printed by commands that print no value.
    transcript: RefCell<String>,
    /// Files that hold a canary because the test put it there.
    planted: RefCell<Vec<PathBuf>>,
    /// The commands that were run: `get`, `backup list` …
    pub run: RefCell<BTreeSet<String>>,
}

impl Watched {
    /// A project without a sealed file. The age key is the first canary.
    pub fn empty() -> Self {
        let project = Project::empty();
        std::fs::create_dir(project.path("tmp")).unwrap();
        let planted = RefCell::new(vec![project.path("age.key")]);
        let canaries = RefCell::new(vec![Canary::of(IDENTITY.to_owned())]);
        Watched { project, canaries, planted, transcript: RefCell::default(), run: RefCell::default() }
    }

    /// A value to be searched for from now on.
    pub fn canary(&self) -> String {
        let canary = Canary::new();
        let value = canary.value();
        self.canaries.borrow_mut().push(canary);
        value
    }

    /// The value that a sealed file has for a key is searched for from now on, also in what was printed before.
    pub fn expect(&self, file: &str, key: &str) -> String {
        let value = Output::of(&mut self.command(&["-f", file, "get", "-n", key])).ok().stdout;
        self.canaries.borrow_mut().push(Canary::of(value.clone()));
        self.search(&format!("all before {key} of {file} was known"), &self.transcript.borrow());
        value
    }

    /// Writes a file that holds canaries on purpose; it is not searched until it is removed.
    pub fn plant(&self, name: &str, content: &str) {
        self.project.write(name, content);
        self.planted.borrow_mut().push(self.project.path(name));
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.project.command(args);
        command.env("TMPDIR", self.project.path("tmp")).env("RUST_BACKTRACE", "1");
        command
    }

    /// A command that prints no value.
    #[track_caller]
    pub fn silent(&self, args: &[&str]) -> Output {
        self.watch(self.note(args), args)
    }

    /// The same, with something on its standard input.
    #[track_caller]
    pub fn silent_with(&self, args: &[&str], input: &str) -> Output {
        let file = self.project.path("input");
        std::fs::write(&file, input).unwrap();
        let input = std::fs::File::open(&file).unwrap();
        std::fs::remove_file(file).unwrap();
        let mut command = self.note(args);
        command.stdin(input);
        self.watch(command, args)
    }

    /// A command whose job is to print this value, on standard output only.
    #[track_caller]
    pub fn prints(&self, value: &str, args: &[&str]) -> Output {
        let output = Output::of(&mut self.note(args)).ok();
        let escaped = serde_json::to_string(value).unwrap();
        let shown = output.stdout.contains(value) || output.stdout.contains(&escaped[1..escaped.len() - 1]);
        assert!(shown, "{args:?} does not print the value: this test shows nothing");
        self.search(&format!("standard error of {args:?}"), &output.stderr);
        self.search_files(&format!("{args:?}"));
        output
    }

    /// Runs it, and searches what it printed and every file.
    #[track_caller]
    pub fn watch(&self, mut command: Command, args: &[&str]) -> Output {
        let output = Output::of(&mut command);
        self.search(&format!("standard output of {args:?}"), &output.stdout);
        self.search(&format!("standard error of {args:?}"), &output.stderr);
        self.transcript.borrow_mut().push_str(&output.shown());
        self.search_files(&format!("{args:?}"));
        output
    }

    #[track_caller]
    pub fn search(&self, where_: &str, text: &str) {
        for canary in self.canaries.borrow().iter() {
            if let Some(form) = canary.found(text.as_bytes()) {
                panic!("{where_} holds {:?} ({form}):\n{text}", canary.core());
            }
        }
    }

    #[track_caller]
    pub fn search_files(&self, after: &str) {
        let traces = self.traces();
        assert!(traces.is_empty(), "after {after}: {traces:?}");
    }

    /// Where below the project a canary is, in a file or in a file's name, and in which form.
    pub fn traces(&self) -> Vec<(PathBuf, &'static str)> {
        let planted = self.planted.borrow();
        let canaries = self.canaries.borrow();
        let mut traces = Vec::new();
        for file in self.project.files().into_iter().filter(|file| !planted.contains(file)) {
            let content = std::fs::read(&file).unwrap();
            for part in [&content, file.as_os_str().as_bytes()] {
                traces.extend(canaries.iter().filter_map(|c| c.found(part)).map(|form| (file.clone(), form)));
            }
        }
        traces
    }

    /// Notes which command this is.
    fn note(&self, args: &[&str]) -> Command {
        let mut words = args.iter().skip_while(|word| word.starts_with('-'));
        let mut name = words.next().unwrap().to_string();
        if name == "backup" {
            name = format!("{name} {}", words.next().unwrap());
        }
        self.run.borrow_mut().insert(name);
        self.command(args)
    }
}

#[test]
fn what_is_planted_is_found_in_files_and_in_their_names() {
    let watched = Watched::empty();
    let canary = Canary::new();
    watched.canaries.borrow_mut().push(Canary::of(canary.core().to_owned()));
    for (number, (form, text)) in canary.planted().enumerate() {
        let name = format!("tmp/below/{number}");
        watched.project.write(&name, text);
        let traces = watched.traces();
        assert_eq!(traces.len(), 1, "{form}");
        assert_eq!(traces[0].0, watched.project.path(&name), "{form}");
        watched.project.remove(&name);
    }
    assert!(watched.traces().is_empty());
    watched.project.write(canary.core(), "");
    assert_eq!(watched.traces(), [(watched.project.path(canary.core()), "plain")]);
    watched.project.remove(canary.core());
    watched.project.write("key", format!("# mine\n{IDENTITY}\n"));
    assert_eq!(watched.traces(), [(watched.project.path("key"), "plain")]);
}

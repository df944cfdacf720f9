//! A repository with a sealed file, in which git knows sealed files.

use std::collections::BTreeMap;

use crate::harness::{Output, Project};

/// A kind of sealed file.
pub struct Sample {
    pub file: &'static str,
    pub kind: &'static str,
    /// What the name of each key starts with.
    pub under: &'static str,
    write: fn(&[(&str, &str)]) -> String,
}

/// One more kind needs only an entry.
pub const SAMPLES: [Sample; 5] = [
    Sample { file: ".env.enc", kind: "dotenv", under: "", write: dotenv },
    Sample { file: "secrets.enc.json", kind: "json", under: "", write: json },
    Sample { file: "secrets.enc.yaml", kind: "yaml", under: "", write: |pairs| yaml(pairs, "# all\n", "") },
    Sample {
        file: "deep.enc.yml",
        kind: "yaml",
        under: "app.auth.",
        write: |pairs| yaml(pairs, "app:\n  # all\n  auth:\n", "    "),
    },
    Sample { file: "secrets.enc.ini", kind: "ini", under: "auth.", write: ini },
];

impl Sample {
    /// The name of a key in this file.
    pub fn key(&self, key: &str) -> String {
        format!("{}{key}", self.under)
    }
}

fn yaml(pairs: &[(&str, &str)], above: &str, indent: &str) -> String {
    pairs.iter().fold(above.to_owned(), |text, (key, value)| text + &format!("{indent}{key}: {value}\n"))
}

fn ini(pairs: &[(&str, &str)]) -> String {
    pairs.iter().fold("[auth]\n".to_owned(), |text, (key, value)| text + &format!("{key} = {value}\n"))
}

fn json(pairs: &[(&str, &str)]) -> String {
    let members: Vec<String> = pairs.iter().map(|(key, value)| format!("\t\"{key}\": \"{value}\"")).collect();
    format!("{{\n{}\n}}\n", members.join(",\n"))
}

fn dotenv(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(key, value)| format!("{key}={value}\n")).collect()
}

/// What every value holds, so that one in clear is found wherever it is.
pub const CANARY: &str = "Kanarienvogel4711";

/// Three keys.
pub const KEYS: [&str; 3] = ["ALPHA", "BETA", "GAMMA"];

pub struct Repository {
    pub project: Project,
    pub sample: &'static Sample,
}

impl Repository {
    /// With one commit, in which all [`KEYS`] have the value `base`.
    pub fn new(sample: &'static Sample) -> Self {
        let project = Project::empty();
        project.write(".gitignore", "age.key\n*.key\n.reseal/\n.gitconfig\n");
        project.write(".gitconfig", "[user]\n\tname = N\n\temail = n@example.org\n[init]\n\tdefaultBranch = main\n[advice]\n\tmergeConflict = false\n");
        let repository = Repository { project, sample };
        repository.git(&["init", "-q"]).ok();
        let value = value("base");
        let pairs: Vec<_> = KEYS.iter().map(|key| (*key, &*value)).collect();
        repository.seal(&pairs);
        repository.git(&["add", "-A"]).ok();
        repository.project.run(&["hook", "install", "--git"]).ok();
        repository.commit("base");
        repository
    }

    /// Seals the file anew, from nothing.
    pub fn seal(&self, pairs: &[(&str, &str)]) {
        self.project.write("plain", (self.sample.write)(pairs));
        if self.project.exists(self.sample.file) {
            self.project.remove(self.sample.file);
        }
        self.project
            .run(&["encrypt", "plain", "--input-type", self.sample.kind, "-o", self.sample.file])
            .ok();
        self.project.remove("plain");
    }

    pub fn git(&self, args: &[&str]) -> Output {
        let mut command = self.project.around("git", args);
        Output::of(command.env("GIT_EDITOR", "true"))
    }

    pub fn commit(&self, message: &str) {
        self.git(&["add", "-A"]).ok();
        self.git(&["commit", "-q", "-m", message]).ok();
    }

    /// A branch from `main` on which something is done and committed; ends on `main`.
    pub fn branch(&self, name: &str, act: impl FnOnce(&Self)) {
        self.git(&["checkout", "-q", "-b", name, "main"]).ok();
        act(self);
        self.commit(name);
        self.git(&["checkout", "-q", "main"]).ok();
    }

    /// The same on `main` itself.
    pub fn on_main(&self, act: impl FnOnce(&Self)) {
        act(self);
        self.commit("on main");
    }

    pub fn set(&self, key: &str, word: &str) {
        self.project.pipe(&["-f", self.sample.file, "set", &self.sample.key(key)], value(word)).ok();
    }

    pub fn unset(&self, key: &str) {
        self.project.run(&["-f", self.sample.file, "unset", &self.sample.key(key)]).ok();
    }

    /// What the file says, as this program and as sops read it, in words.
    pub fn words(&self) -> BTreeMap<String, String> {
        let file = self.sample.file;
        let names = self.project.run(&["-f", file, "list"]).ok().stdout;
        let here: BTreeMap<String, String> = names
            .lines()
            .map(|name| {
                let value = self.project.run(&["-f", file, "get", "-n", name]).ok().stdout;
                (name.strip_prefix(self.sample.under).unwrap().to_owned(), value)
            })
            .collect();
        let sops = ["decrypt", "--input-type", self.sample.kind, "--output-type", "json", file];
        let mut there: serde_json::Value =
            serde_json::from_str(&self.project.sops(&sops).ok().stdout).unwrap();
        for map in self.sample.under.split_terminator('.') {
            there = there[map].take();
        }
        let there: BTreeMap<String, String> = serde_json::from_value(there).unwrap();
        assert_eq!(here, there);
        let word = |text: String| text.trim_start_matches(CANARY).trim_start_matches('-').to_owned();
        here.into_iter().map(|(key, text)| (key, word(text))).collect()
    }

    /// The file says just this.
    #[track_caller]
    pub fn says(&self, want: &[(&str, &str)]) {
        let want = want.iter().map(|(key, word)| ((*key).to_owned(), (*word).to_owned())).collect();
        assert_eq!(self.words(), want);
    }

    /// No file of the folder holds a value in clear, and no object of the repository.
    #[track_caller]
    pub fn holds_no_value(&self) {
        for path in self.project.files() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!holds(&bytes), "a value lies in {path:?}");
        }
        let objects = ["cat-file", "--batch", "--batch-all-objects"];
        let objects = self.project.around("git", &objects).output().unwrap();
        assert!(objects.status.success() && objects.stdout.len() > 500);
        assert!(!holds(&objects.stdout), "a value lies in an object of the repository");
    }
}

fn holds(bytes: &[u8]) -> bool {
    bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes())
}

/// The value of a word.
pub fn value(word: &str) -> String {
    format!("{CANARY}-{word}")
}

//! `reseal export`: the values as a program reads them.

use super::{ENV, Transcript};
use crate::harness::{Output, Project, have};

/// What readers disagree on.
const HARD: [(&str, &str); 7] = [
    ("BCRYPT", "$2a$10$N9qo8uLOickgx2ZMRZoMye"),
    ("DOLLAR", "abc$def"),
    ("COMMENT", "ab #cd"),
    ("QUOTE", "it's"),
    ("LINES", "one\ntwo"),
    ("BLANKS", "  around "),
    ("PATH_LIKE", "C:\\temp\\new"),
];

fn hard() -> Project {
    let project = Project::sealed("PLAIN=x\n");
    for (key, value) in HARD {
        project.pipe(&["set", key], value).ok();
    }
    project
}

#[test]
fn the_help() {
    let project = Project::empty();
    let mut transcript = Transcript::of(&project);
    transcript.run(&["export", "--help"]).ok();
    transcript.told("help-export");
}

#[test]
fn each_format_quotes_what_its_reader_minds() {
    let project = hard();
    let mut transcript = Transcript::of(&project);
    transcript.run(&["export"]).ok();
    for format in ["compose", "shell", "systemd", "dotenvy", "python-dotenv", "node-dotenv", "json", "yaml"] {
        transcript.run(&["export", "--format", format]).ok();
    }
    transcript.run(&["export", "--format", "docker", "BCRYPT", "COMMENT"]).ok();
    transcript.run(&["export", "--json", "PLAIN"]).ok();
    transcript.told("export");
}

#[test]
fn what_no_text_can_hold_is_refused_by_key() {
    let project = hard();
    project.pipe(&["set", "BYTES"], b"hidden\xff\xfe").ok();
    project.pipe(&["set", "BRACES"], "hidden${x}").ok();
    project.pipe(&["set", "UID"], "hidden").ok();
    let mut transcript = Transcript::of(&project);
    for args in [
        &["--format", "docker"][..],
        &["--format", "json"],
        &["--format", "yaml", "BYTES"],
        &["--format", "compose-v2", "BYTES"],
        &["--format", "compose", "BRACES"],
        &["--format", "dotenv", "BRACES", "PLAIN"],
        &["--format", "shell", "UID"],
        &["NOPE"],
    ] {
        transcript.run(&[&["export"], args].concat()).code(1).hides("hidden");
    }
    transcript.run(&["export", "--format", "toml"]).code(2);
    transcript.run(&["export", "PLAIN=x"]).code(2);
    transcript.told("export-refused");
}

/// Both ways that a shell takes, with every byte that an environment can hold.
#[test]
fn a_shell_evaluates_it_and_reads_it_as_a_file() {
    let project = hard();
    let every: Vec<u8> = (1..=255).collect();
    project.pipe(&["set", "EVERY"], &every).ok();
    let reseal = env!("CARGO_BIN_EXE_reseal");
    for how in ["eval \"$($0 export --format shell)\"", "$0 export --format shell >env; . ./env"] {
        let script = format!("{how}; exec cat /proc/self/environ");
        let output = project.around("sh", &["-c", &script, reseal]).output().unwrap();
        let has = |pair: &[u8]| output.stdout.split(|b| *b == 0).any(|found| found == pair);
        for (key, value) in HARD {
            assert!(has(format!("{key}={value}").as_bytes()), "{how}: {key}");
        }
        assert!(has(&[b"EVERY=".as_slice(), &every].concat()), "{how}: EVERY");
    }
}

/// Every character that is text, through parsers of both versions of YAML.
#[test]
fn yaml_of_both_versions_and_json_read_the_same_strings() {
    let project = Project::sealed("PLAIN=x\n");
    let odd =
        "\u{85}\u{a0}\u{2028}\u{2029}\u{feff}\u{fffe}\u{ffff}\u{1f600}é: - # & * ! | > %@` {a} [b] ? ~ null";
    let every: String = (1..0x250).filter_map(char::from_u32).chain(odd.chars()).collect();
    project.pipe(&["set", "EVERY"], &every).ok();
    project.pipe(&["set", "null"], "yes").ok();
    let yaml = project.run(&["export", "--format", "yaml"]).ok().stdout;
    let read: std::collections::BTreeMap<String, String> = serde_saphyr::from_str(&yaml).unwrap();
    assert_eq!((read["EVERY"].as_str(), read["null"].as_str(), read.len()), (every.as_str(), "yes", 3));
    let json = project.run(&["export", "--format", "json"]).ok().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["EVERY"], every.as_str());
    if have("cmd::export", &["compose-v1"]) {
        project.write("yaml", &yaml);
        let script = "import json, yaml; print(json.dumps(yaml.safe_load(open('yaml', encoding='utf-8'))))";
        let read = Output::of(&mut project.around("/usr/bin/python3", &["-c", script])).ok().stdout;
        assert_eq!(serde_json::from_str::<serde_json::Value>(&read).unwrap(), json);
    }
    assert_eq!(Project::sealed("# nothing\n").run(&["export", "--format", "yaml"]).ok().stdout, "{}\n");
}

#[test]
fn of_a_key_that_stands_there_twice_the_last_value_is_written() {
    let project = Project::sealed("A=1\nB=2\nA=3\n");
    for format in ["dotenv", "shell", "json", "yaml"] {
        let text = project.run(&["export", "--format", format]).ok().stdout;
        assert!(text.contains('3') && !text.contains('1'), "{text}");
    }
}

/// Who reads the text of the env file is declared; what they would make of a value is told, and never the value.
#[test]
fn a_name_that_no_reader_takes_is_not_mended_by_another_value() {
    let project = Project::sealed("A-B=1\n");
    project.write("reseal.toml", "file = \".env.enc\"\nconsumers = [\"shell\"]\n");
    let output = project.run(&["doctor"]).code(3);
    assert!(output.stdout.ends_with(": its name: reseal edit\n"), "{}", output.stdout);
}

#[test]
fn declared_consumers_are_warned_of() {
    let project = Project::sealed(ENV);
    project.write(
        "reseal.toml",
        "consumers = [\"compose\", \"docker\"]\n[secret.STRIPE]\ngenerate = \"prompt\"\n",
    );
    let mut transcript = Transcript::of(&project);
    transcript.pipe("hidden$x", &["set", "DOLLAR"]).ok().hides("hidden");
    transcript.pipe("hidden\nhidden", &["set", "LINES"]).ok().hides("hidden");
    transcript.pipe("sk_live", &["set", "STRIPE"]).ok();
    transcript.run(&["doctor"]).code(3).hides("hidden");
    let json = transcript.run(&["doctor", "--json"]).code(3).hides("hidden");
    assert!(serde_json::from_str::<serde_json::Value>(&json.stdout).is_ok());
    transcript.run(&["rotate", "JWT_SECRET", "--dry-run"]).ok().hides("hidden");
    transcript.pipe("hidden\nhidden", &["rotate", "STRIPE", "--yes"]).code(1).hides("hidden");
    assert_eq!(project.get("STRIPE"), "sk_live");
    transcript.told("consumers");
}

/// Env files that a redeploy writes: what cannot stand in them ends the rotation before it begins.
#[test]
fn a_redeploy_with_env_files_demands_values_that_they_can_hold() {
    let project = Project::sealed(ENV);
    project.pipe(&["set", "BRACES"], "hidden${x}").ok();
    let policy = "[deploy]\nkind = \"compose\"\ncommand = [\"true\"]\nenv-files = [\".env\"]\n";
    project.write("reseal.toml", policy);
    project
        .run(&["rotate", "JWT_SECRET", "--yes"])
        .code(1)
        .says("docker-compose 1 cannot read the value of \"BRACES\" from any text: a `$`")
        .says("nothing was changed")
        .hides("hidden");
    project.write("reseal.toml", format!("{policy}env-format = \"compose-v2\"\n"));
    project.run(&["rotate", "JWT_SECRET", "--dry-run"]).ok();
}

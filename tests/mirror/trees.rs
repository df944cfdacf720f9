//! Mirrors that are other kinds of files than the main file: trees, and one that is sealed as a whole.

use super::value;
use crate::harness::{Project, RECIPIENT, have};

const YAML: &str = "config/secrets.enc.yaml";

const TREE: &str = r#"# what the app reads
base: &base
    level: 5 # verbose
auth:
    # signs tokens
    jwt_secret: first-token # beside it
    issuers: [one, {name: two}]
db:
    <<: *base
    url: postgres://app:first-password@db/app
note: |
    two
    lines
"#;

const POLICY: &str = r#"
[secret.JWT_SECRET]
feeds = [{ file = "config/secrets.enc.yaml", key = "auth.jwt_secret" }]
[secret.DB_PASSWORD]
feeds = [{ file = "config/secrets.enc.yaml", key = "db.url", part = "password" }]
"#;

/// Seals a text as another kind of file, by the name that its plaintext has.
fn seal(project: &Project, plain: &str, text: &str, name: &str, more: &[&str]) {
    project.write(plain, text);
    let sealed = project.run(&[&["encrypt", plain], more].concat()).ok().stdout;
    project.write(name, sealed);
    project.remove(plain);
}

fn project() -> Project {
    let project = Project::sealed("JWT_SECRET=first-token\nDB_PASSWORD=first-password\n");
    seal(&project, "plain.yaml", TREE, YAML, &[]);
    project.write("reseal.toml", POLICY);
    project
}

/// The lines that differ but for the time, which may be the same, by what they begin with.
fn differ(one: &str, other: &str) -> Vec<String> {
    assert_eq!(one.lines().count(), other.lines().count());
    let pairs = one.lines().zip(other.lines()).filter(|(a, b)| a != b && !a.contains("lastmodified"));
    pairs.map(|(line, _)| line.trim().split(':').next().unwrap().to_owned()).collect()
}

#[test]
fn a_key_of_a_tree_is_rotated_with_the_env_file_and_nothing_else_of_it_changes() {
    let project = project();
    let (env, before) = (project.read(".env.enc"), project.text(YAML));
    // as sealing left it: an alias is written out
    let tree = project.run(&["-f", YAML, "decrypt"]).ok().stdout;
    project.run(&["rotate", "JWT_SECRET", "--yes"]).ok().hides("first-token");
    let (token, after) = (project.get("JWT_SECRET"), project.text(YAML));
    assert!(token != "first-token" && project.read(".env.enc") != env);
    assert_eq!(value(&project, YAML, "auth.jwt_secret"), token);
    assert_eq!(differ(&before, &after), ["jwt_secret", "mac"]);
    let plain = project.run(&["-f", YAML, "decrypt"]).ok().stdout;
    assert_eq!(plain, tree.replace("first-token", &token));
    if have("mirror::trees: a second opinion", &["sops"]) {
        assert!(String::from_utf8(project.sops_decrypt(".env.enc")).unwrap().contains(&token));
        let extract = ["decrypt", "--extract", "[\"auth\"][\"jwt_secret\"]", YAML];
        assert_eq!(project.sops(&extract).ok().stdout, token);
    }
    // what it is part of
    project.run(&["rotate", "DB_PASSWORD", "--yes"]).ok();
    let password = project.get("DB_PASSWORD");
    assert_eq!(value(&project, YAML, "db.url"), format!("postgres://app:{password}@db/app"));
    assert_eq!(differ(&after, &project.text(YAML)), ["url", "mac"]);
    project.run(&["doctor"]).ok();

    project.run(&["rollback", "JWT_SECRET", "--yes"]).ok();
    assert_eq!(project.get("JWT_SECRET"), "first-token");
    let plain = project.run(&["-f", YAML, "decrypt"]).ok().stdout;
    assert_eq!(plain, tree.replace("first-password", &password));
}

#[test]
fn a_file_of_json_and_a_whole_age_file_are_mirrors_too() {
    let project = Project::sealed("TOKEN=first-token\n");
    project.write(
        "reseal.toml",
        "[secret.TOKEN]\nfeeds = [\n    { file = \"app.enc.json\", key = \"auth.tokens[1].value\" },\n    \
         { file = \"app.ini.enc\", key = \"auth.token\" },\n    { file = \"whole.age\", key = \"APP_TOKEN\" },\n]\n",
    );
    let json = "{\n  \"auth\": {\"tokens\": [1, {\"value\": \"first-token\"}]},\n  \"n\": 1.5\n}\n";
    seal(&project, "plain.json", json, "app.enc.json", &[]);
    seal(&project, "plain.ini", "; the app\n[auth]\ntoken = first-token\n", "app.ini.enc", &[]);
    seal(
        &project,
        "plain.env",
        "# first\nAPP_TOKEN=first-token\nA='b'\n",
        "whole.age",
        &["--output-type", "age", "--age", RECIPIENT],
    );
    assert!(
        project.text("whole.age").starts_with("age-encryption.org")
            || project.text("whole.age").starts_with("-----BEGIN AGE")
    );
    for back in [false, true] {
        project.run(if back { &["rollback", "--yes"] } else { &["rotate", "TOKEN", "--yes"] }).ok();
        let token = project.get("TOKEN");
        assert_eq!(token == "first-token", back);
        let says = |file: &str| project.run(&["-f", file, "decrypt"]).ok().stdout;
        let values = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(values(&says("app.enc.json")), values(&json.replace("first-token", &token)));
        assert_eq!(value(&project, "app.ini.enc", "auth.token"), token);
        assert_eq!(says("whole.age"), format!("# first\nAPP_TOKEN={token}\nA='b'\n"));
        project.run(&["doctor"]).ok();
        if have("mirror::trees: a second opinion", &["sops"]) {
            let json = project.sops(&["decrypt", "app.enc.json"]).ok().stdout;
            assert_eq!(values(&json)["auth"]["tokens"][1]["value"], token.as_str());
            let ini = ["decrypt", "--input-type", "ini", "--output-type", "ini", "app.ini.enc"];
            assert!(project.sops(&ini).ok().stdout.contains(&token));
        }
    }
}

#[test]
fn a_value_that_is_set_by_hand_names_the_mirrors_that_hold_another_one() {
    let project = project();
    let output = project.pipe(&["set", "JWT_SECRET"], "set-by-hand").ok().hides("set-by-hand");
    let command = format!("reseal get JWT_SECRET | reseal -f {YAML} set auth.jwt_secret");
    let output =
        output.says(&format!("{YAML}: \"auth.jwt_secret\" does not hold the present value of JWT_SECRET"));
    let output = output.says(&command);
    assert!(!output.stderr.contains("db.url"), "{}", output.stderr);
    let command = command.replace("reseal ", concat!(env!("CARGO_BIN_EXE_reseal"), " "));
    crate::harness::Output::of(&mut project.around("sh", &["-c", &command])).ok();
    project.run(&["doctor"]).ok();
    // the other way round it is the mirror that is set, and nothing is said of mirrors of mirrors
    let output = project.pipe(&["-f", YAML, "set", "auth.jwt_secret"], "other").ok();
    assert!(!output.stderr.contains("does not hold"), "{}", output.stderr);
    // what is told is only what is so
    let output = project.pipe(&["set", "JWT_SECRET"], "other").ok();
    assert!(!output.stderr.contains("does not hold"), "{}", output.stderr);
}

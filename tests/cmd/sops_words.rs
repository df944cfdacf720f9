//! What sops's users have in their fingers works, and says what the word is here.

use super::{ENV, Transcript};
use crate::harness::{Output, Project, have};

#[test]
fn the_words_of_sops_mean_what_they_mean_there() {
    if !have("cmd::sops_words", &["sops", "mounts"]) {
        return;
    }
    let project = Project::sealed(ENV);
    project.write("app.yaml", "db:\n  password: one\n  port: 5432\nflag: true\n");
    project.run(&["encrypt", "app.yaml", "-o", "app.enc.yaml"]).ok();
    let mut transcript = Transcript::of(&project);
    transcript
        .pipe("\"two \\\"quoted\\\"\"", &["set", "app.enc.yaml", "[\"db\"][\"password\"]", "--value-stdin"])
        .ok();
    transcript
        .pipe("5433", &["set", "app.enc.yaml", "[\"db\"][\"port\"]", "--value-stdin", "--idempotent"])
        .ok();
    transcript.pipe("7", &["set", "app.enc.yaml", "[\"db\"][\"pool\"]", "--value-stdin"]).ok();
    transcript.pipe("null", &["set", "app.enc.yaml", "[\"flag\"]", "--value-stdin"]);
    transcript.pipe("{\"a\": 1}", &["set", "app.enc.yaml", "[\"flag\"]", "--value-stdin"]);
    transcript.pipe("bare words", &["set", "app.enc.yaml", "[\"flag\"]", "--value-stdin"]);
    transcript.run(&["set", "app.enc.yaml", "[\"flag\"]", "\"hidden\""]);
    transcript.run(&["decrypt", "--extract", "[\"db\"][\"port\"]", "app.enc.yaml"]).ok();
    transcript.run(&["decrypt", "--extract", "[\"db\"]", "app.enc.yaml"]).ok();
    transcript.run(&["decrypt", "--output-type", "json", "app.enc.yaml"]).ok();
    transcript.run(&["decrypt", "--input-type", "dotenv", "--output-type", "dotenv", ".env.enc"]).ok();
    transcript.run(&["unset", "app.enc.yaml", "[\"db\"][\"pool\"]"]).ok();
    transcript.run(&["exec-env", ".env.enc", "echo \"$DB_HOST\""]).ok();
    transcript.run(&["exec-file", "app.enc.yaml", "cat {}"]).ok();
    transcript.told("sops-words");
    let read = Output::of(&mut project.around("sops", &["decrypt", "app.enc.yaml"])).ok().stdout;
    assert!(read.contains("port: 5433") && read.contains("flag: true") && !read.contains("pool"), "{read}");
}

//! `reseal scan`: what a person reads of findings, of what could not be read, and of what is accepted.

use super::Transcript;
use crate::harness::Project;

/// A password that no sealed file has, in a line of a program.
const GUESS: &str = "db_password = \"hG7kW3bN9pXe5TzV1rMq8CyU\"\n";

/// What is sealed.
const TOKEN: &str = "vT4nQ8xW2zKp6LmR9sJc3HdY";

#[test]
fn findings_are_told_with_what_mends_them() {
    let env = format!("API_TOKEN={TOKEN}\nDB_HOST=db\n");
    let project = Project::sealed(&env);
    project.write(".env.backup.20250101", &env);
    project.write("report.py", format!("# one\nauth('{}')\n{GUESS}", TOKEN));
    project.write("clean.txt", "nothing to see\n");
    let mut transcript = Transcript::of(&project);
    transcript.run(&["scan", "clean.txt"]).ok();
    transcript.run(&["scan", ".env.backup.20250101", "report.py"]).code(3);
    transcript.run(&["scan", "--format", "github", "report.py"]).code(3);
    transcript.pipe(GUESS, &["scan", "--stdin"]).code(3);
    transcript.run(&["scan", "report.py", "nowhere"]).code(1);
    transcript.run(&["scan", "--staged"]).code(2);
    transcript.run(&["scan", "--prune", "report.py"]).code(2);
    transcript.run(&["scan", "--update-baseline", "report.py"]).ok();
    transcript.run(&["scan", "report.py"]).ok();
    project.write("report.py", GUESS);
    transcript.run(&["scan", "--update-baseline", "report.py"]).ok();
    transcript.told("scan");
}

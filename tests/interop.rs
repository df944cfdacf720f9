//! Real sops and real age beside this program, on files made up at random: what either seals the other opens, and
//! what either changes the other still opens.
//!
//! The files are the same in every run; `PROPTEST_CASES` asks for more of them, `PROPTEST_RNG_SEED` for others.

mod edits;
mod env_file;
mod recipients;
mod rule;
mod sealed_here;
mod sealed_there;
mod typed;

use proptest::test_runner::{Config, RngSeed, TestCaseResult, TestRunner};

use crate::harness::Project;

/// Runs `test` on as many made-up inputs as the environment asks for, else `cases`. Each run makes up the same.
pub fn on_many<S: proptest::strategy::Strategy>(
    cases: u32,
    strategy: &S,
    test: impl Fn(S::Value) -> TestCaseResult,
) {
    let asked = Config::default();
    let chosen = |name| std::env::var_os(name).is_some();
    let config = Config {
        cases: if chosen("PROPTEST_CASES") { asked.cases } else { cases },
        rng_seed: if chosen("PROPTEST_RNG_SEED") { asked.rng_seed } else { RngSeed::Fixed(20) },
        // a failure is found again by running again
        failure_persistence: None,
        max_shrink_iters: 200,
        ..asked
    };
    if let Err(error) = TestRunner::new(config).run(strategy, test) {
        panic!("{error}");
    }
}

/// The file in plain, as this program reads it.
fn decrypt(project: &Project, name: &str) -> Vec<u8> {
    let output = project.command(&["decrypt", name]).output().unwrap();
    assert!(output.status.success(), "reseal: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Bytes as text in which every byte can be told, for messages.
fn readable(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string().replace("\\n", "\n")
}

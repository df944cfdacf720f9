//! Real programs that a test needs. A machine without them skips the test and says so; a machine that claims to have
//! them (`RESEAL_TEST_REQUIRE=sops,docker,…`) fails instead, so that no skip hides in CI.
#![expect(clippy::disallowed_methods, reason = "tests start programs, and say what they skip")]

use std::process::{Command, Stdio};

/// Known to the tests outside the crate only.
const RESEAL: Option<&str> = option_env!("CARGO_BIN_EXE_reseal");

/// Whether the programs are there. If not, says which test is skipped and why, or fails where they are required.
pub fn have(test: &str, programs: &[&str]) -> bool {
    let required = std::env::var("RESEAL_TEST_REQUIRE").unwrap_or_default();
    let mut all = true;
    for program in programs {
        if answers(program) {
            continue;
        }
        assert!(
            !required.split(',').any(|r| r == *program),
            "{test}: {program} is required and does not answer"
        );
        // past the capture of the test runner, so that a skip is seen without flags
        let line = format!("SKIPPED {test}: {program} does not answer\n");
        let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
        all = false;
    }
    all
}

fn answers(program: &str) -> bool {
    let words: &[&str] = match program {
        "docker" => &["docker", "info"],
        "compose" => &["docker", "compose", "version"],
        "compose-v1" => &["docker-compose", "version"],
        // made by `scripts/test-programs image`
        "image" => &["docker", "image", "inspect", "reseal-test:1"],
        // the same script's, with the servers of a whole project in it
        "stack" => &["docker", "image", "inspect", "reseal-test-stack:3"],
        // the same script's, with systemd in it
        "systemd" => &["docker", "image", "inspect", "reseal-test-systemd:1"],
        // the engine manages a swarm
        "swarm" => &["docker", "node", "ls"],
        // asking it for its version would leave its name service running
        "rabbitmq" => &["test", "-x", "/usr/lib/rabbitmq/bin/rabbitmq-server"],
        "strace" => &["strace", "-V"],
        "age" => &["age", "--version"],
        // it tells its version with exit code 1
        "slapd" => &["sh", "-c", "command -v slapd slapadd ldapwhoami ldappasswd"],
        "openssl" => &["openssl", "version"],
        "sops" => &["sops", "--disable-version-check", "--version"],
        // a mount namespace of one's own, where a test may mount what it likes
        "mounts" => &["unshare", "-m", "mount", "-t", "tmpfs", "none", "/tmp"],
        "root" => &["sh", "-c", "test $(id -u) = 0"],
        // root, with a program that another user can reach too
        "other-user" => &[
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            RESEAL.unwrap_or("/bin/false"),
            "--version",
        ],
        // the package of Debian's own Python, which docker-compose 1 reads with
        "python-dotenv" => &["/usr/bin/python3", "-c", "import dotenv"],
        // the parser of `EnvironmentFile=`, in the library that the parts of systemd share
        "libsystemd-shared" => &[
            "/usr/bin/python3",
            "-c",
            "import glob; glob.glob('/usr/lib/*/systemd/libsystemd-shared-*.so')[0]",
        ],
        // made by `scripts/test-programs node-dotenv`: node with the package dotenv
        "node-dotenv" => &["node-dotenv", "-e", "require('dotenv')"],
        "dash" => &["dash", "-c", "true"],
        "busybox" => &["busybox", "true"],
        other => &[other, "--version"],
    };
    Command::new(words[0])
        .args(&words[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

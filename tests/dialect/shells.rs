//! dash, bash and busybox, by `.` and by `eval`. Only files that the model claims to know are run: anything else may be a
//! program.

use std::collections::BTreeMap;

use super::{agree, arrived, environ, known, rendered, seeds};
use crate::harness::{Project, have};
use reseal::Dialect::Shell;

/// Shells that are on every Debian, or tested where they are there.
const SHELLS: [&[&str]; 4] = [&["dash"], &["bash", "--posix"], &["bash"], &["busybox", "sh"]];

/// The environment that a script ends with, after reading `$1`.
fn ends(
    project: &Project,
    shell: &[&str],
    script: &str,
    files: &[String],
) -> Vec<BTreeMap<Vec<u8>, Vec<u8>>> {
    // one start of the shell for all files; a block for each
    let all = format!("for f; do ( {script}\ncat /proc/self/environ; printf '\\0\\0' ); done");
    let args: Vec<&str> = shell[1..]
        .iter()
        .copied()
        .chain(["-c", &all, "sh"])
        .chain(files.iter().map(String::as_str))
        .collect();
    let output = project.around(shell[0], &args).output().unwrap();
    assert!(output.status.success(), "{shell:?}: {}", String::from_utf8_lossy(&output.stderr));
    // the block of cat ends with a NUL, and two more follow
    let blocks = output.stdout.split_inclusive(|b| *b == 0).fold(vec![Vec::new()], |mut blocks, part| {
        match part {
            [0] => {
                if blocks.last().is_some_and(|last: &Vec<u8>| !last.is_empty()) {
                    blocks.push(Vec::new());
                }
            }
            part => blocks.last_mut().unwrap().extend_from_slice(part),
        }
        blocks
    });
    let own = |(name, _): &(Vec<u8>, Vec<u8>)| name.starts_with(b"K");
    blocks.iter().filter(|b| !b.is_empty()).map(|b| environ(b).into_iter().filter(own).collect()).collect()
}

#[test]
fn shells_read_what_their_model_says() {
    let project = Project::empty();
    for shell in SHELLS {
        if !have("dialect::shells", &[shell[0]]) {
            continue;
        }
        for seed in seeds() {
            let (text, values) = rendered(&[Shell], seed, 1000);
            project.write("all", &text);
            for script in ["set -a; . \"./$f\"", ". \"./$f\"", "eval \"$(cat \"$f\")\""] {
                let got = ends(&project, shell, script, &["all".into()]);
                arrived(&format!("{shell:?} by {script}"), seed, &values, &got[0]);
            }

            let mut files = known(Shell, seed, 300);
            files.retain(|(_, read)| read.is_some());
            let names: Vec<String> = (0..files.len()).map(|n| format!("f{n}")).collect();
            for (name, (text, _)) in names.iter().zip(&files) {
                project.write(name, text);
            }
            let got = ends(&project, shell, "set -a; . \"./$f\"", &names);
            agree(Shell, seed, &files, &got.into_iter().map(Some).collect::<Vec<_>>());
        }
    }
}

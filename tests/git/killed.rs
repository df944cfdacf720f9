//! A driver that is killed leaves ours whole, or the merged file whole.

use super::repository::{Repository, SAMPLES};
use crate::harness::have;

#[test]
fn a_driver_that_is_killed_leaves_ours() {
    if !have("git::killed::a_driver_that_is_killed_leaves_ours", &["git", "sops"]) {
        return;
    }
    for sample in &SAMPLES {
        let repository = Repository::new(sample);
        repository.branch("topic", |r| r.set("BETA", "theirs"));
        repository.on_main(|r| r.set("ALPHA", "ours"));
        let driver = repository.git(&["config", "merge.reseal.driver"]).ok().stdout;
        let (mut killed, mut done) = (0, 0);
        for delay in ["0", "0.002", "0.004", "0.008", "0.016", "2"] {
            repository.project.script(
                "killer",
                &format!(
                    "#!/bin/sh\n{} &\npid=$!\n(sleep {delay}; kill -9 $pid) 2>/dev/null &\nwait $pid\n",
                    driver.trim().replace("%L", "7").replace("%O %A %B %P", "\"$@\"")
                ),
            );
            let killer = format!("{} %O %A %B %P", repository.project.path("killer").display());
            repository.git(&["config", "merge.reseal.driver", &killer]).ok();
            let output = repository.git(&["merge", "-q", "topic"]);
            if output.code == Some(0) {
                done += 1;
                repository.says(&[("ALPHA", "ours"), ("BETA", "theirs"), ("GAMMA", "base")]);
            } else {
                killed += 1;
                // killed behind the last step, it has put the merged file there already
                let beta = repository.words()["BETA"].clone();
                assert!(["base", "theirs"].contains(&&*beta), "{beta}");
                repository.says(&[("ALPHA", "ours"), ("BETA", &beta), ("GAMMA", "base")]);
            }
            repository.holds_no_value();
            repository.git(&["reset", "-q", "--hard", "HEAD"]).ok();
            if output.code == Some(0) {
                repository.git(&["reset", "-q", "--hard", "HEAD~1"]).ok();
            }
        }
        assert!(killed > 0 && done > 0, "{killed} killed, {done} done");
    }
}

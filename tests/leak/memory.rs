//! The memory of a running reseal is nobody else's: not another user's, not the same user's, and in no core file.
//!
//! The rotation is caught while it waits for its wrapper, which tells its own process id and serves as the example of a
//! process that is not protected.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{Output, Project, have};

/// Neither root nor anybody else's.
const NOBODY: u32 = 65534;

const WAITS: &str = "#!/bin/sh\necho $$ >pid.new && mv pid.new pid\nwhile [ -e wait ]; do sleep 0.05; done\n";

#[test]
fn another_user_sees_neither_environment_nor_memory() {
    if !have("leak::memory", &["root", "setpriv"]) {
        return;
    }
    let waiting = Waiting::started(|project| project.command(&["rotate", "A", "--yes", "--quiet"]));
    for file in ["environ", "mem", "maps", "fd", "auxv"] {
        waiting.refused_to_nobody(waiting.pid(), file);
    }
    waiting.ends_well();
}

#[test]
fn the_same_user_does_not_either() {
    if !have("leak::memory", &["root", "setpriv"]) {
        return;
    }
    let waiting = Waiting::started(|project| {
        // a copy, because the way to the program itself need not be open to everybody
        fs::copy(env!("CARGO_BIN_EXE_reseal"), project.path("reseal")).unwrap();
        project.chmod("reseal", 0o755);
        let all =
            Command::new("chown").args(["-R", &format!("{NOBODY}:{NOBODY}")]).arg(&project.root).status();
        assert!(all.unwrap().success());
        project.around("setpriv", &[&AS_NOBODY[..], &["./reseal", "rotate", "A", "--yes", "-q"]].concat())
    });
    let (reseal, wrapper) = (waiting.pid(), waiting.wrapper());
    for file in ["environ", "mem", "maps"] {
        assert_eq!(owner(reseal, file), 0, "{file}");
        assert_eq!(owner(wrapper, file), NOBODY, "{file}: reseal would have its owner for another reason");
    }
    for file in ["environ", "maps", "fd"] {
        waiting.refused_to_nobody(reseal, file);
        assert_eq!(
            waiting.look_as_nobody(wrapper, file).code,
            Some(0),
            "{file}: it is refused for another reason"
        );
    }
    waiting.refused_to_nobody(reseal, "mem");
    waiting.ends_well();
}

#[test]
fn there_is_no_core_file_and_no_swap() {
    let waiting = Waiting::started(|project| {
        // whoever allows core files allows none of reseal
        let script = "ulimit -Sc 16; exec \"$0\" rotate A --yes --quiet";
        project.around("sh", &["-c", script, env!("CARGO_BIN_EXE_reseal")])
    });
    let limits = fs::read_to_string(format!("/proc/{}/limits", waiting.pid())).unwrap();
    let core = limits.lines().find_map(|l| l.strip_prefix("Max core file size")).unwrap();
    let core: Vec<&str> = core.split_whitespace().collect();
    assert_eq!(core[0], "0", "{core:?}");
    assert_ne!(core[1], "0", "what was allowed can be allowed again to the command of `exec`");
    let status = fs::read_to_string(format!("/proc/{}/status", waiting.pid())).unwrap();
    let field = |name| status.lines().find_map(|l| l.strip_prefix(name)).unwrap().trim();
    // CAP_IPC_LOCK; without it, memory may be limited, and is then not locked at all
    if u64::from_str_radix(field("CapEff:"), 16).unwrap() & 1 << 14 != 0 {
        let locked: u64 = field("VmLck:").trim_end_matches(" kB").parse().unwrap();
        assert!(locked > 100, "only {locked} KiB are locked in memory");
    }
    waiting.ends_well();
}

const AS_NOBODY: [&str; 3] = ["--reuid=65534", "--regid=65534", "--clear-groups"];

/// A rotation whose wrapper waits.
struct Waiting {
    project: Project,
    rotation: Child,
}

impl Waiting {
    fn started(command: impl FnOnce(&Project) -> Command) -> Self {
        let project = Project::sealed("A=x\n");
        project.script("up", WAITS);
        project.write("reseal.toml", "[deploy]\nkind = \"wrapper\"\ncommand = [\"./up\"]\n");
        project.write("wait", "");
        fs::set_permissions(&project.root, fs::Permissions::from_mode(0o755)).unwrap();
        let rotation = command(&project).stderr(Stdio::piped()).spawn().unwrap();
        let began = Instant::now();
        let mut waiting = Waiting { project, rotation };
        while !waiting.project.exists("pid") {
            let ended = waiting.rotation.try_wait().unwrap();
            assert!(ended.is_none() && began.elapsed() < Duration::from_secs(30), "{ended:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
        waiting
    }

    fn pid(&self) -> u32 {
        self.rotation.id()
    }

    fn wrapper(&self) -> u32 {
        self.project.text("pid").trim().parse().unwrap()
    }

    /// Reads a file of a process, or lists a folder of it, as somebody who is nobody.
    fn look_as_nobody(&self, pid: u32, file: &str) -> Output {
        let look = "if [ -d $0 ]; then ls $0; else head -c 1 $0; fi >/dev/null";
        let path = format!("/proc/{pid}/{file}");
        Output::of(Command::new("setpriv").args(AS_NOBODY).args(["sh", "-c", look, &path]))
    }

    fn refused_to_nobody(&self, pid: u32, file: &str) {
        let output = self.look_as_nobody(pid, file);
        assert_ne!(output.code, Some(0), "{file} can be read");
        output.says("Permission denied");
    }

    /// It was not disturbed.
    fn ends_well(mut self) {
        self.project.remove("wait");
        assert!(self.rotation.wait().unwrap().success());
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.project.path("wait"));
        let _ = self.rotation.wait();
    }
}

fn owner(pid: u32, file: &str) -> u32 {
    fs::metadata(format!("/proc/{pid}/{file}")).unwrap().uid()
}

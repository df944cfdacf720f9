//! The part of a proposal that is about the whole project: who reads the env file, how services are started, and how it
//! is seen that they are well.

use super::Around;
use super::names::is_plain;

/// `consumers`: readers of the env file's text that nothing else in the policy names.
pub(super) fn consumers(around: &Around<'_>) -> String {
    let mut readers = Vec::new();
    let script = around.folder.scripts.iter().chain(around.folder.wrapper.iter()).map(|(_, text)| text);
    for line in script.flat_map(|text| text.lines()).map(str::trim) {
        let sourced = line.split_whitespace().zip(line.split_whitespace().skip(1)).any(|(verb, file)| {
            matches!(verb, "." | "source")
                && file.trim_matches(['"', '\'', ';']).trim_start_matches("./") == around.folder.plain
        });
        if sourced && !readers.contains(&"shell") {
            readers.push("shell");
        }
        if line.contains("docker run") && line.contains("--env-file") && !readers.contains(&"docker") {
            readers.push("docker");
        }
    }
    // with kind "compose" the env files that it names say so themselves
    if around.folder.wrapper.is_some() && around.reads_file() {
        readers.insert(0, "compose");
    }
    if readers.is_empty() {
        return String::new();
    }
    format!(
        "# who reads the text of the env file: every value must come out of it as it is\nconsumers = {readers:?}\n"
    )
}

/// `[deploy]`
pub(super) fn deploy(around: &Around<'_>) -> String {
    if let Some((wrapper, _)) = &around.folder.wrapper {
        let mut starts = around.procedures.iter().flat_map(|p| &p.starts);
        let called = starts.find(|(script, _)| *script == wrapper.trim_start_matches("./"));
        let step = called.map_or_else(|| vec!["up".to_owned(), "-d".to_owned()], |(_, rest)| rest.clone());
        return format!(
            "[deploy]\nkind = \"wrapper\"\ncommand = [{wrapper:?}]\nsteps = [{step:?}]\ntimeout = \"120s\"\n\n"
        );
    }
    if around.folder.compose.is_empty() {
        return "# [deploy]\n# kind = \"wrapper\"\n# command = [\"./scripts/docker-compose-sops.sh\"]\n\n"
            .into();
    }
    let mut text = "[deploy]\nkind = \"compose\"\n".to_owned();
    if around.reads_file() && is_plain(around.folder.plain) {
        text += &format!("env-files = [{:?}]\n", around.folder.plain);
    }
    text + "timeout = \"120s\"\n\n"
}

/// `[[probe]]`
pub(super) fn probes(around: &Around<'_>) -> String {
    let mut text = String::new();
    let healthy: Vec<&String> =
        around.stack.services.iter().filter(|(_, s)| s.has_health).map(|(name, _)| name).collect();
    if !healthy.is_empty() {
        text += &format!("[[probe]]\ncompose = {healthy:?}\nwithin = \"60s\"\n\n");
    }
    let mut asked: Vec<&String> = around.procedures.iter().flat_map(|p| &p.probes).collect();
    asked.dedup();
    for page in &asked {
        text += &format!("[[probe]]\nhttp = {page:?}\nwithin = \"60s\"\n\n");
    }
    if asked.is_empty() && healthy.is_empty() {
        let own = around
            .stack
            .services
            .values()
            .find(|s| super::server::Engine::of(s).is_none() && !s.ports.is_empty());
        let port = own.and_then(|service| service.ports.first().copied()).unwrap_or(8000);
        text += &format!("# [[probe]]\n# http = \"http://127.0.0.1:{port}/health\"\n# within = \"60s\"\n\n");
    }
    text
}

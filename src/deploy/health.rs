//! Asks the engine whether the containers of compose services run and are healthy.
//!
//! It asks for single fields and never for a whole container: the log of a health check may hold anything (I3).

use crate::docker::{self, containers};
use crate::error::{Error, Result};
use crate::process::{Deadline, Site, ask};

/// One container a line: id, name, status, exit code, health (empty without a health check). It must be `.ID`: with
/// `.Id`, as the JSON has it, docker takes the JSON for the template and fails where there is no `Health`.
const STATE: &str = concat!(
    "{{.ID}}\t{{.Name}}\t{{.State.Status}}\t{{.State.ExitCode}}\t",
    "{{with .State.Health}}{{.Status}}{{end}}"
);

/// Every container of every service must run, not restart, and be healthy where it has a health check.
pub(super) fn check(
    services: &[String],
    site: &Site,
    project: Option<&str>,
    deadline: &Deadline,
) -> Result<()> {
    let docker = docker::docker(site).map_err(|e| e.hint("probe compose needs the docker command"))?;
    let ours = containers(services, site, project, deadline)?;
    let mut args = vec!["inspect", "--type", "container", "--format", STATE];
    args.extend(ours.iter().map(|c| c.id.as_str()));
    let states =
        ask(site, &docker, &args, deadline).map_err(|e| e.context("cannot see how the containers are"))?;
    for container in ours {
        // the engine answers in the order it was asked, but the id is there to be sure
        let state = states.lines().find_map(|line| line.strip_prefix(&*container.id));
        fault(state.unwrap_or_default()).map_or(Ok(()), |fault| {
            Err(Error::failed(format!("service {:?}: {fault}", container.service)))
        })?;
    }
    Ok(())
}

/// What is wrong with a container, from its line without the id.
fn fault(state: &str) -> Option<String> {
    let mut fields = state.split('\t').skip(1);
    let mut field = || fields.next().unwrap_or_default();
    let (name, status, code, health) = (field().trim_start_matches('/'), field(), field(), field());
    match (status, health) {
        ("running", "healthy" | "" | "none") => None,
        ("running", health) => Some(format!("container {name:?} is {health}")),
        ("", _) => Some("a container is gone".to_owned()),
        ("exited" | "dead", _) => Some(format!("container {name:?} is {status}, with exit code {code}")),
        (status, _) => Some(format!("container {name:?} is {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Folder;
    use super::*;

    #[test]
    fn only_a_running_container_with_no_bad_health_is_well() {
        for (state, wrong) in [
            ("\t/p-api-1\trunning\t0\thealthy", None),
            ("\t/p-api-1\trunning\t0\t", None),
            ("\t/p-api-1\trunning\t0\tstarting", Some("container \"p-api-1\" is starting")),
            ("\t/p-api-1\trunning\t0\tunhealthy", Some("container \"p-api-1\" is unhealthy")),
            ("\t/p-api-1\trestarting\t1\tunhealthy", Some("container \"p-api-1\" is restarting")),
            ("\t/p-api-1\tpaused\t0\thealthy", Some("container \"p-api-1\" is paused")),
            ("\t/p-api-1\texited\t137\t", Some("container \"p-api-1\" is exited, with exit code 137")),
            ("", Some("a container is gone")),
        ] {
            assert_eq!(fault(state).as_deref(), wrong, "{state:?}");
        }
    }

    #[test]
    fn without_docker_the_reason_is_its_absence() {
        let folder = Folder::new();
        let mut site = folder.site();
        site.env = vec![("PATH".into(), "/nowhere".into())];
        let error =
            check(&["api".to_owned()], &site, None, &Deadline::new(std::time::Duration::from_secs(9)));
        assert_eq!(error.unwrap_err().to_string(), "command \"docker\" is not found in PATH");
    }
}

//! Asks the engine whether the containers of compose services run and are healthy.
//!
//! It does not ask compose: `docker compose ps` interpolates the compose file first and can fail on a variable that
//! only the sealed file has. Compose, version 1 and 2 alike, labels each container with its project, service and
//! folder, and that is all this needs. It asks for single fields and never for a whole container, because `docker
//! inspect` also holds the containers' environment, and the log of a health check may hold anything (I3).

use rustix::fs::stat;

use super::Site;
use super::find::{Program, program};
use super::run::{Deadline, ask};
use crate::error::{Error, Result};

/// One container a line: id, service, one-off, project, project folder (last, as it may hold anything).
const LISTED: &str = concat!(
    "{{.ID}}\t{{.Label \"com.docker.compose.service\"}}\t{{.Label \"com.docker.compose.oneoff\"}}\t",
    "{{.Label \"com.docker.compose.project\"}}\t{{.Label \"com.docker.compose.project.working_dir\"}}"
);

/// One container a line: id, name, status, exit code, health (empty without a health check). It must be `.ID`: with
/// `.Id`, as the JSON has it, docker takes the JSON for the template and fails where there is no `Health`.
const STATE: &str = concat!(
    "{{.ID}}\t{{.Name}}\t{{.State.Status}}\t{{.State.ExitCode}}\t",
    "{{with .State.Health}}{{.Status}}{{end}}"
);

/// A container of one of the services.
struct Container {
    id: String,
    service: String,
    project: String,
}

/// Every container of every service must run, not restart, and be healthy where it has a health check.
pub(super) fn check(
    services: &[String],
    site: &Site,
    project: Option<&str>,
    deadline: &Deadline,
) -> Result<()> {
    let docker = program("docker", site).map_err(|e| e.hint("probe compose needs the docker command"))?;
    let named = site.var("COMPOSE_PROJECT_NAME").and_then(|name| name.to_str());
    let containers = list(&docker, site, project.or(named), deadline)?;
    let ours: Vec<&Container> = containers.iter().filter(|c| services.contains(&c.service)).collect();
    for service in services {
        if !ours.iter().any(|c| c.service == *service) {
            return Err(Error::failed(format!("service {service:?} has no container")).hint(
                "see `docker ps -a`, and set `project` under [deploy] if compose runs in another folder",
            ));
        }
    }
    if let Some(other) = ours.iter().find(|c| c.project != ours[0].project) {
        let (one, two) = (&ours[0].project, &other.project);
        return Err(Error::failed(format!("the folder has containers of two projects, {one:?} and {two:?}"))
            .hint("set `project` under [deploy] in reseal.toml"));
    }
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

/// The service containers of the project, or of the project folder where no project is named.
fn list(docker: &Program, site: &Site, project: Option<&str>, deadline: &Deadline) -> Result<Vec<Container>> {
    let label = match project {
        Some(project) => format!("label=com.docker.compose.project={project}"),
        None => "label=com.docker.compose.service".to_owned(),
    };
    let args = ["ps", "--all", "--no-trunc", "--filter", &label, "--format", LISTED];
    let listed = ask(site, docker, &args, deadline).map_err(|e| {
        e.context("cannot ask docker for its containers")
            .hint("run `docker ps` to see what the engine answers")
    })?;
    let here = |folder: &str| project.is_some() || same_folder(folder, site);
    Ok(listed.lines().filter_map(|line| container(line, &here)).collect())
}

fn container(line: &str, here: &dyn Fn(&str) -> bool) -> Option<Container> {
    let mut fields = line.splitn(5, '\t');
    let (id, service, oneoff, project, folder) =
        (fields.next()?, fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    // `compose run` leaves one-off containers behind that say nothing of the service
    let counts = !oneoff.eq_ignore_ascii_case("true") && here(folder);
    counts.then(|| Container { id: id.to_owned(), service: service.to_owned(), project: project.to_owned() })
}

/// The label holds the path as compose was started with it, perhaps through a symbolic link: the folder decides.
fn same_folder(folder: &str, site: &Site) -> bool {
    match (stat(folder), stat(&site.root)) {
        (Ok(one), Ok(two)) => (one.st_dev, one.st_ino) == (two.st_dev, two.st_ino),
        _ => site.root.as_os_str() == folder,
    }
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
    fn a_line_is_a_container_of_this_folder_unless_it_is_one_off() {
        let here = |folder: &str| folder == "/srv/a\tb";
        assert!(container("1\tapi\tFalse\tshop\t/srv/a\tb", &here).is_some());
        assert!(container("1\tapi\tTrue\tshop\t/srv/a\tb", &here).is_none());
        assert!(container("1\tapi\tFalse\tshop\t/srv/other", &here).is_none());
        assert!(container("1\tapi", &here).is_none());
    }

    #[test]
    fn a_folder_is_itself_through_a_link() {
        let folder = Folder::new();
        folder.link("link", ".");
        let link = folder.root.join("link");
        assert!(same_folder(link.to_str().unwrap(), &folder.site()));
        assert!(!same_folder("/", &folder.site()));
        assert!(!same_folder("/no/such/folder", &folder.site()));
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

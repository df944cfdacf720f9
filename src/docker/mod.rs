//! Which containers the services of a compose project run in, and where they are reached.
//!
//! It does not ask compose: `docker compose ps` interpolates the compose file first and can fail on a variable that
//! only the sealed file has. Compose, version 1 and 2 alike, labels each container with its project, service and
//! folder, and that is all this needs. It asks for single fields and never for a whole container, because `docker
//! inspect` also holds the containers' environment (I3).

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use rustix::fs::stat;

use crate::error::{Error, Result};
use crate::process::{Deadline, Program, Site, ask, program};

/// One container a line: id, status, service, one-off, project, project folder (last, as it may hold anything).
const LISTED: &str = concat!(
    "{{.ID}}\t{{.Status}}\t",
    "{{.Label \"com.docker.compose.service\"}}\t{{.Label \"com.docker.compose.oneoff\"}}\t",
    "{{.Label \"com.docker.compose.project\"}}\t{{.Label \"com.docker.compose.project.working_dir\"}}"
);

/// Network mode, then the address in each network, separated by blanks.
const REACHED: &str = "{{.HostConfig.NetworkMode}}{{range .NetworkSettings.Networks}} {{.IPAddress}} {{.GlobalIPv6Address}}{{end}}";

/// How long the engine may take to answer.
const ANSWER: Duration = Duration::from_secs(20);

/// A container of a service.
pub(crate) struct Container {
    /// Its full id.
    pub(crate) id: String,
    /// The service.
    pub(crate) service: String,
    /// Whether it runs now.
    pub(crate) runs: bool,
    project: String,
}

/// The docker command.
pub(crate) fn docker(site: &Site) -> Result<Program> {
    program("docker", site)
}

/// The containers of the services, in no order. Each service has at least one, and all are of one project: `project`,
/// or COMPOSE_PROJECT_NAME, or whichever was started from the project folder.
pub(crate) fn containers(
    services: &[String],
    site: &Site,
    project: Option<&str>,
    deadline: &Deadline,
) -> Result<Vec<Container>> {
    let mut ours = all(site, project, deadline)?;
    ours.retain(|c| services.contains(&c.service));
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
    Ok(ours)
}

/// All containers of the project, found in the same way.
pub(crate) fn all(site: &Site, project: Option<&str>, deadline: &Deadline) -> Result<Vec<Container>> {
    let named = site.var("COMPOSE_PROJECT_NAME").and_then(|name| name.to_str());
    list(&docker(site)?, site, project.or(named), deadline)
}

/// The one container of a service.
pub(crate) fn container_of(service: &str, site: &Site, project: Option<&str>) -> Result<Container> {
    let mut all = containers(&[service.to_owned()], site, project, &Deadline::new(ANSWER))?;
    match (all.pop(), all.is_empty()) {
        (Some(container), true) => Ok(container),
        _ => Err(Error::failed(format!("service {service:?} has several containers"))
            .note("one of them would be told and the others not")
            .hint("name the one that keeps the credential by `host:port`")),
    }
}

/// The addresses of the one container of a service on its networks, from which no server takes a connection for local.
/// One that shares the host's network is on loopback.
pub(crate) fn addresses(service: &str, site: &Site, project: Option<&str>) -> Result<Vec<IpAddr>> {
    let container = container_of(service, site, project)?;
    let args = ["inspect", "--type", "container", "--format", REACHED, &container.id];
    let answer = ask(site, &docker(site)?, &args, &Deadline::new(ANSWER))
        .map_err(|e| e.context(format!("cannot see where service {service:?} is")))?;
    let mut words = answer.split_whitespace();
    if words.next() == Some("host") {
        return Ok(vec![Ipv4Addr::LOCALHOST.into()]);
    }
    let found: Vec<IpAddr> = words.filter_map(|word| word.parse().ok()).collect();
    if found.is_empty() {
        return Err(Error::failed(format!("the container of service {service:?} has no address"))
            .note("it does not run, or has no network")
            .hint("see `docker ps -a`"));
    }
    Ok(found)
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
    let mut fields = line.splitn(6, '\t');
    let (id, status, service, oneoff, project, folder) =
        (fields.next()?, fields.next()?, fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    // `compose run` leaves one-off containers behind that say nothing of the service
    let counts = !oneoff.eq_ignore_ascii_case("true") && here(folder);
    counts.then(|| Container {
        id: id.to_owned(),
        service: service.to_owned(),
        // "Up 5 minutes (healthy)"; the others are "Created", "Exited (0) …"
        runs: status.starts_with("Up"),
        project: project.to_owned(),
    })
}

/// The label holds the path as compose was started with it, perhaps through a symbolic link: the folder decides.
pub(crate) fn same_folder(folder: &str, site: &Site) -> bool {
    match (stat(folder), stat(&site.root)) {
        (Ok(one), Ok(two)) => (one.st_dev, one.st_ino) == (two.st_dev, two.st_ino),
        _ => site.root.as_os_str() == folder,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::testing::Folder;

    #[test]
    fn a_line_is_a_container_of_this_folder_unless_it_is_one_off() {
        let here = |folder: &str| folder == "/srv/a\tb";
        assert!(container("1\tUp 5 days\tapi\tFalse\tshop\t/srv/a\tb", &here).is_some_and(|c| c.runs));
        assert!(container("1\tUp 5 days\tapi\tTrue\tshop\t/srv/a\tb", &here).is_none());
        assert!(container("1\tUp 5 days\tapi\tFalse\tshop\t/srv/other", &here).is_none());
        assert!(container("1\tUp 5 days\tapi", &here).is_none());
        let stopped = container("1\tExited (0) 2 hours ago\tapi\tFalse\tshop\t/srv/a\tb", &here);
        assert!(stopped.is_some_and(|c| !c.runs));
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
}

//! A server in a container: by its address in the container network, and through its own psql.

use std::process::Command;

use super::*;
use crate::process::testing::Folder;

const NEEDS: [&str; 2] = ["docker", "stack"];

/// As the official image has it: whoever is inside is trusted.
const START: &str = "b=/usr/lib/postgresql/15/bin; $b/initdb -N -A trust -U postgres -D /tmp/d >/dev/null && \
     { echo 'local all all trust'; echo 'host all all 127.0.0.1/32 trust'; echo 'host all all all scram-sha-256'; } \
     >/tmp/d/pg_hba.conf && exec $b/postgres -D /tmp/d -c listen_addresses='*'";

/// A container that compose might have made for the service `db` of the folder.
struct Container {
    id: String,
    folder: Folder,
}

impl Container {
    fn start(image: &str, command: &str) -> Self {
        let folder = Folder::new();
        let mut run = Command::new("docker");
        run.args(["run", "-d", "--label", "com.docker.compose.project=reseal-postgres"]);
        run.args(["--label", "com.docker.compose.service=db", "--label", "com.docker.compose.oneoff=False"]);
        run.args(["--label", &format!("com.docker.compose.project.working_dir={}", folder.root.display())]);
        if image == "reseal-test-stack:3" {
            run.args(["--user", "postgres"]);
        }
        let output = run.args([image, "sh", "-c", command]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Container { id: String::from_utf8(output.stdout).unwrap().trim().to_owned(), folder }
    }

    fn server() -> Self {
        let container = Container::start("reseal-test-stack:3", START);
        crate::target::servers::wait_until("postgres in a container", || {
            container.psql("SELECT 1").status.success()
        });
        let made = container.psql(&format!(
            "CREATE ROLE boss SUPERUSER LOGIN PASSWORD '{ADMIN}'; CREATE ROLE clerk CREATEROLE LOGIN"
        ));
        assert!(made.status.success());
        container
    }

    fn psql(&self, sql: &str) -> std::process::Output {
        Command::new("docker").args(["exec", &self.id, "psql", "-X", "-A", "-t", "-c", sql]).output().unwrap()
    }

    fn role(&self, name: &str) {
        assert!(self.psql(&format!("CREATE ROLE {name} LOGIN PASSWORD 'old-value'")).status.success());
    }

    fn wanted(&self, users: &[&str], exec: bool) -> Wanted {
        Wanted {
            at: Address::Compose { service: "db".into(), port: 5432 },
            users: users.iter().map(|&user| user.to_owned()).collect(),
            admin: Some(("boss".into(), vec![ADMIN.into()])),
            database: Some("postgres".into()),
            exec,
            timeout: 20,
        }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let _ = Command::new("docker").args(["rm", "-f", "-v", &self.id]).output();
    }
}

#[test]
fn a_container_is_told_over_its_network_and_through_its_psql() {
    if !have("a_container_is_told_over_its_network_and_through_its_psql", &NEEDS) {
        return;
    }
    let container = Container::server();
    let mut site = container.folder.site();
    let mut count = 0;
    for exec in [false, true] {
        for new in &AWKWARD[1..3] {
            count += 1;
            let (one, two) = (format!("one{count}"), format!("t\"w\\o 'x {count}"));
            container.role(&one);
            let users: &[&str] = if count % 2 == 0 { &[&one] } else { &[&one, &two] };
            let next_user = users[users.len() - 1];
            let known = Known {
                user: &one,
                value: "old-value",
                next_user,
                provable: !exec,
                overlap: users.len() == 2,
            };
            container.wanted(users, exec).at_site(&site, |target| conform(target, &known, new));
            // what psql was told is what logs in over the network
            let new = value(new);
            let new = Credential { user: next_user, value: &new };
            container.wanted(users, false).at_site(&site, |target| assert!(target.test(&new).unwrap()));
        }
    }

    // the child, and so everything that docker may keep, sees neither a value nor a key
    container.role("app");
    let seen = container.folder.root.join("seen");
    let script = format!(
        "printf '%s\\n' '#!/bin/sh' 'exec 3>>{0}; test $1 != exec || env >&3; echo \"$@\" >&3' 'tee -a {0} | PATH=$REAL docker \"$@\"' >docker; \
         chmod +x docker",
        seen.display()
    );
    assert!(
        Command::new("sh")
            .args(["-c", &script])
            .current_dir(&container.folder.root)
            .status()
            .unwrap()
            .success()
    );
    let real = site.env[0].1.clone();
    let path = format!("{}:{}", container.folder.root.display(), real.to_str().unwrap());
    site.env[0].1 = path.into();
    site.env.push(("REAL".into(), real));
    site.env.push(("SOPS_AGE_KEY".into(), "the-age-key-itself".into()));
    let (old, new) = (value("old-value"), value("new-value-4711"));
    let (old, new) = (Credential { user: "app", value: &old }, Credential { user: "app", value: &new });
    let app = container.wanted(&["app"], true);
    app.at_site(&site, |target| {
        let proof = apply(target, &new, &[old], &value("nobodys")).unwrap();
        assert!(matches!(proof, Proof::Unprovable(why) if why.contains("inside its container")));
        assert!(target.test(&new).unwrap() && !target.test(&old).unwrap());
        assert_eq!(target.sessions(&old, &new).unwrap(), Some(0));
    });
    let seen = container.folder.read("seen");
    assert!(seen.contains("ALTER ROLE \"app\" PASSWORD 'SCRAM-SHA-256$4096:") && seen.contains("REAL="));
    for secret in ["old-value", "new-value", ADMIN, "the-age-key-itself"] {
        assert!(!seen.contains(secret), "{secret}");
    }

    // who sees less than a superuser
    let clerk = app.clone().admin("clerk", &[]);
    let site = container.folder.site();
    clerk.at_site(&site, |target| {
        assert!(target.examine(&new).unwrap().iter().any(|line| line.contains("takes a superuser")));
        target.set(&old, &[new]).unwrap();
        says(&target.test(&old).unwrap_err(), "it cannot be told which value is in force");
        let mut sleep = Command::new("docker");
        sleep.args([
            "exec",
            "-d",
            &container.id,
            "psql",
            "-X",
            "-U",
            "app",
            "-d",
            "postgres",
            "-c",
            "SELECT pg_sleep(60)",
        ]);
        assert!(sleep.status().unwrap().success());
        let count = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'";
        crate::target::servers::wait_until("a session", || container.psql(count).stdout == b"1\n");
        says(&target.sessions(&old, &new).unwrap_err(), "GRANT pg_signal_backend");
    });
    app.at_site(&site, |target| assert_eq!(target.sessions(&old, &new).unwrap(), Some(1)));
    // the role itself
    app.clone().alone().at_site(&site, |target| target.set(&new, &[]).unwrap());
    app.at_site(&site, |target| assert!(target.test(&new).unwrap()));
    let nobody = app.clone().admin("no-such-role", &[]);
    says(
        &nobody.at_site(&site, |target| target.set(&new, &[old]).unwrap_err()),
        "cannot log in as \"no-such-role\"",
    );
    assert!(
        Command::new("docker").args(["stop", "-t", "5", &container.id]).output().unwrap().status.success()
    );
    says(
        &app.at_site(&site, |target| target.set(&new, &[old]).unwrap_err()),
        "docker exec ended with exit code 1",
    );
}

#[test]
fn a_container_without_postgres_is_said_to_be_one() {
    if !have("a_container_without_postgres_is_said_to_be_one", &["docker", "stack", "image"]) {
        return;
    }
    let new = value("new-value");
    let new = Credential { user: "app", value: &new };
    for (image, wants) in
        [("reseal-test:1", "there is no psql"), ("reseal-test-stack:3", "in service \"db\" does not answer")]
    {
        let container = Container::start(image, "exec sleep 100");
        let site = container.folder.site();
        let told = container.wanted(&["app"], true).at_site(&site, |target| target.set(&new, &[]));
        says(&told.unwrap_err(), wants);
        let wanted = container.wanted(&["app"], false);
        says(&wanted.at_site(&site, |target| target.test(&new)).unwrap_err(), "nobody answers at compose:db");
    }
}

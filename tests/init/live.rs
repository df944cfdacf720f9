//! What `init` proposes as live is rotated, in real containers, without a word of it changed.

use crate::compose::stack::remove_project;
use crate::harness::{Output, Project, have};

/// As the official image: the user is made when the volume is empty, and its password is never read again.
const DATABASE: &str = r#"#!/bin/sh
export PGDATA=/data/pg
if [ ! -s $PGDATA/PG_VERSION ]; then
  mkdir -p $PGDATA && chown -R postgres /data
  printf %s "$POSTGRES_PASSWORD" >/tmp/password && chown postgres /tmp/password
  su postgres -c "initdb -N -A scram-sha-256 --auth-local=trust --pwfile=/tmp/password -U $POSTGRES_USER --locale=C" || exit 1
  rm /tmp/password
  echo "host all all all scram-sha-256" >>$PGDATA/pg_hba.conf
fi
exec su postgres -c "exec postgres -D $PGDATA -c listen_addresses='*' -c fsync=off"
"#;

/// The images are named by variables, so that this machine's stand in for those that the defaults name.
const COMPOSE: &str = r#"services:
  db:
    image: ${PG_IMAGE:-postgres:15}
    command: ["/start/db"]
    stop_signal: SIGINT
    environment: { POSTGRES_USER: shop, POSTGRES_DB: postgres, POSTGRES_PASSWORD: "${DB_PASSWORD}" }
    volumes: ["./start:/start:ro", "data:/data"]
    healthcheck: { test: ["CMD-SHELL", "psql -U shop -d postgres -c 'SELECT 1'"], interval: 300ms, timeout: 5s, retries: 60 }
  cache:
    image: ${CACHE_IMAGE:-redis:7}
    command: ["sh", "-c", "exec redis-server --save '' --requirepass \"$$CACHE_PASSWORD\""]
    environment: [CACHE_PASSWORD]
volumes:
  data:
"#;

fn reseal(project: &Project, args: &[&str]) -> Output {
    let mut command = project.command(args);
    command.env("PG_IMAGE", "reseal-test-stack:3").env("CACHE_IMAGE", "reseal-test-stack:3");
    Output::of(&mut command)
}

struct Running<'a>(&'a Project);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        remove_project(self.0.root.file_name().unwrap().to_str().unwrap());
    }
}

#[test]
fn what_a_compose_file_proves_is_rotated_as_it_was_proposed() {
    if !have("what_a_compose_file_proves_is_rotated_as_it_was_proposed", &["docker", "compose", "stack"]) {
        return;
    }
    let project = Project::empty();
    project.write(
        ".env",
        "DB_PASSWORD=first-of-the-database\nDATABASE_URL=postgres://shop:first-of-the-database@db/postgres\n\
         CACHE_PASSWORD=first-of-the-cache\nCACHE_URL=redis://:first-of-the-cache@cache\n",
    );
    project.write("compose.yaml", COMPOSE);
    project.script("start/db", DATABASE);
    project.chmod("start", 0o755);
    reseal(&project, &["init", "--yes", "--delete-plaintext"]).ok();
    let policy = project.text("reseal.toml");
    for target in [
        "target = { postgres = { at = \"compose:db\", user = \"shop\", database = \"postgres\" } }",
        "target = { redis = { at = \"compose:cache\", volatile = true } }",
        "compose = [\"db\"]",
    ] {
        assert!(policy.lines().any(|line| line == target), "{target}\n{policy}");
    }
    let _running = Running(&project);
    reseal(&project, &["exec", "--", "docker", "compose", "up", "-d", "--wait"]).ok();
    reseal(&project, &["rotate", "--all", "--yes"]).ok().says("committed: DB_PASSWORD, CACHE_PASSWORD");
    let url = project.get("DATABASE_URL");
    assert_eq!(url, format!("postgres://shop:{}@db/postgres", project.get("DB_PASSWORD")));
    assert!(!url.contains("first") && !project.get("CACHE_URL").contains("first"));
    // the next one begins with a login on what is there now
    reseal(&project, &["rotate", "--all", "--dry-run"]).ok();
}

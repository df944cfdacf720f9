//! What is to be known before a password is changed: what would fail, and what a change does not reach.

use ::redis::Value;

use super::Redis;
use super::account::Account;
use super::keep::Keeping;
use super::link::{Info, Link, too_old};
use crate::error::{Error, Result};
use crate::target::{Credential, Target};

pub(super) fn examine(redis: &Redis<'_>, current: &Credential<'_>) -> Result<Vec<String>> {
    let accepted = redis.test(current)?;
    if !accepted && redis.reach.admin.is_none() {
        return Err(Error::failed(format!("the present password of user {:?} is refused", redis.user))
            .note("another one is in force, or the user is disabled"));
    }
    let mut link = redis.act(std::iter::once(current))?;
    let actor = redis.reach.admin.as_ref().map_or(redis.user, |admin| &admin.user);
    let mut lacks = Lacks { actor, commands: Vec::new() };
    lacks.look(&mut link, &["INFO", "server"]);
    lacks.look(&mut link, &["ACL", "GETUSER", redis.user]);
    let told = lacks.look(&mut link, &["ACL", "SETUSER", redis.user]);
    if !redis.volatile {
        lacks.look(&mut link, &["CONFIG", "GET", "aclfile"]);
    }
    lacks.none()?;

    let server = link.info("server").map_err(|f| f.error("INFO"))?;
    let replication = link.info("replication").map_err(|f| f.error("INFO"))?;
    refuse_others_than_one_master(&server, &replication)?;
    let account = Account::read(&mut link, redis.user)?;
    if account.open {
        return Err(Error::failed(format!(
            "user {:?} needs no password, so there is none to change",
            redis.user
        ))
        .hint(format!("give it the sealed value once by hand: `ACL SETUSER {} >VALUE`", redis.user)));
    }
    if accepted && !account.has(current.value) {
        return Err(Error::failed(format!("the password of user {:?} is kept elsewhere", redis.user))
            .note("it is accepted, and the server's own list does not have it: a module decides"));
    }
    let keeping = Keeping::find(&mut link, redis.volatile)?;
    if let Some(command) = keeping.command() {
        lacks.look(&mut link, &command);
    }
    if redis.shows(&mut link, current) {
        lacks.look(&mut link, &["CONFIG", "SET", "requirepass", ""]);
        lacks.look(&mut link, &["MULTI"]);
    }
    lacks.none()?;
    if !told {
        // no rule changes nothing, and is refused as any other
        link.ask(&[b"ACL", b"SETUSER", redis.user.as_bytes()]).map_err(|f| f.error("ACL SETUSER"))?;
    }

    let mut lines = Vec::new();
    if keeping == Keeping::Nowhere {
        lines.push("a restart would lose the change; the redeploy must carry the new value".to_owned());
    }
    let replicas = replicas(&replication);
    if !replicas.is_empty() {
        lines.push(format!(
            "its replicas keep users and `masterauth` of their own and are not told: {}",
            replicas.join(", ")
        ));
    }
    if link.setting("masterauth").is_ok_and(|value| value.same_as(current.value)) {
        lines.push("its own `masterauth` is this password too and is not told".to_owned());
    }
    let others = account.hashes.len().saturating_sub(1);
    if others > 0 {
        let are = if others == 1 { "password is" } else { "passwords are" };
        lines.push(format!("{others} more {are} accepted, and not touched by this change"));
    }
    Ok(lines)
}

/// Users are kept by each server for itself.
fn refuse_others_than_one_master(server: &Info, replication: &Info) -> Result<()> {
    let version = server.field("redis_version");
    if version.split('.').next().and_then(|n| n.parse::<u32>().ok()).is_some_and(|n| n < 6) {
        return Err(too_old());
    }
    // Valkey has the other name
    match [server.field("redis_mode"), server.field("server_mode")] {
        modes if modes.contains(&"sentinel") => {
            return Err(Error::failed("it is a sentinel and keeps no data")
                .note("sentinels have users of their own, and the servers' password in their configuration")
                .hint("name the master in the target"));
        }
        modes if modes.contains(&"cluster") => {
            return Err(Error::failed("it is one node of a cluster")
                .note("each node keeps its own users, and one of them would be told")
                .hint("tell all of them by a target of kind command"));
        }
        _ => {}
    }
    if matches!(replication.field("role"), "slave" | "replica") {
        let (host, port) = (replication.field("master_host"), replication.field("master_port"));
        return Err(Error::failed(format!("it is a replica of {host}:{port}"))
            .note("users are not replicated: the master would not be told")
            .hint("name the master in the target"));
    }
    Ok(())
}

/// The addresses of the connected replicas.
fn replicas(replication: &Info) -> Vec<String> {
    let line = |n| match replication.field(&format!("slave{n}")) {
        "" => None,
        line => Some(line),
    };
    (0..)
        .map_while(line)
        .map(|line| {
            let part = |name| line.split(',').filter_map(|p| p.split_once('=')).find(|(n, _)| *n == name);
            let part = |name| part(name).map_or("?", |(_, value)| value);
            format!("{}:{}", part("ip"), part("port"))
        })
        .collect()
}

/// What whoever changes the password may not do.
struct Lacks<'a> {
    actor: &'a str,
    commands: Vec<String>,
}

impl Lacks<'_> {
    /// Asks without trying, and says whether that told anything. Redis before 7 cannot be asked, and a restricted user
    /// may not ask: the command itself says it then.
    fn look(&mut self, link: &mut Link, command: &[&str]) -> bool {
        let mut words = vec!["ACL", "DRYRUN", self.actor];
        words.extend(command);
        let words: Vec<&[u8]> = words.into_iter().map(str::as_bytes).collect();
        match link.ask(&words) {
            Ok(Value::Okay) => true,
            // a text, and no error
            Ok(_) => {
                let named = if command[0] == "INFO" { 1 } else { command.len().min(2) };
                self.commands.push(command[..named].join(" "));
                true
            }
            Err(_) => false,
        }
    }

    fn none(&self) -> Result<()> {
        if self.commands.is_empty() {
            return Ok(());
        }
        let rights = self.commands.iter().map(|c| format!("+{}", c.to_ascii_lowercase().replace(' ', "|")));
        let rights: Vec<String> = rights.collect();
        Err(Error::failed(format!("user {:?} may not {}", self.actor, self.commands.join(", "))).hint(
            format!(
                "name an admin-user in the target, or allow it: `ACL SETUSER {} {}`",
                self.actor,
                rights.join(" ")
            ),
        ))
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    fn info(text: &str) -> Info {
        Info::of(text)
    }

    #[test]
    fn replicas_are_named_by_their_addresses() {
        let some = "role:master\r\nconnected_slaves:2\r\nslave0:ip=10.0.0.2,port=6379,state=online,offset=1\r\nslave1:ip=10.0.0.3,port=6380,state=online\r\nmaster_replid:x\r\n";
        assert_eq!(replicas(&info(some)), ["10.0.0.2:6379", "10.0.0.3:6380"]);
        assert!(replicas(&info("role:master\r\nconnected_slaves:0\r\n")).is_empty());
    }

    #[test]
    fn old_servers_are_refused() {
        let refused =
            |server: &str| refuse_others_than_one_master(&info(server), &info("role:master")).is_err();
        assert!(refused("redis_version:5.0.14\r\nredis_mode:standalone"));
        for fine in
            ["redis_version:6.0.16", "redis_version:7.2.4\r\nvalkey_version:8.1.1", "redis_version:8.0.2"]
        {
            assert!(!refused(fine), "{fine}");
        }
    }
}

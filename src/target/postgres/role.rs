//! What there is to know of the server and its roles before anything is changed, and whether the change is allowed.

use super::session::{Failure, Link, Row};
use crate::error::{Error, Result};

/// A role.
pub(super) struct Role {
    pub(super) superuser: bool,
    pub(super) inherits: bool,
    pub(super) makes_roles: bool,
    pub(super) makes_databases: bool,
    pub(super) may_log_in: bool,
    pub(super) replicates: bool,
    pub(super) bypasses_rls: bool,
    /// -1 is no limit.
    pub(super) limit: String,
    pub(super) until: Option<String>,
    expired: bool,
    /// Whether it is the role that asks.
    asks: bool,
    /// Whether the role that asks may give it away.
    given: bool,
    /// Whether it was given the first role.
    pub(super) member: bool,
    /// Whether it was given to the first role.
    pub(super) owner: bool,
}

/// What is known of the server.
pub(super) struct Facts {
    version: u32,
    encryption: String,
    replica: bool,
    syncs: bool,
    /// Whether a commit may return before it is on disk.
    pub(super) lazy: bool,
    /// Whether the role that asks sees what the server keeps of passwords.
    pub(super) reads: bool,
    asking: Role,
    pub(super) first: Option<Role>,
    pub(super) second: Option<Role>,
}

/// An attribute's SQL word, and whether a role has it.
pub(super) type Right = (&'static str, fn(&Role) -> bool);

/// The attributes that membership does not hand on.
pub(super) const RIGHTS: [Right; 5] = [
    ("SUPERUSER", |r| r.superuser),
    ("CREATEROLE", |r| r.makes_roles),
    ("CREATEDB", |r| r.makes_databases),
    ("REPLICATION", |r| r.replicates),
    ("BYPASSRLS", |r| r.bypasses_rls),
];

/// A name as SQL.
pub(super) fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as SQL, whatever `standard_conforming_strings` is.
pub(super) fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') {
        format!(" E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

/// Asks the server, changing nothing.
pub(super) fn look(link: &mut dyn Link, first: &str, second: Option<&str>) -> Result<Facts> {
    let (one, two) = (literal(first), second.map_or("NULL".to_owned(), literal));
    let rows = link
        .run(&format!(
            "SELECT current_setting('server_version_num'), current_setting('password_encryption'), \
             pg_is_in_recovery(), current_setting('fsync') = 'on', current_setting('synchronous_commit') = 'off', \
             has_table_privilege('pg_catalog.pg_authid', 'SELECT'), r.rolname = {one}, r.rolname = {two}, \
             r.rolname = current_user, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, \
             r.rolreplication, r.rolbypassrls, r.rolconnlimit, r.rolvaliduntil, r.rolvaliduntil <= now(), \
             pg_has_role(current_user, r.oid, 'MEMBER WITH ADMIN OPTION'), EXISTS (SELECT FROM pg_auth_members m \
             JOIN pg_roles f ON f.oid = m.roleid WHERE m.member = r.oid AND f.rolname = {one}), \
             EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles f ON f.oid = m.member \
             WHERE m.roleid = r.oid AND f.rolname = {one}) \
             FROM pg_roles r WHERE r.rolname IN (current_user, {one}, {two})"
        ))
        .map_err(Failure::into_error)?;
    let strange = || Error::failed("it does not say what it knows of its roles");
    let (mut asking, mut one, mut two) = (None, None, None);
    for row in &rows {
        let told = |i: usize| row.get(i).is_some_and(|field| field.as_deref() == Some("t"));
        if told(8) {
            asking = Some(role(row));
        }
        if told(6) {
            one = Some(role(row));
        }
        if told(7) {
            two = Some(role(row));
        }
    }
    let row = rows.first().ok_or_else(strange)?;
    let text = |i: usize| row.get(i).and_then(Option::as_deref).ok_or_else(strange);
    Ok(Facts {
        version: text(0)?.parse().map_err(|_| strange())?,
        encryption: text(1)?.to_owned(),
        replica: text(2)? == "t",
        syncs: text(3)? == "t",
        lazy: text(4)? == "t",
        reads: text(5)? == "t",
        asking: asking.ok_or_else(strange)?,
        first: one,
        second: two,
    })
}

fn role(row: &Row) -> Role {
    let text = |i: usize| row.get(i).cloned().flatten();
    let told = |i: usize| text(i).as_deref() == Some("t");
    Role {
        asks: told(8),
        superuser: told(9),
        inherits: told(10),
        makes_roles: told(11),
        makes_databases: told(12),
        may_log_in: told(13),
        replicates: told(14),
        bypasses_rls: told(15),
        limit: text(16).unwrap_or_else(|| "-1".into()),
        until: text(17),
        expired: told(18),
        given: told(19),
        member: told(20),
        owner: told(21),
    }
}

impl Facts {
    /// Whether the server can be told a new password at all.
    pub(super) fn server(&self) -> Result<()> {
        if self.replica {
            return Err(Error::failed("it is a read-only replica (pg_is_in_recovery)")
                .hint("name the primary server in `at`"));
        }
        if self.version < 100_000 {
            return Err(Error::failed("it is older than postgres 10, which brought scram-sha-256")
                .note("an older server would have to see the password itself"));
        }
        if self.encryption != "scram-sha-256" {
            return Err(Error::failed(format!("its password_encryption is {}", self.encryption))
                .note("its clients may know no scram-sha-256, and would be locked out")
                .hint("ALTER SYSTEM SET password_encryption = 'scram-sha-256'; SELECT pg_reload_conf()"));
        }
        Ok(())
    }

    /// What a crash of its machine may undo.
    pub(super) fn remarks(&self) -> Vec<String> {
        let lost = "fsync is off: a crash of the server's machine may bring the old password back";
        if self.syncs { Vec::new() } else { vec![lost.to_owned()] }
    }

    /// Whether the role that asks may change this role's password.
    pub(super) fn may_change(&self, role: &Role, name: &str) -> Result<()> {
        let me = &self.asking;
        let allowed = if me.superuser {
            true
        } else if self.version < 160_000 {
            // even the role itself may not, where it is REPLICATION
            !role.superuser && !role.replicates && (role.asks || me.makes_roles)
        } else {
            role.asks || (!role.superuser && me.makes_roles && role.given)
        };
        if allowed {
            return Ok(());
        }
        let error = Error::failed(format!("the role that tells it may not change role {name:?}"));
        Err(match (role.superuser, self.version < 160_000) {
            (true, _) => error.note("that one is a superuser, which only a superuser may change"),
            (_, true) if role.replicates => {
                error.note("that one has REPLICATION, so that only a superuser may change it")
            }
            (_, true) => error.hint("name a superuser or a role with CREATEROLE as `admin-user`"),
            (_, false) => error.hint(
                "name a superuser as `admin-user`, or a role with CREATEROLE that was granted this one WITH ADMIN OPTION",
            ),
        })
    }

    /// Whether the role that asks may make a role with the rights of this one, and give it this one.
    pub(super) fn may_make_like(&self, role: &Role, name: &str) -> Result<()> {
        let me = &self.asking;
        let needs_super =
            role.superuser || (self.version < 160_000 && (role.replicates || role.bypasses_rls));
        let lacks = self.version >= 160_000 && RIGHTS.iter().any(|(_, has)| has(role) && !has(me));
        let gives = self.version < 160_000 || role.given;
        if me.superuser || (me.makes_roles && gives && !needs_super && !lacks) {
            return Ok(());
        }
        Err(Error::failed(format!("the role that tells it may not make a second role like {name:?}"))
            .hint("name a superuser as `admin-user`"))
    }
}

impl Role {
    /// Whether a right password would let it in.
    pub(super) fn usable(&self, name: &str) -> Result<()> {
        if !self.may_log_in {
            return Err(Error::failed(format!("role {name:?} may not log in (NOLOGIN)"))
                .hint(format!("ALTER ROLE {} LOGIN", ident(name))));
        }
        if self.expired {
            return Err(Error::failed(format!("the password of role {name:?} has expired (VALID UNTIL)"))
                .hint(format!("ALTER ROLE {} VALID UNTIL 'infinity'", ident(name))));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows as servers give them that are not at hand. The columns are those of [`look`]: 6 of the server, 3 that say
    /// which role it is, 5 rights and the rest.
    struct Says(Vec<String>);

    impl Link for Says {
        fn run(&mut self, _: &str) -> Result<Vec<Row>, Failure> {
            let row = |text: &String| text.split(' ').map(|f| (f != "-").then(|| f.to_owned())).collect();
            Ok(self.0.iter().map(row).collect())
        }
    }

    /// `boss` and `app` are super, makes roles, replicates; `app` also whether the boss may give it away.
    fn facts(version: u32, boss: [&str; 3], app: [&str; 4]) -> Facts {
        let server = format!("{version} scram-sha-256 f t f f");
        let [x, y, z] = boss;
        let [p, q, r, given] = app;
        let rows = vec![
            format!("{server} f - t {x} t {y} f t {z} f -1 - - f f f"),
            format!("{server} t - f {p} t {q} f t {r} f -1 - - {given} f f"),
        ];
        look(&mut Says(rows), "app", None).unwrap()
    }

    fn allowed(version: u32, boss: [&str; 3], app: [&str; 4]) -> (bool, bool) {
        let facts = facts(version, boss, app);
        let app = facts.first.as_ref().unwrap();
        (facts.may_change(app, "app").is_ok(), facts.may_make_like(app, "app").is_ok())
    }

    #[test]
    fn an_old_server_is_refused() {
        let error = facts(90_624, ["t", "f", "f"], ["f", "f", "f", "t"]).server().unwrap_err();
        assert!(error.to_string().contains("older than postgres 10"));
        assert!(facts(100_000, ["t", "f", "f"], ["f", "f", "f", "t"]).server().is_ok());
    }

    #[test]
    fn since_16_who_makes_roles_needs_to_be_given_them() {
        let (clerk, boss) = (["f", "t", "f"], ["t", "f", "f"]);
        // version, app given to the clerk, change, make another
        for (version, given, expected) in
            [(150_018, "f", (true, true)), (160_000, "f", (false, false)), (160_000, "t", (true, true))]
        {
            assert_eq!(allowed(version, clerk, ["f", "f", "f", given]), expected, "{version} {given}");
            assert_eq!(allowed(version, clerk, ["t", "f", "f", given]), (false, false));
            assert_eq!(allowed(version, boss, ["t", "t", "t", "t"]), (true, true));
            assert_eq!(allowed(version, ["f", "f", "f"], ["f", "f", "f", given]), (false, false));
        }
        // of replication roles only the older ones are jealous; to make one, one must be one
        assert_eq!(allowed(150_018, clerk, ["f", "f", "t", "t"]), (false, false));
        assert_eq!(allowed(160_000, clerk, ["f", "f", "t", "t"]), (true, false));
        assert_eq!(allowed(160_000, ["f", "t", "t"], ["f", "f", "t", "t"]), (true, true));
    }

    #[test]
    fn quoting_ends_where_it_should() {
        assert_eq!(ident("a\"; DROP ROLE x; --"), "\"a\"\"; DROP ROLE x; --\"");
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("\\'; --"), " E'\\\\''; --'");
    }
}

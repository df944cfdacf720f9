//! What accounts may do, and giving one exactly what another has.
//!
//! It compares before it changes anything, because the account that is given rights may be in use. It knows the lines
//! of `SHOW GRANTS`; what belongs to a user by other means, such as being the definer of a view, it does not know.

use std::collections::{BTreeMap, BTreeSet};

use super::accounts::Account;
use super::link::{Kind, Link};
use super::words::{parts, words};
use crate::error::{Error, Result};

/// What stands for `WITH GRANT OPTION` among the privileges.
const OPTION: &str = "GRANT OPTION";

/// The rights of an account.
#[derive(Debug, Default, PartialEq, Eq)]
struct Rights {
    /// By object: the privileges on it.
    objects: BTreeMap<String, BTreeSet<String>>,
    /// The roles, and whether they may be passed on.
    roles: BTreeMap<String, bool>,
    /// The roles from login on, as they stand in a statement.
    default: Option<String>,
}

/// Gives `to` the rights, roles and limits of `from`, and takes away what `from` has not.
pub(super) fn mirror(link: &mut Link, from: &Account, to: &Account) -> Result<()> {
    let wanted = rights(link, from)?;
    let present = rights(link, to)?;
    if present != wanted {
        for statement in changes(&wanted, &present, &to.name, link.kind) {
            link.run("give the second user the rights of the first", &statement)?;
        }
        let to = Account::again(link, to)?;
        if rights(link, &to)? != wanted {
            return Err(Error::failed(format!(
                "account {} did not get the rights of {}",
                to.name, from.name
            ))
            .note("whoever gives rights must have them with the grant option"));
        }
    }
    let limits = from.limits(link.kind);
    if to.limits(link.kind) != limits {
        link.run("limit the second user", &format!("ALTER USER {} WITH {limits}", to.name))?;
    }
    Ok(())
}

/// Whether the rights can be copied at all.
pub(super) fn understood(link: &mut Link, of: &Account) -> Result<()> {
    rights(link, of).map(drop)
}

fn rights(link: &mut Link, of: &Account) -> Result<Rights> {
    let lines = link
        .column(&format!("SHOW GRANTS FOR {}", of.name))
        .map_err(|failure| failure.told("show what the account may do"))?;
    let mut rights = Rights { default: of.default_roles().map(str::to_owned), ..Rights::default() };
    for line in &lines {
        rights.add(line).ok_or_else(|| {
            Error::failed(format!("account {} has a right that cannot be copied", of.name))
                .hint(format!("see SHOW GRANTS FOR {}", of.name))
        })?;
    }
    // MariaDB remembers one that was taken away
    let Rights { roles, default, .. } = &mut rights;
    if default.as_ref().is_some_and(|role| link.kind == Kind::MariaDb && !roles.contains_key(role)) {
        *default = None;
    }
    Ok(rights)
}

impl Rights {
    /// One line. The first of MariaDB also holds the hash, after the account, which is not looked at.
    fn add(&mut self, line: &str) -> Option<()> {
        let words = words(line);
        let find = |keyword: &str| words.iter().position(|word| word.is(keyword));
        let text = |from: usize, to: usize| Some(line[from..words.get(to)?.at].trim().to_owned());
        let end = |at: usize| words[at].at + words[at].text.len();
        match words.first()?.text {
            "GRANT" => {
                let to = find("TO")?;
                let tail = &words[to + 1..];
                let with =
                    |last: &str| tail.windows(2).any(|pair| pair[0].text == last && pair[1].text == "OPTION");
                let Some(on) = find("ON").filter(|on| *on < to) else {
                    for role in parts(&text(end(0), to)?) {
                        self.roles.insert(role.to_owned(), with("ADMIN"));
                    }
                    return Some(());
                };
                let privileges = self.objects.entry(text(end(on), to)?).or_default();
                for privilege in parts(&text(end(0), on)?) {
                    privileges.insert(in_order(privilege));
                }
                if with("GRANT") {
                    privileges.insert(OPTION.to_owned());
                }
                privileges.remove("USAGE");
                self.objects.retain(|_, privileges| !privileges.is_empty());
            }
            // MariaDB: SET DEFAULT ROLE r FOR account
            "SET" => self.default = Some(text(end(2), find("FOR")?)?),
            // partial revokes of MySQL, and what later versions may say
            _ => return None,
        }
        Some(())
    }
}

/// A privilege on columns names them in no order.
fn in_order(privilege: &str) -> String {
    let Some((name, columns)) = privilege.split_once(" (") else { return privilege.to_owned() };
    let mut columns = parts(columns.trim_end_matches(')'));
    columns.sort_unstable();
    format!("{name} ({})", columns.join(", "))
}

/// The statements from `present` to `wanted`. What is wanted is given first and, where something on the same object is
/// taken away, once more: taking `SELECT (a, b)` away takes a wanted `SELECT (a)` with it.
fn changes(wanted: &Rights, present: &Rights, to: &str, kind: Kind) -> Vec<String> {
    let (none, mut statements) = (BTreeSet::new(), Vec::new());
    let objects: BTreeSet<&String> = wanted.objects.keys().chain(present.objects.keys()).collect();
    for object in objects {
        let want = wanted.objects.get(object).unwrap_or(&none);
        let have = present.objects.get(object).unwrap_or(&none);
        if want == have {
            continue;
        }
        let grant = (!want.is_empty()).then(|| grant(want, object, to));
        statements.extend(grant.clone());
        let mut taken: Vec<&str> = have.difference(want).map(String::as_str).collect();
        // a right to be somebody else is taken with all that belongs to it
        if have.contains("PROXY") {
            taken = vec!["PROXY"];
        }
        if taken.is_empty() {
            continue;
        }
        // the two cannot stand in one statement everywhere
        let (option, plain): (Vec<&str>, Vec<&str>) = taken.into_iter().partition(|p| *p == OPTION);
        for some in [plain, option].into_iter().filter(|some| !some.is_empty()) {
            statements.push(format!("REVOKE {} ON {object} FROM {to}", some.join(", ")));
        }
        statements.extend(grant);
    }
    for (role, admin) in &wanted.roles {
        if present.roles.get(role) != Some(admin) {
            // the right to pass it on is taken away only with the role
            if present.roles.contains_key(role) && !admin {
                statements.push(format!("REVOKE {role} FROM {to}"));
            }
            let with = if *admin { " WITH ADMIN OPTION" } else { "" };
            statements.push(format!("GRANT {role} TO {to}{with}"));
        }
    }
    for role in present.roles.keys().filter(|role| !wanted.roles.contains_key(*role)) {
        statements.push(format!("REVOKE {role} FROM {to}"));
    }
    if wanted.default != present.default || wanted.roles != present.roles {
        let roles = wanted.default.as_deref().unwrap_or("NONE");
        statements.push(match kind {
            Kind::MariaDb => format!("SET DEFAULT ROLE {roles} FOR {to}"),
            Kind::MySql => format!("ALTER USER {to} DEFAULT ROLE {roles}"),
        });
    }
    statements
}

fn grant(privileges: &BTreeSet<String>, object: &str, to: &str) -> String {
    let mut plain: Vec<&str> = privileges.iter().map(String::as_str).filter(|p| *p != OPTION).collect();
    if plain.is_empty() {
        plain.push("USAGE");
    }
    let with = if privileges.contains(OPTION) { " WITH GRANT OPTION" } else { "" };
    format!("GRANT {} ON {object} TO {to}{with}", plain.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rights(lines: &[&str]) -> Rights {
        let mut rights = Rights::default();
        for line in lines {
            rights.add(line).unwrap_or_else(|| panic!("{line}"));
        }
        rights
    }

    #[test]
    fn the_lines_of_both_servers_are_understood() {
        let mariadb = rights(&[
            "GRANT `r` TO `a`@`%` WITH ADMIN OPTION",
            "GRANT CREATE USER ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*24' REQUIRE SSL WITH GRANT OPTION MAX_QUERIES_PER_HOUR 7",
            "GRANT SELECT (`b, on`, `a`), INSERT ON `d`.`t` TO `a`@`%`",
            "GRANT PROXY ON `x`@`%` TO `a`@`%`",
            "SET DEFAULT ROLE `r` FOR `a`@`%`",
        ]);
        let privileges =
            |object: &str| mariadb.objects[object].iter().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(privileges("*.*"), ["CREATE USER", OPTION]);
        assert_eq!(privileges("`d`.`t`"), ["INSERT", "SELECT (`a`, `b, on`)"]);
        assert_eq!(privileges("`x`@`%`"), ["PROXY"]);
        assert!(mariadb.roles["`r`"] && mariadb.default.as_deref() == Some("`r`"));

        let mysql = rights(&[
            "GRANT SELECT ON *.* TO `g`@`%`",
            "GRANT ROLE_ADMIN,SYSTEM_USER ON *.* TO `g`@`%`",
            "GRANT `r`@`%`,`s`@`%` TO `g`@`%`",
        ]);
        assert_eq!(mysql.objects["*.*"].len(), 3);
        assert_eq!(mysql.roles.keys().collect::<Vec<_>>(), ["`r`@`%`", "`s`@`%`"]);
        assert_eq!(rights(&["GRANT USAGE ON *.* TO `g`@`%`"]), Rights::default());
        assert!(Rights::default().add("REVOKE SELECT ON `mysql`.* FROM `g`@`%`").is_none());
    }

    #[test]
    fn only_the_difference_is_changed() {
        let to = "'b'@'%'";
        let wanted = rights(&["GRANT SELECT ON `d`.* TO `a`@`%`", "GRANT INSERT ON `e`.* TO `a`@`%`"]);
        assert!(changes(&wanted, &wanted, to, Kind::MySql).is_empty());
        let present = rights(&["GRANT ALL PRIVILEGES ON `d`.* TO `b`@`%` WITH GRANT OPTION"]);
        assert_eq!(
            changes(&wanted, &present, to, Kind::MySql),
            [
                "GRANT SELECT ON `d`.* TO 'b'@'%'",
                "REVOKE ALL PRIVILEGES ON `d`.* FROM 'b'@'%'",
                "REVOKE GRANT OPTION ON `d`.* FROM 'b'@'%'",
                "GRANT SELECT ON `d`.* TO 'b'@'%'",
                "GRANT INSERT ON `e`.* TO 'b'@'%'",
            ]
        );
    }
}

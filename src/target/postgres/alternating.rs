//! The second of two users who take turns: a role with the rights and settings of the first.
//!
//! The first role owns everything. The second is a member of it and becomes it at login (`ALTER ROLE … SET role`), so
//! that what it makes belongs to the first, and it may alter what the first made. What the second has of its own is left
//! alone: settings are added or changed, none is taken away.

use super::role::{Facts, RIGHTS, Role, ident, literal};
use super::session::{Failure, Link};
use crate::error::{Error, Result};

/// Whether the second role may be made, or made like the first.
pub(super) fn check(facts: &Facts, [first, second]: [&str; 2]) -> Result<()> {
    let Some(one) = &facts.first else { return Ok(()) };
    let Some(two) = &facts.second else { return facts.may_make_like(one, first) };
    if two.owner {
        return Err(Error::failed(format!(
            "role {first:?} was granted {second:?}, so it cannot be the other way round"
        ))
        .hint(format!("REVOKE {} FROM {}", ident(second), ident(first))));
    }
    for (right, has) in RIGHTS {
        if has(two) && !has(one) {
            return Err(Error::failed(format!("role {second:?} has {right}, which {first:?} has not"))
                .note("users who take turns have the same rights, and none are taken away here")
                .hint(format!("ALTER ROLE {} NO{right}, or name another role", ident(second))));
        }
    }
    let alike = two.member && RIGHTS.iter().all(|(_, has)| has(one) == has(two));
    if alike { Ok(()) } else { facts.may_make_like(one, first) }
}

/// The statements that make the second role what it should be; to be run in one transaction.
pub(super) fn statements(
    link: &mut dyn Link,
    facts: &Facts,
    one: &Role,
    [first, second]: [&str; 2],
) -> Result<String> {
    let (name, like) = (ident(second), ident(first));
    let mut sql = String::new();
    if facts.second.is_none() {
        sql += &format!("CREATE ROLE {name} LOGIN; ");
    }
    sql += &format!(
        "ALTER ROLE {name} {} CONNECTION LIMIT {} VALID UNTIL {}",
        if one.inherits { "INHERIT" } else { "NOINHERIT" },
        one.limit,
        literal(one.until.as_deref().unwrap_or("infinity")),
    );
    for (right, has) in RIGHTS {
        // named only where it changes something, because some of them only a superuser may name
        if has(one) && !facts.second.as_ref().is_some_and(has) {
            sql += &format!(" {right}");
        }
    }
    sql += "; ";
    if !facts.second.as_ref().is_some_and(|two| two.member) {
        sql += &format!("GRANT {like} TO {name}; ");
    }
    sql += &format!("ALTER ROLE {name} SET role TO {}; ", literal(first));
    // after, so that a role which the first becomes itself is the one that the second becomes
    sql += &settings(link, first, second)?;
    Ok(sql)
}

/// The settings of the first role, for all databases and for single ones, as statements for the second. The server
/// quotes them, and says them in hex, so that nothing in them can be mistaken for the end of a row. A list is set as it
/// is kept, because as one word it would be another list.
fn settings(link: &mut dyn Link, first: &str, second: &str) -> Result<String> {
    let (first, second) = (literal(first), literal(second));
    let rows = link
        .run(&format!(
            "SELECT encode(convert_to(CASE WHEN lower(n.name) IN ('search_path', 'temp_tablespaces', \
             'local_preload_libraries', 'session_preload_libraries') \
             THEN format('SELECT pg_catalog.set_config(%L, %L, true); ALTER ROLE %I %s SET %I FROM CURRENT; ', \
             n.name, n.value, {second}, n.place, n.name) \
             ELSE format('ALTER ROLE %I %s SET %I TO %L; ', {second}, n.place, n.name, n.value) END, 'UTF8'), 'hex') \
             FROM (SELECT split_part(c, '=', 1) AS name, substr(c, strpos(c, '=') + 1) AS value, \
             CASE WHEN s.setdatabase = 0 THEN '' ELSE format('IN DATABASE %I', d.datname) END AS place \
             FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole \
             LEFT JOIN pg_database d ON d.oid = s.setdatabase CROSS JOIN unnest(s.setconfig) AS c \
             WHERE r.rolname = {first} AND (s.setdatabase = 0 OR d.oid IS NOT NULL)) AS n"
        ))
        .map_err(Failure::into_error)?;
    let strange = || Error::failed("it does not say which settings the first role has");
    let mut sql = String::new();
    for row in rows {
        let hex = row.into_iter().next().flatten().ok_or_else(strange)?;
        let digit = |b: u8| char::from(b).to_digit(16);
        let bytes: Option<Vec<u8>> = hex
            .as_bytes()
            .chunks(2)
            .map(|pair| {
                let [high, low] = *pair else { return None };
                u8::try_from(digit(high)? * 16 + digit(low)?).ok()
            })
            .collect();
        sql += &bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(strange)?;
    }
    Ok(sql)
}
